/**
 * Copies values between JavaScript arrays and `TF_Tensor`s.
 *
 * @module
 */
import { checkShape, DataType, describeType, layoutOf, sizeOf } from "./data_types.ts";
import {
  type Bytes,
  type Library,
  notNull,
  outOfMemory,
  type Pointer,
  TensorFlowError,
} from "./library.ts";

/** The values of a tensor from tfjs. Strings are bytes. */
export type Values =
  | Float32Array
  | Int32Array
  | Uint8Array
  | BigInt64Array
  | readonly (Uint8Array | string)[]
  | { real: Values; imag: Values };

/** `sizeof(TF_TString)`. */
const stringSize = 24;
const encoder = new TextEncoder();

/** Converts values to TensorFlow's layout. Throws a TypeError if their count or kind does not fit. */
export function toBytes(dtype: number, shape: readonly number[], values: Values): Bytes {
  const { size } = layoutOf(dtype);
  const expected = sizeOf(shape) * size;
  const bytes = ArrayBuffer.isView(values)
    ? new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    : Array.isArray(values)
    ? bytesOfList(dtype, values)
    : interleave(values as { real: Values; imag: Values });
  // tfjs stores int64 as int32 pairs, and bool and uint8 as bytes, so only the length can be checked.
  if (bytes.byteLength !== expected) {
    throw new TypeError(
      `Cannot make a tensor ${describeType({ dtype, shape })}: it holds ${expected} bytes and ` +
        `${bytes.byteLength} were given`,
    );
  }
  return bytes as Bytes;
}

function bytesOfList(dtype: number, values: readonly unknown[]): Uint8Array {
  const numbers = values.map(Number);
  const { array } = layoutOf(dtype);
  return new Uint8Array(new array(dtype === DataType.int64 ? numbers.map(BigInt) : numbers).buffer);
}

function interleave({ real, imag }: { real: Values; imag: Values }): Uint8Array {
  const [re, im] = [real as Float32Array, imag as Float32Array];
  const pairs = new Float32Array(re.length * 2);
  re.forEach((value, i) => {
    pairs[2 * i] = value;
    pairs[2 * i + 1] = im[i] ?? 0;
  });
  return new Uint8Array(pairs.buffer);
}

/** C memory as bytes. */
function view(pointer: Deno.PointerValue, size: number): Uint8Array {
  if (size === 0 || pointer === null) return new Uint8Array(0);
  return new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(pointer, size));
}

/** Creates a `TF_Tensor` with a copy of the values. The caller deletes it. */
export function newTensor(
  library: Library,
  dtype: number,
  shape: readonly number[],
  values: Values,
): Pointer {
  if (dtype === DataType.string) {
    return newStringTensor(library, shape, values as readonly (Uint8Array | string)[]);
  }
  const bytes = toBytes(dtype, shape, values);
  const tensor = allocate(library, dtype, shape, bytes.byteLength);
  view(library.TF_TensorData(tensor), bytes.byteLength).set(bytes);
  return tensor;
}

function allocate(
  library: Library,
  dtype: number,
  shape: readonly number[],
  bytes: number,
): Pointer {
  checkShape(shape);
  const dimensions = BigInt64Array.from(shape, BigInt);
  const tensor = notNull(
    library.TF_AllocateTensor(dtype, dimensions, shape.length, BigInt(bytes)),
    "tensor",
  );
  if (bytes === 0 || library.TF_TensorData(tensor) !== null) return tensor;
  library.TF_DeleteTensor(tensor);
  const type = describeType({ dtype, shape });
  throw new TensorFlowError(
    outOfMemory,
    `Cannot make ${type}: there is no memory for a tensor of shape[${shape}]`,
  );
}

function newStringTensor(
  library: Library,
  shape: readonly number[],
  values: readonly (Uint8Array | string)[],
): Pointer {
  if (values.length !== sizeOf(shape)) {
    throw new TypeError(
      `Cannot make a tensor string[${shape}]: it holds ${sizeOf(shape)} strings and ` +
        `${values.length} were given`,
    );
  }
  const tensor = allocate(library, DataType.string, shape, values.length * stringSize);
  const data = library.TF_TensorData(tensor);
  values.forEach((value, i) => {
    const element = stringAt(data, i);
    const bytes = (typeof value === "string" ? encoder.encode(value) : value) as Bytes;
    library.TF_StringInit(element);
    library.TF_StringCopy(element, bytes, BigInt(bytes.byteLength));
  });
  return tensor;
}

function stringAt(data: Deno.PointerValue, index: number): Pointer {
  return notNull(
    Deno.UnsafePointer.offset(notNull(data, "tensor data"), index * stringSize),
    "string",
  );
}

/** The `TF_TString`s of a string tensor. */
export function stringElements(library: Library, tensor: Pointer): Pointer[] {
  const data = library.TF_TensorData(tensor);
  const count = Number(library.TF_TensorElementCount(tensor));
  return Array.from({ length: count }, (_, i) => stringAt(data, i));
}

/** The result of {@link readTensor}: a typed array, or one `Uint8Array` per string. */
export type ReadValues = Float32Array | Int32Array | Uint8Array | BigInt64Array | Uint8Array[];

/** Copies a `TF_Tensor`'s values. For a resource handle, returns its bytes, as tfjs expects. */
export function readTensor(library: Library, dtype: number, tensor: Pointer): ReadValues {
  if (dtype === DataType.string) {
    return stringElements(library, tensor).map((element) => {
      const size = Number(library.TF_StringGetSize(element));
      return view(library.TF_StringGetDataPointer(element), size).slice();
    });
  }
  const data = library.TF_TensorData(tensor);
  const bytes = view(data, Number(library.TF_TensorByteSize(tensor))).slice();
  if (dtype === DataType.resource) return [bytes];
  const { array } = layoutOf(dtype);
  return new array(bytes.buffer);
}
