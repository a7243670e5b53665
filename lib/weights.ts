/**
 * Parameters from and to files.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { UserError } from "./errors.ts";
import { whyNot, writeWhole } from "./files.ts";
import type { Params } from "./params.ts";
import {
  formatSafetensors,
  parseSafetensors,
  type SafeTensor,
  type SafeTensors,
} from "./safetensors.ts";

/**
 * Reads parameters from a `.safetensors` file. Every 4-D tensor, whatever its name, is turned from
 * PyTorch's `[out, in, kh, kw]` to `[kh, kw, in, out]`; float types become float32, whole numbers int32.
 *
 * @throws {UserError} where the file is missing, of another kind, or damaged.
 *
 * @example
 * ```ts
 * import "@tensorflow/tfjs";
 * import { loadParams, saveParams, wideResNet } from "@attention-transfer/core";
 *
 * const { init } = wideResNet({ depth: 10, width: 1, numClasses: 10 });
 * const path = await Deno.makeTempFile({ suffix: ".safetensors" });
 * await saveParams(path, init(0));
 * const params = await loadParams(path);
 * console.log(params["conv0"]?.shape); // [3, 3, 3, 16]
 * ```
 */
export async function loadParams(path: string): Promise<Params> {
  return (await loadParamsAndMetadata(path)).params;
}

/** As {@link loadParams}, with the strings that the file's header holds beside the tensors. */
export async function loadParamsAndMetadata(
  path: string,
): Promise<{ params: Params; metadata: Record<string, string> }> {
  if (!path.endsWith(".safetensors")) {
    throw new UserError(`Cannot read parameters from ${path}: the file must be a .safetensors one`);
  }
  const { tensors, metadata } = await readSafetensors(path);
  // Everything is decoded before the first tensor is made: a damaged file leaves nothing behind.
  const decoded = Object.entries(tensors).map(([key, tensor]) =>
    [key, readable(path, () => decode(key, tensor))] as const
  );
  const params = Object.fromEntries(
    decoded.map(([key, { values, shape, dtype }]) => [key, tf.tensor(values, shape, dtype)]),
  );
  return { params, metadata };
}

/** The arrays of a safetensors file as they are. Throws a {@link UserError} as {@link loadParams}. */
export async function readSafetensors(path: string): Promise<SafeTensors> {
  const bytes = await Deno.readFile(path).catch((error) => {
    throw new UserError(`Cannot read parameters from ${path}: ${whyNot(error)}`);
  });
  return readable(path, () => parseSafetensors(bytes));
}

function readable<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UserError(`Cannot read parameters from ${path}: ${error.message}`);
  }
}

interface Decoded {
  values: Float32Array | Int32Array | Uint8Array;
  shape: number[];
  dtype: "float32" | "int32" | "bool";
}

/** The types that are read, and how their bytes become numbers. */
const decoders: Record<string, (view: DataView, byte: number) => number> = {
  F64: (view, byte) => view.getFloat64(byte, true),
  F32: (view, byte) => view.getFloat32(byte, true),
  F16: (view, byte) => view.getFloat16(byte, true),
  BF16: (view, byte) => bfloat16(view.getUint16(byte, true)),
  I64: (view, byte) => Number(view.getBigInt64(byte, true)),
  I32: (view, byte) => view.getInt32(byte, true),
  U8: (view, byte) => view.getUint8(byte),
  BOOL: (view, byte) => view.getUint8(byte),
};

function bfloat16(bits: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, bits << 16);
  return view.getFloat32(0);
}

function decode(key: string, { dtype, shape, data }: SafeTensor): Decoded {
  const read = decoders[dtype];
  if (!read) throw new SyntaxError(`${key} has type ${dtype}, which is not supported`);
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
    if (kind === "int32" && values[i] !== value) {
      throw new SyntaxError(`${key} holds ${value}, which does not fit into int32`);
    }
  }
  const turned = shape.length === 4 ? permute(values, shape, fromPyTorch) : { values, shape };
  return { ...turned, dtype: kind };
}

/** `[out, in, kh, kw]` to `[kh, kw, in, out]`. */
const fromPyTorch = [2, 3, 1, 0];
/** `[kh, kw, in, out]` to `[out, in, kh, kw]`. */
const toPyTorch = [3, 2, 0, 1];

/** Turns the axes of a 4-D array: axis `i` of the result is axis `axes[i]` of the given one. */
function permute<Values extends tf.TypedArray>(
  values: Values,
  shape: number[],
  axes: number[],
): { values: Values; shape: number[] } {
  const strides = shape.map((_, axis) => tf.util.sizeFromShape(shape.slice(axis + 1)));
  const turned = axes.map((axis) => shape[axis] as number);
  const [s0, s1, s2, s3] = axes.map((axis) => strides[axis] as number) as [
    number,
    number,
    number,
    number,
  ];
  const [n0, n1, n2, n3] = turned as [number, number, number, number];
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

/**
 * Writes parameters to a `.safetensors` file, 4-D tensors in PyTorch's layout `[out, in, kh, kw]`.
 * The file is written whole or not at all.
 *
 * @throws {UserError} where the file cannot be written, or is not named `.safetensors`.
 * @throws {TypeError} where a tensor is of another type than float32, int32 or bool.
 *
 * @example
 * ```ts
 * import "@tensorflow/tfjs";
 * import { saveParams, wideResNet } from "@attention-transfer/core";
 *
 * const path = await Deno.makeTempFile({ suffix: ".safetensors" });
 * await saveParams(path, wideResNet({ depth: 10, width: 1, numClasses: 10 }).init(0));
 * ```
 */
export async function saveParams(path: string, params: Params): Promise<void> {
  await saveParamsAndMetadata(path, params, {});
}

/** As {@link saveParams}, with strings for the file's header. */
export async function saveParamsAndMetadata(
  path: string,
  params: Params,
  metadata: Record<string, string>,
): Promise<void> {
  if (!path.endsWith(".safetensors")) {
    throw new UserError(`Cannot write parameters to ${path}: the name must end in .safetensors`);
  }
  const entries = Object.entries(params).map(async ([key, tensor]) =>
    [key, encode(key, tensor, await tensor.data())] as const
  );
  const tensors = Object.fromEntries(await Promise.all(entries));
  await writeWhole(path, formatSafetensors({ tensors, metadata }));
}

const safeTypes: Record<string, string> = { float32: "F32", int32: "I32", bool: "BOOL" };

function encode(key: string, tensor: tf.Tensor, data: tf.TypedArray): SafeTensor {
  const dtype = safeTypes[tensor.dtype];
  if (!dtype) throw new TypeError(`Cannot save ${key}: it is of type ${tensor.dtype}`);
  const { values, shape } = tensor.rank === 4
    ? permute(data, tensor.shape, toPyTorch)
    : { values: data, shape: tensor.shape };
  return {
    dtype,
    shape,
    data: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  };
}
