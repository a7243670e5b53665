/**
 * The C interface of libtensorflow: the functions that the engine calls, and how it opens them.
 *
 * @module
 */
import { missingFlags, UserError } from "../errors.ts";
import { endWithoutDestructors } from "./exit.ts";

/** `TF_Output` of the C interface, `{ TF_Operation* oper; int index; }`, passed by value. */
const output = { struct: ["pointer", "i32"] } as const;

const execute = {
  parameters: ["pointer", "buffer", "buffer", "pointer"],
  result: "void",
} as const;

const setStringList = {
  parameters: ["pointer", "buffer", "buffer", "buffer", "i32"],
  result: "void",
} as const;

/** The C functions, with the types that `Deno.dlopen` wants. */
export const symbols = {
  TF_Version: { parameters: [], result: "pointer" },
  TF_NewStatus: { parameters: [], result: "pointer" },
  TF_DeleteStatus: { parameters: ["pointer"], result: "void" },
  TF_SetStatus: { parameters: ["pointer", "i32", "buffer"], result: "void" },
  TF_GetCode: { parameters: ["pointer"], result: "i32" },
  TF_Message: { parameters: ["pointer"], result: "pointer" },

  TF_AllocateTensor: { parameters: ["i32", "buffer", "i32", "usize"], result: "pointer" },
  TF_DeleteTensor: { parameters: ["pointer"], result: "void" },
  TF_TensorData: { parameters: ["pointer"], result: "pointer" },
  TF_TensorByteSize: { parameters: ["pointer"], result: "usize" },
  TF_TensorElementCount: { parameters: ["pointer"], result: "i64" },
  TF_StringInit: { parameters: ["pointer"], result: "void" },
  TF_StringCopy: { parameters: ["pointer", "buffer", "usize"], result: "void" },
  TF_StringGetDataPointer: { parameters: ["pointer"], result: "pointer" },
  TF_StringGetSize: { parameters: ["pointer"], result: "usize" },
  TF_StringDealloc: { parameters: ["pointer"], result: "void" },

  TFE_NewContextOptions: { parameters: [], result: "pointer" },
  TFE_DeleteContextOptions: { parameters: ["pointer"], result: "void" },
  TFE_ContextOptionsSetConfig: {
    parameters: ["pointer", "buffer", "usize", "pointer"],
    result: "void",
  },
  TFE_NewContext: { parameters: ["pointer", "pointer"], result: "pointer" },
  TFE_ContextClearCaches: { parameters: ["pointer"], result: "void" },
  TFE_ContextListDevices: { parameters: ["pointer", "pointer"], result: "pointer" },
  TFE_ContextAddFunction: { parameters: ["pointer", "pointer", "pointer"], result: "void" },
  TFE_ContextRemoveFunction: { parameters: ["pointer", "buffer", "pointer"], result: "void" },
  TF_DeviceListCount: { parameters: ["pointer"], result: "i32" },
  TF_DeviceListName: { parameters: ["pointer", "i32", "pointer"], result: "pointer" },
  TF_DeviceListType: { parameters: ["pointer", "i32", "pointer"], result: "pointer" },
  TF_DeleteDeviceList: { parameters: ["pointer"], result: "void" },

  TFE_NewTensorHandle: { parameters: ["pointer", "pointer"], result: "pointer" },
  TFE_DeleteTensorHandle: { parameters: ["pointer"], result: "void" },
  TFE_TensorHandleDataType: { parameters: ["pointer"], result: "i32" },
  TFE_TensorHandleNumDims: { parameters: ["pointer", "pointer"], result: "i32" },
  TFE_TensorHandleDim: { parameters: ["pointer", "i32", "pointer"], result: "i64" },
  TFE_TensorHandleResolve: { parameters: ["pointer", "pointer"], result: "pointer" },
  TFE_TensorHandleCopySharingTensor: { parameters: ["pointer", "pointer"], result: "pointer" },

  TFE_NewOp: { parameters: ["pointer", "buffer", "pointer"], result: "pointer" },
  TFE_DeleteOp: { parameters: ["pointer"], result: "void" },
  TFE_OpSetDevice: { parameters: ["pointer", "buffer", "pointer"], result: "void" },
  TFE_OpAddInput: { parameters: ["pointer", "pointer", "pointer"], result: "void" },
  TFE_OpSetAttrString: { parameters: ["pointer", "buffer", "buffer", "usize"], result: "void" },
  TFE_OpSetAttrInt: { parameters: ["pointer", "buffer", "i64"], result: "void" },
  TFE_OpSetAttrFloat: { parameters: ["pointer", "buffer", "f32"], result: "void" },
  TFE_OpSetAttrBool: { parameters: ["pointer", "buffer", "u8"], result: "void" },
  TFE_OpSetAttrType: { parameters: ["pointer", "buffer", "i32"], result: "void" },
  TFE_OpSetAttrShape: {
    parameters: ["pointer", "buffer", "buffer", "i32", "pointer"],
    result: "void",
  },
  TFE_OpSetAttrStringList: setStringList,
  TFE_OpSetAttrIntList: { parameters: ["pointer", "buffer", "buffer", "i32"], result: "void" },
  TFE_OpSetAttrFloatList: { parameters: ["pointer", "buffer", "buffer", "i32"], result: "void" },
  TFE_OpSetAttrBoolList: { parameters: ["pointer", "buffer", "buffer", "i32"], result: "void" },
  TFE_OpSetAttrTypeList: { parameters: ["pointer", "buffer", "buffer", "i32"], result: "void" },
  TFE_Execute: execute,
  TFE_ExecuteOffThread: { name: "TFE_Execute", nonblocking: true, ...execute },

  TF_NewGraph: { parameters: [], result: "pointer" },
  TF_DeleteGraph: { parameters: ["pointer"], result: "void" },
  TF_GraphGetOpDef: { parameters: ["pointer", "buffer", "pointer", "pointer"], result: "void" },
  TF_NewBuffer: { parameters: [], result: "pointer" },
  TF_NewBufferFromString: { parameters: ["buffer", "usize"], result: "pointer" },
  TF_DeleteBuffer: { parameters: ["pointer"], result: "void" },
  TF_NewOperation: { parameters: ["pointer", "buffer", "buffer"], result: "pointer" },
  TF_AddInput: { parameters: ["pointer", output], result: "void" },
  TF_AddInputList: { parameters: ["pointer", "buffer", "i32"], result: "void" },
  TF_SetAttrString: { parameters: ["pointer", "buffer", "buffer", "usize"], result: "void" },
  TF_SetAttrInt: { parameters: ["pointer", "buffer", "i64"], result: "void" },
  TF_SetAttrFloat: { parameters: ["pointer", "buffer", "f32"], result: "void" },
  TF_SetAttrBool: { parameters: ["pointer", "buffer", "u8"], result: "void" },
  TF_SetAttrType: { parameters: ["pointer", "buffer", "i32"], result: "void" },
  TF_SetAttrShape: { parameters: ["pointer", "buffer", "buffer", "i32"], result: "void" },
  TF_SetAttrTensor: { parameters: ["pointer", "buffer", "pointer", "pointer"], result: "void" },
  TF_SetAttrStringList: setStringList,
  TF_SetAttrIntList: { parameters: ["pointer", "buffer", "buffer", "i32"], result: "void" },
  TF_SetAttrFloatList: { parameters: ["pointer", "buffer", "buffer", "i32"], result: "void" },
  TF_SetAttrBoolList: { parameters: ["pointer", "buffer", "buffer", "i32"], result: "void" },
  TF_SetAttrTypeList: { parameters: ["pointer", "buffer", "buffer", "i32"], result: "void" },
  TF_FinishOperation: { parameters: ["pointer", "pointer"], result: "pointer" },
  TF_OperationNumOutputs: { parameters: ["pointer"], result: "i32" },
  TF_OperationOutputType: { parameters: [output], result: "i32" },
  TF_GraphGetTensorNumDims: { parameters: ["pointer", output, "pointer"], result: "i32" },
  TF_GraphGetTensorShape: {
    parameters: ["pointer", output, "buffer", "i32", "pointer"],
    result: "void",
  },
  TF_GraphToFunction: {
    parameters: [
      "pointer", // the graph
      "buffer", // the function's name
      "u8", // append a hash to the name
      "i32", // number of operations, -1 for all
      "pointer", // the operations
      "i32", // number of inputs
      "buffer", // the inputs
      "i32", // number of outputs
      "buffer", // the outputs
      "pointer", // the outputs' names
      "pointer", // options
      "pointer", // description
      "pointer", // status
    ],
    result: "pointer",
  },
  TF_DeleteFunction: { parameters: ["pointer"], result: "void" },

  TF_NewSessionOptions: { parameters: [], result: "pointer" },
  TF_DeleteSessionOptions: { parameters: ["pointer"], result: "void" },
  TF_SetConfig: { parameters: ["pointer", "buffer", "usize", "pointer"], result: "void" },
  TF_NewSession: { parameters: ["pointer", "pointer", "pointer"], result: "pointer" },
  TF_CloseSession: { parameters: ["pointer", "pointer"], result: "void" },
  TF_DeleteSession: { parameters: ["pointer", "pointer"], result: "void" },
  TF_SessionRunOffThread: {
    name: "TF_SessionRun",
    nonblocking: true,
    parameters: [
      "pointer", // the session
      "pointer", // run options
      "buffer", // the inputs
      "buffer", // their values
      "i32", // number of inputs
      "pointer", // the outputs
      "pointer", // their values
      "i32", // number of outputs
      "buffer", // operations to run without taking their outputs
      "i32", // number of these
      "pointer", // what was measured
      "pointer", // status
    ],
    result: "void",
  },
} as const satisfies Deno.ForeignLibraryInterface;

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
