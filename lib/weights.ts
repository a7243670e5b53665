/**
 * Parameters from and to files.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { UserError } from "./errors.ts";
import { readFile, whyNot, writeWhole } from "./files.ts";
import { decode, permute, toPyTorch } from "./decode.ts";
import type { Params } from "./params.ts";
import { readHdf5 } from "./formats/hdf5/read_hdf5.ts";
import { readPyTorch } from "./formats/pytorch/read_pytorch.ts";
import { isCounter, withoutWrappers } from "./formats/pytorch/state_dict.ts";
import {
  formatSafetensors,
  parseSafetensors,
  type SafeTensor,
  type SafeTensors,
} from "./formats/safetensors.ts";

export { formatSafetensors, parseSafetensors, type SafeTensors };

/**
 * Reads parameters from a file: `.safetensors`; `.pth`, `.pt` or `.pt7` as PyTorch's torch.save of any
 * age wrote it (no code in it is run); `.hkl` or `.h5`, HDF5 with or without hickle's quoted keys (read
 * in a worker, with a limit on time). Every 4-D tensor, whatever its name, is turned from PyTorch's
 * `[out, in, kh, kw]` to `[kh, kw, in, out]`; `sge.weight` and `sge.bias` become `[groups]`; float types
 * become float32, whole numbers int32.
 *
 * Prefixes of wrappers, such as `module.`, are taken off where all keys have them, and
 * `num_batches_tracked` is left out. Of PyTorch's files the state dictionary is taken, wherever it lies;
 * of the original's runs the student.
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

/**
 * As {@link loadParams}, with the strings that the file's header holds beside the tensors.
 *
 * @param given the file's bytes, where they were read already.
 */
export async function loadParamsAndMetadata(
  path: string,
  given?: Uint8Array,
): Promise<{ params: Params; metadata: Record<string, string> }> {
  const extension = extensionOf(path);
  if (extension === undefined) {
    throw new UserError(
      `Cannot read parameters from ${path}: the file must be one of ${
        Object.keys(readers).join(", ")
      }`,
    );
  }
  const bytes = given ?? await readParamsFile(path);
  const { tensors, metadata } = await (readers[extension] as Reader)(bytes, path);
  const ofNetwork = Object.entries(tensors).filter(([key]) => !isCounter(key));
  const unwrapped = Object.fromEntries(withoutWrappers(new Map(ofNetwork)));
  return { params: readable(path, () => decodeParams(unwrapped)), metadata };
}

/** Whether a file of that name can hold parameters, as far as its extension tells. */
export function isNamedAsParams(path: string): boolean {
  return extensionOf(path) !== undefined;
}

function extensionOf(path: string): string | undefined {
  return Object.keys(readers).find((extension) => path.endsWith(extension));
}

/**
 * The tensors of a file's arrays.
 *
 * @throws {SyntaxError} as {@link decode}; no tensor is left behind then.
 */
export function decodeParams(tensors: Readonly<Record<string, SafeTensor>>): Params {
  const decoded = Object.entries(tensors).map(([key, tensor]) =>
    [key, decode(key, tensor)] as const
  );
  return Object.fromEntries(
    decoded.map(([key, { values, shape, dtype }]) => [key, tf.tensor(values, shape, dtype)]),
  );
}

type Reader = (bytes: Uint8Array, path: string) => SafeTensors | Promise<SafeTensors>;

const readers: Readonly<Record<string, Reader>> = {
  ".safetensors": (bytes, path) => readable(path, () => parseSafetensors(bytes)),
  ".pth": (bytes, path) => readPyTorch(bytes, path),
  ".pt": (bytes, path) => readPyTorch(bytes, path),
  ".pt7": (bytes, path) => readPyTorch(bytes, path),
  ".hkl": (bytes, path) => readHdf5(bytes, path),
  ".h5": (bytes, path) => readHdf5(bytes, path),
};

/**
 * The bytes of a file of parameters.
 *
 * @throws {UserError} where it cannot be read.
 */
export async function readParamsFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return await readFile(path).catch((error) => {
    throw new UserError(`Cannot read parameters from ${path}: ${whyNot(error)}`);
  });
}

function readable<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UserError(`Cannot read parameters from ${path}: ${error.message}`);
  }
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
  await writeWhole(path, formatSafetensors({ tensors: await encodeParams(params), metadata }));
}

/**
 * The arrays of a file, from tensors.
 *
 * @throws {TypeError} as {@link saveParams}.
 */
export async function encodeParams(params: Params): Promise<Record<string, SafeTensor>> {
  const entries = Object.entries(params).map(async ([key, tensor]) =>
    [key, encode(key, tensor, await tensor.data())] as const
  );
  return Object.fromEntries(await Promise.all(entries));
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
