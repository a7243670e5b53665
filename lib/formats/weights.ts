/**
 * Loads and saves parameters.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { basename, dirname } from "@std/path";
import { printable, UserError } from "../errors.ts";
import { checkTensors } from "../arguments.ts";
import { codeOf, readFile, toPath, whyNot, writeWhole } from "../files.ts";
import { decode, decodedShape, permute, toPyTorch } from "./decode.ts";
import type { Tensors } from "../params.ts";
import { readHdf5 } from "./hdf5/read_hdf5.ts";
import { endings, isNamedAsParams, type Kind, kindOf, kindOfName } from "./kind.ts";
import { isCounter, type Selection, selectNetwork } from "./network_keys.ts";
import { readPyTorch, type ReadTensors } from "./pytorch/read_pytorch.ts";
import { readable } from "./untrusted.ts";
import { withoutWrappers } from "./pytorch/state_dict.ts";
import {
  formatSafetensors,
  METADATA,
  parseSafetensors,
  type SafeTensor,
  type SafeTensors,
} from "./safetensors.ts";

export { decodedShape, formatSafetensors, isNamedAsParams, parseSafetensors, type SafeTensors };

/**
 * Reads parameters from a file. The first bytes decide the format, not the name. Formats: safetensors;
 * torch.save of any PyTorch version (no code in the file is run); HDF5 with or without hickle's quoted
 * keys (read in a worker with a time limit). Every 4-D tensor is transposed from PyTorch's
 * `[out, in, kh, kw]` to `[kh, kw, in, out]`. `sge.weight` and `sge.bias` become `[groups]`. Float
 * types become float32, integers int32.
 *
 * If the file contains a network similar to the ones here, only its tensors are returned, and their
 * keys lose prefixes such as `module.encoder_q.`. If there are several, the student is returned, or
 * else the one that is neither an average (EMA) nor a teacher. Keys of RepDistiller's WideResNet are
 * renamed to ours. In other files, prefixes of wrappers such as `module.` are removed if all keys have
 * them. `num_batches_tracked` is left out. In PyTorch files the state dictionary may be nested
 * anywhere. Files of {@link saveParams} are read unchanged.
 *
 * Needs the permission `--allow-read`.
 *
 * @param path a path, or a `file:` URL.
 * @throws {UserError} If the file is missing, damaged or of another kind, contains several networks or
 * a number too large for float32, is a run's checkpoint, or a permission is missing: see its `code`.
 * @throws {TypeError} If `path` is not a path.
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
export async function loadParams(path: string | URL): Promise<Tensors> {
  return (await loadParamsAndMetadata(toPath(path))).params;
}

/** The contents of a parameter file. */
export interface LoadedParams {
  params: Tensors;
  /** The strings in its header. */
  metadata: Record<string, string>;
  /** Describes for the user what was selected and left out; undefined if nothing was left out. */
  note: string | undefined;
}

/**
 * Like {@link loadParams}, but also returns metadata.
 *
 * @param given the file's bytes, if already read.
 */
export async function loadParamsAndMetadata(
  path: string,
  given?: Uint8Array,
): Promise<LoadedParams> {
  const bytes = given ?? await readParamsFile(path);
  const { tensors, metadata, note } = await readers[kindFor(bytes, path)](bytes, path);
  return { params: await readable(path, () => decodeParams(tensors)), metadata, note };
}

/** The kind of the bytes. If they are unknown, the kind whose reader explains the problem. */
function kindFor(bytes: Uint8Array, path: string): Kind {
  const kind = kindOf(bytes) ?? kindOfName(path);
  if (kind !== undefined) return kind;
  const begin = new TextDecoder("latin1").decode(bytes.subarray(0, 16));
  throw new UserError(
    `Cannot read parameters from ${path}: the file must be one of ${
      Object.keys(endings).join(", ")
    }, and it ${bytes.length === 0 ? "is empty" : `begins with ${printable(begin)}`}`,
    { code: "not-readable" },
  );
}

/** Marks files of {@link saveParams}, which are read unchanged. */
const mark = { written_by: "attention-transfer" } as const;

/** Selects the network in a file whose tensors are all in one dictionary. */
function select({ tensors, metadata: { written_by, ...metadata } }: SafeTensors): ReadTensors {
  if (written_by === mark.written_by) return { tensors, metadata, note: undefined };
  const all = new Map(Object.entries(tensors));
  const selected: Selection<SafeTensor> = selectNetwork(all, ({ shape }) => shape) ?? {
    tensors: withoutWrappers(new Map([...all].filter(([key]) => !isCounter(key)))),
    note: undefined,
  };
  return { tensors: Object.fromEntries(selected.tensors), note: selected.note, metadata };
}

