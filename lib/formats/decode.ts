/**
 * Converts arrays from files to numbers in this library's layout.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { isSgeKey } from "../params.ts";
import type { SafeTensor } from "./safetensors.ts";
import { printable } from "../errors.ts";

/** The numbers of an array, in this library's layout. */
export interface Decoded {
  values: Float32Array | Int32Array | Uint8Array;
  shape: number[];
  dtype: "float32" | "int32" | "bool";
}

/** The supported types, and how to read an element. */
const decoders: Readonly<Record<string, (view: DataView, byte: number) => number>> = {
  F64: (view, byte) => view.getFloat64(byte, true),
  F32: (view, byte) => view.getFloat32(byte, true),
  F16: (view, byte) => float16(view.getUint16(byte, true)),
  BF16: (view, byte) => bfloat16(view.getUint16(byte, true)),
  I64: (view, byte) => Number(view.getBigInt64(byte, true)),
  I32: (view, byte) => view.getInt32(byte, true),
  I16: (view, byte) => view.getInt16(byte, true),
  I8: (view, byte) => view.getInt8(byte),
  U8: (view, byte) => view.getUint8(byte),
  BOOL: (view, byte) => view.getUint8(byte),
};

/** `DataView.getFloat16` is missing in Node 20. */
function float16(bits: number): number {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0
    ? sign * fraction * 2 ** -24
    : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function bfloat16(bits: number): number {
  return new Float32Array(Uint32Array.of(bits << 16).buffer)[0] as number;
}

/**
 * The numbers of an array from a file. Every 4-D array is transposed from PyTorch's `[out, in, kh, kw]`
 * to `[kh, kw, in, out]`. Arrays of spatial group-wise enhance become `[groups]`, whatever their rank.
 *
 * @throws {SyntaxError} If its type is not supported, or a number does not fit into int32 or float32.
 */
export function decode(key: string, { dtype, shape, data }: SafeTensor): Decoded {
  const read = Object.hasOwn(decoders, dtype) ? decoders[dtype] : undefined;
  if (!read) throw new SyntaxError(`${printable(key)} has type ${dtype}, which is not supported`);
  const kind = dtype === "BOOL" ? "bool" : dtype.includes("F") ? "float32" : "int32";
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const size = tf.util.sizeFromShape(shape);
  const width = data.byteLength / Math.max(size, 1);
  const values = kind === "float32"
    ? new Float32Array(size)
    : kind === "int32"
    ? new Int32Array(size)
    : new Uint8Array(size);
  for (let i = 0; i < size; i++) {
    const value = read(view, i * width);
    values[i] = value;
    const fits = kind === "float32" ? Number.isFinite(values[i]) : values[i] === value;
    if (kind !== "bool" && !fits && Number.isFinite(value)) {
      throw new SyntaxError(`${printable(key)} holds ${value}, which does not fit into ${kind}`);
    }
  }
  // In the authors' files these are [1, groups, 1, 1].
  if (isSgeKey(key)) return { values, shape: [size], dtype: kind };
  const turned = shape.length === 4 ? permute(values, shape, fromPyTorch) : { values, shape };
  return { ...turned, dtype: kind };
}

/** The shape of the result of {@link decode}, without decoding. */
export function decodedShape(key: string, { shape }: Pick<SafeTensor, "shape">): number[] {
  if (isSgeKey(key)) return [tf.util.sizeFromShape(shape)];
  return shape.length === 4 ? fromPyTorch.map((axis) => shape[axis] as number) : shape;
}

/** `[out, in, kh, kw]` to `[kh, kw, in, out]`. */
const fromPyTorch = [2, 3, 1, 0];
/** `[kh, kw, in, out]` to `[out, in, kh, kw]`. */
export const toPyTorch: readonly number[] = [3, 2, 0, 1];

/** Permutes the axes of a 4-D array: axis `i` of the result is axis `axes[i]` of the input. */
export function permute<Values extends tf.TypedArray>(
  values: Values,
  shape: number[],
  axes: readonly number[],
): { values: Values; shape: number[] } {
  const strides = shape.map((_, axis) => tf.util.sizeFromShape(shape.slice(axis + 1)));
  const turned = axes.map((axis) => shape[axis] as number);
  const [s0 = 0, s1 = 0, s2 = 0, s3 = 0] = axes.map((axis) => strides[axis] as number);
  const [n0 = 0, n1 = 0, n2 = 0, n3 = 0] = turned;
  const result = values.slice() as Values;
  if (result.length === 0) return { values: result, shape: turned };
  let next = 0;
  for (let a = 0; a < n0; a++) {
    for (let b = 0; b < n1; b++) {
      for (let c = 0; c < n2; c++) {
        for (let d = 0; d < n3; d++) {
          result[next++] = values[a * s0 + b * s1 + c * s2 + d * s3] as number;
        }
      }
    }
  }
  return { values: result, shape: turned };
}
