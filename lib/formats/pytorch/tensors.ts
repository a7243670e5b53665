/**
 * From a tensor's layout and its storage's bytes to its elements, one after the other.
 *
 * @module
 */
import type { SafeTensor } from "../safetensors.ts";
import { describe, ElementType, isSize, StorageObject, type TensorObject } from "./objects.ts";
import { printable } from "../../errors.ts";

/** A tensor whose layout has been found to lie within its storage. */
export interface PlacedTensor {
  storage: StorageObject;
  /** As safetensors calls it. */
  dtype: string;
  /** Of one element. */
  bytesPerElement: number;
  /** Of the first element, in elements from the storage's own start. */
  offset: number;
  shape: number[];
  /** In elements. */
  strides: number[];
  /** How many elements it has. */
  size: number;
}

/** More axes than any tensor of PyTorch has. */
const MAX_RANK = 64;

/**
 * Checks a tensor's layout.
 *
 * @throws {SyntaxError} If something is wrong with `key`, which is named.
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

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= MAX_RANK && value.every(isSize);
}

/**
 * The elements of a tensor in the order of its axes, little-endian. They share the storage's memory
 * where they lie there like that already.
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
  // Sixty axes of a single place each would take sixty times as long, and change nothing.
  const axes = shape.map((side, axis) => ({ side, stride: strides[axis] as number, index: 0 }))
    .filter(({ side }) => side !== 1).reverse();
  let from = 0;
  for (let to = 0; to < data.length;) {
    for (let byte = 0; byte < bytesPerElement; byte++) {
      data[to++] = bytes[from * bytesPerElement + byte] as number;
    }
    // One on along the last axis; an axis that is through starts anew, and the one before it goes on.
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