/** The header of a checkpoint starts with "attention-transfer checkpoint 3". */
const checkpointFormat = /^attention-transfer checkpoint/;

function refuseCheckpoint(path: string, { format }: Record<string, string>): void {
  if (format === undefined || !checkpointFormat.test(format)) return;
  const folder = dirname(path);
  const run = basename(folder) === "checkpoint" ? ` ${dirname(folder)}` : "";
  throw new UserError(
    `Cannot use ${path}: it is a checkpoint of a run, and no file of parameters; give the run ` +
      `folder${run} or the model.safetensors in it, or go on with the run by --resume${run}`,
    { code: "does-not-fit" },
  );
}

/**
 * The tensors of a file's arrays.
 *
 * @throws {SyntaxError} Like {@link decode}. Then no tensors are left allocated.
 */
export function decodeParams(tensors: Readonly<Record<string, SafeTensor>>): Tensors {
  const decoded = Object.entries(tensors).map(([key, tensor]) =>
    [key, decode(key, tensor)] as const
  );
  return Object.fromEntries(
    decoded.map(([key, { values, shape, dtype }]) => [key, tf.tensor(values, shape, dtype)]),
  );
}

type Reader = (bytes: Uint8Array, path: string) => Promise<ReadTensors>;

const readers: Readonly<Record<Kind, Reader>> = {
  safetensors: async (bytes, path) => {
    const content = await readable(path, () => parseSafetensors(bytes));
    refuseCheckpoint(path, content.metadata);
    return await readable(path, () => select(content));
  },
  pytorch: readPyTorch,
  hdf5: async (bytes, path) => {
    const content = await readHdf5(bytes, path);
    return await readable(path, () => select(content));
  },
};

/**
 * The bytes of a parameter file.
 *
 * @throws {UserError} If it cannot be read.
 */
export async function readParamsFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return await readFile(path).catch((error) => {
    throw new UserError(`Cannot read parameters from ${path}: ${whyNot(error, ["read"])}`, {
      code: codeOf(error, "not-readable"),
    });
  });
}

/**
 * Writes parameters to a `.safetensors` file, with 4-D tensors in PyTorch's layout `[out, in, kh, kw]`.
 * Writes it completely or not at all. Needs the permissions `--allow-read` and `--allow-write`.
 *
 * @param path a path, or a `file:` URL.
 * @throws {UserError} If the file cannot be written or is not named `.safetensors`, a tensor is named
 * `__metadata__`, or a permission is missing.
 * @throws {TypeError} If `path` is not a path, or a tensor is disposed or not float32, int32 or bool.
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
export async function saveParams(path: string | URL, params: Tensors): Promise<void> {
  checkTensors("the parameters", params);
  await saveParamsAndMetadata(toPath(path), params, {});
}

/** Like {@link saveParams}, with strings for the file's header. */
export async function saveParamsAndMetadata(
  path: string,
  params: Tensors,
  metadata: Record<string, string>,
): Promise<void> {
  if (!path.endsWith(".safetensors")) {
    throw new UserError(`Cannot write parameters to ${path}: the name must end in .safetensors`, {
      code: "not-writable",
    });
  }
  if (Object.hasOwn(params, METADATA)) {
    throw new UserError(
      `Cannot write parameters to ${path}: a tensor is named ${METADATA}, which safetensors keeps for ` +
        "its header; give that tensor another name in the file that it comes from",
      { code: "not-writable" },
    );
  }
  const tensors = await encodeParams(params);
  await writeWhole(path, formatSafetensors({ tensors, metadata: { ...metadata, ...mark } }));
}

/**
 * Converts tensors to the arrays of a file.
 *
 * @throws {TypeError} Like {@link saveParams}.
 */
export async function encodeParams(params: Tensors): Promise<Record<string, SafeTensor>> {
  const entries = Object.entries(params).map(async ([key, tensor]) =>
    [key, encode(key, tensor, await tensor.data())] as const
  );
  return Object.fromEntries(await Promise.all(entries));
}

const safeTypes: Record<string, string> = { float32: "F32", int32: "I32", bool: "BOOL" };

function encode(key: string, tensor: tf.Tensor, data: tf.TypedArray): SafeTensor {
  const dtype = safeTypes[tensor.dtype];
  if (!dtype) throw new TypeError(`Cannot save ${printable(key)}: it is of type ${tensor.dtype}`);
  const { values, shape } = tensor.rank === 4
    ? permute(data, tensor.shape, toPyTorch)
    : { values: data, shape: tensor.shape };
  return {
    dtype,
    shape,
    data: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  };
}
