/**
 * Reads a tensor's elements from the bytes of its storage, given its layout.
 *
 * @module
 */
import type { SafeTensor } from "../safetensors.ts";
import { isSize, isSizes } from "../untrusted.ts";
import { describe, ElementType, StorageObject, type TensorObject } from "./objects.ts";
import { printable } from "../../errors.ts";

/** A tensor whose layout was checked to be inside its storage. */
export interface PlacedTensor {
  storage: StorageObject;
  /** The safetensors name. */
  dtype: string;
  bytesPerElement: number;
  /** The first element's offset, in elements from the start of the storage. */
  offset: number;
  shape: number[];
  /** In elements. */
  strides: number[];
  /** The number of elements. */
  size: number;
}

/**
 * Checks a tensor's layout.
 *
 * @throws {SyntaxError} If it is invalid. The message names `key`.
 */
export function placeTensor(key: string, tensor: TensorObject): PlacedTensor {
  const named = printable(key);
  if (tensor.unreadable !== undefined) {
    throw new SyntaxError(`${named} is ${tensor.unreadable}, which is not supported`);
  }
  const { storage, offset, shape, strides, type } = tensor.layout ?? {};
  if (!(storage instanceof StorageObject)) throw new SyntaxError(`${named} has no values`);
  const { dtype, bytes, name } = type === undefined ? storage.type : elementType(named, type);
  if (dtype === undefined) {
    throw new SyntaxError(`${named} has type ${name}, which is not supported`);
  }
  if (
    !isSize(offset) || !isSizes(shape) || !isSizes(strides) || shape.length !== strides.length
  ) {
    throw new SyntaxError(`${named} has no proper shape, strides and offset`);
  }
  const size = shape.includes(0) ? 0 : shape.reduce((product, side) => product * side, 1);
  const end = size === 0
    ? 0
    : shape.reduce((last, side, axis) => last + (side - 1) * (strides[axis] as number), offset) + 1;
  const held = Math.floor(storage.view.size * storage.type.bytes / bytes);
  if (end > held) {
    throw new SyntaxError(`${named} [${shape}] reaches to element ${end} of a storage of ${held}`);
  }
  return { storage, dtype, bytesPerElement: bytes, offset, shape, strides, size };
}

function elementType(named: string, type: unknown): ElementType {
  if (type instanceof ElementType) return type;
  throw new SyntaxError(`${named} has a type that is ${describe(type)}`);
}

/**
 * The elements of a tensor in the order of its axes, little-endian. If they already have this order in
 * the storage, the result is a view of its memory.
 */
export function readTensor(
  tensor: PlacedTensor,
  bytes: Uint8Array,
  bigEndian: boolean,
): SafeTensor {
  const { storage, dtype, bytesPerElement, offset, shape, size } = tensor;
  const start = storage.view.start * storage.type.bytes + offset * bytesPerElement;
  const data = isContiguous(tensor)
    ? bytes.subarray(start, start + size * bytesPerElement)
    : gather(tensor, bytes.subarray(start));
  return { dtype, shape, data: bigEndian ? swapBytes(data, bytesPerElement) : data };
}

function isContiguous({ shape, strides, size }: PlacedTensor): boolean {
  if (size === 0) return true;
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const side = shape[axis] as number;
    if (side !== 1 && strides[axis] !== expected) return false;
    expected *= side;
  }
  return true;
}

function gather(
  { shape, strides, size, bytesPerElement }: PlacedTensor,
  bytes: Uint8Array,
): Uint8Array {
  const data = new Uint8Array(size * bytesPerElement);
  // Axes of size 1 change nothing, but sixty of them would take sixty times as long.
  const axes = shape.map((side, axis) => ({ side, stride: strides[axis] as number, index: 0 }))
    .filter(({ side }) => side !== 1).reverse();
  let from = 0;
  for (let to = 0; to < data.length;) {
    for (let byte = 0; byte < bytesPerElement; byte++) {
      data[to++] = bytes[from * bytesPerElement + byte] as number;
    }
    // Advance along the last axis. At the end of an axis, reset it and advance the axis before it.
    for (const axis of axes) {
      axis.index++;
      from += axis.stride;
      if (axis.index < axis.side) break;
      from -= axis.stride * axis.side;
      axis.index = 0;
    }
  }
  return data;
}

/** Turns big-endian elements into little-endian ones. */
function swapBytes(bytes: Uint8Array, bytesPerElement: number): Uint8Array {
  return bytes.map((_, i) => {
    const within = i % bytesPerElement;
    return bytes[i - within + bytesPerElement - 1 - within] as number;
  });
}
