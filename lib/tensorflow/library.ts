/**
 * Opens libtensorflow: its C interface, statuses and strings.
 *
 * @module
 */
import { missingFlags, UserError } from "../errors.ts";
import { endWithoutDestructors } from "./exit.ts";
import { symbols } from "./symbols.ts";

/** The C functions. */
export type Library = Deno.DynamicLibrary<typeof symbols>["symbols"];

/** A pointer from C. */
export type Pointer = Deno.PointerObject;

/** Bytes for Deno's FFI. */
export type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Opens the library at `path`, after libraries that it needs and that the system would not find. Throws
 * a {@link UserError} if it is not libtensorflow.
 */
export function openLibrary(path: string, preload: readonly string[] = []): Library {
  checkNoLLVM(path);
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

/**
 * Mesa's WebGPU drivers for CPUs load LLVM. TensorFlow has its own LLVM, and starting it with another
 * one in the process never ends. The other order works.
 */
function checkNoLLVM(path: string): void {
  const opened = openedFiles();
  const llvm = opened.find((file) => /\/libLLVM[^/]*\.so[^/]*$/.test(file));
  if (llvm === undefined || opened.some((file) => /\/libtensorflow[^/]*$/.test(file))) return;
  throw new UserError(
    `Cannot open libtensorflow at ${path}: this process has opened ${llvm}, with which it would hang; ` +
      "start TensorFlow before WebGPU, or in another process",
    { code: "not-supported" },
  );
}

/** Libraries and other files that are mapped into memory. Empty if the system does not tell. */
function openedFiles(): string[] {
  try {
    const lines = Deno.readTextFileSync("/proc/self/maps").split("\n");
    return lines.map((line) => line.slice(line.indexOf("/")));
  } catch {
    return []; // not Linux, or not all permissions
  }
}

/** Returns the pointer, or throws if it is NULL. */
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

/** Returns the same bytes each time: names of ops and attributes recur, but those of functions do not. */
export function cString(text: string): Bytes {
  let bytes = cStrings.get(text);
  if (bytes === undefined) cStrings.set(text, bytes = newCString(text));
  return bytes;
}

/** Reads the text of a `const char*`. */
export function fromCString(pointer: Deno.PointerValue): string {
  return pointer === null ? "" : Deno.UnsafePointerView.getCString(pointer);
}

/** Pointers as an array for C. */
export function addressesOf(
  pointers: readonly Deno.PointerValue[],
): BigUint64Array<ArrayBuffer> {
  return BigUint64Array.from(pointers, (pointer) => BigInt(Deno.UnsafePointer.value(pointer)));
}

/** Copies the contents of a `TF_Buffer`. */
export function bufferBytes(buffer: Pointer): Bytes {
  // struct TF_Buffer { const void* data; size_t length; ... }
  const fields = new Deno.UnsafePointerView(buffer);
  const data = notNull(fields.getPointer(0), "bytes in a buffer");
  const length = Number(fields.getBigUint64(8));
  return new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(data, length)).slice();
}

/** A `TF_Output` as bytes. */
export function outputBytes(operation: Pointer, index: number): Bytes {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(Deno.UnsafePointer.value(operation)), true);
  view.setInt32(8, index, true);
  return bytes;
}

/** An error of libtensorflow: the name of the status code, and the message. */
export class TensorFlowError extends Error {
  override name = "TensorFlowError";
  /** The code of the `TF_Status`, such as 3 for INVALID_ARGUMENT. */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** The code for insufficient memory. */
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

/** A `TF_Status`. Its errors become {@link TensorFlowError}s. */
export class Status {
  readonly pointer: Pointer;
  readonly #library: Library;

  constructor(library: Library) {
    this.#library = library;
    this.pointer = notNull(library.TF_NewStatus(), "status");
  }

  /** Throws if the last call with this status failed. `what` describes the call. */
  check(what: () => string): void {
    const code = this.#library.TF_GetCode(this.pointer);
    if (code === 0) return;
    const message = fromCString(this.#library.TF_Message(this.pointer)).split("\n")[0];
    // Some functions only set a status if they fail, so clear it to not report this error again.
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
