/**
 * Opens libtensorflow: its C interface, statuses and texts.
 *
 * @module
 */
import { missingFlags, UserError } from "../errors.ts";
import { endWithoutDestructors } from "./exit.ts";
import { symbols } from "./symbols.ts";

/** The C functions, ready to be called. */
export type Library = Deno.DynamicLibrary<typeof symbols>["symbols"];

/** A pointer that the C side gave. */
export type Pointer = Deno.PointerObject;

/** Bytes as Deno's FFI takes them. */
export type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Opens the library at `path`, after the ones that it needs and the system would not find. Throws a
 * {@link UserError} where that is no libtensorflow.
 */
export function openLibrary(path: string, preload: readonly string[] = []): Library {
  try {
    for (const needed of preload) Deno.dlopen(needed, {});
    const library = Deno.dlopen(path, symbols).symbols;
    endWithoutDestructors(path);
    return library;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      const flags = missingFlags(error, ["read", "env", "ffi"]);
      throw new UserError(
        `Cannot open libtensorflow at ${path}: this program was given no permission for it, and needs ` +
          flags,
        { code: "no-permission" },
      );
    }
    const why = (error as Error).message.split("\n")[0];
    throw new UserError(
      `Cannot open libtensorflow at ${path}: ${why}; it must be TensorFlow 2.10 or newer, built for ` +
        `this machine (${Deno.build.os} ${Deno.build.arch})`,
      { code: "not-supported" },
    );
  }
}

/** The pointer, or an error where C gave NULL. */
export function notNull(pointer: Deno.PointerValue, what: string): Pointer {
  if (pointer === null) throw new Error(`libtensorflow returned no ${what}`);
  return pointer;
}

const encoder = new TextEncoder();
const cStrings = new Map<string, Bytes>();

/** A NUL-terminated string. */
export function newCString(text: string): Bytes {
  return encoder.encode(text + "\0");
}

/** The same bytes each time, for names of ops and attributes recur; those of functions do not. */
export function cString(text: string): Bytes {
  let bytes = cStrings.get(text);
  if (bytes === undefined) cStrings.set(text, bytes = newCString(text));
  return bytes;
}

/** The text behind a `const char*`. */
export function fromCString(pointer: Deno.PointerValue): string {
  return pointer === null ? "" : Deno.UnsafePointerView.getCString(pointer);
}

/** A copy of what a `TF_Buffer` holds. */
export function bufferBytes(buffer: Pointer): Bytes {
  // struct TF_Buffer { const void* data; size_t length; ... }
  const fields = new Deno.UnsafePointerView(buffer);
  const data = notNull(fields.getPointer(0), "bytes in a buffer");
  const length = Number(fields.getBigUint64(8));
  return new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(data, length)).slice();
}

/** A `TF_Output`, as bytes. */
export function outputBytes(operation: Pointer, index: number): Bytes {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(Deno.UnsafePointer.value(operation)), true);
  view.setInt32(8, index, true);
  return bytes;
}

/** What libtensorflow reported: the status code's name, and its message. */
export class TensorFlowError extends Error {
  override name = "TensorFlowError";
  /** The code of the `TF_Status`, such as 3 for INVALID_ARGUMENT. */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** The code of a failure for want of memory. */
export const outOfMemory = 8;

const codeNames: Record<number, string> = {
  1: "cancelled",
  2: "unknown error",
  3: "invalid argument",
  4: "deadline exceeded",
  5: "not found",
  6: "already exists",
  7: "permission denied",
  8: "resource exhausted",
  9: "failed precondition",
  10: "aborted",
  11: "out of range",
  12: "not supported",
  13: "internal error",
  14: "unavailable",
  15: "data loss",
};

/** A `TF_Status`, whose failures become {@link TensorFlowError}s. */
export class Status {
  readonly pointer: Pointer;
  readonly #library: Library;

  constructor(library: Library) {
    this.#library = library;
    this.pointer = notNull(library.TF_NewStatus(), "status");
  }

  /** Throws where the last call with this status failed; `what` names what was tried. */
  check(what: () => string): void {
    const code = this.#library.TF_GetCode(this.pointer);
    if (code === 0) return;
    const message = fromCString(this.#library.TF_Message(this.pointer)).split("\n")[0];
    // Some functions set a status only where they fail: it must not tell of this failure again.
    this.#library.TF_SetStatus(this.pointer, 0, cString(""));
    throw new TensorFlowError(
      code,
      `Cannot run ${what()}: ${codeNames[code] ?? `code ${code}`}: ${message}` +
        (code === outOfMemory ? "; there is not so much memory: use a smaller batch" : ""),
    );
  }

  delete(): void {
    this.#library.TF_DeleteStatus(this.pointer);
  }
}
