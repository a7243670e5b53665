/**
 * Parameters from and to bytes, without files: on every runtime.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkOptions, checkTensors, describeValue } from "../arguments.ts";
import { needsDeno, printable, UserError } from "../errors.ts";
import { needBackend } from "../need_backend.ts";
import { mapValues, type Tensors } from "../params.ts";
import { decode, permute, toPyTorch } from "./decode.ts";
import { endings, inPlaceOfFile, type Kind, kindOf, kindOfName } from "./kind.ts";
import type { Naming } from "./namings.ts";
import { isCounter, type Selection, selectNetwork, withoutWrappers } from "./network_keys.ts";
import type { ReadTensors } from "./pytorch/read_pytorch.ts";
import {
  formatSafetensors,
  metadataKey,
  parseSafetensors,
  type SafeTensor,
  type SafeTensors,
} from "./safetensors.ts";
import { quotedStart, readable } from "./untrusted.ts";

/** Options of {@link parseParams}. */
export interface ParseParamsOptions {
  /** What errors call the bytes, such as a URL. Default "the bytes". */
  name?: string | undefined;
}

/**
 * Reads parameters from the bytes of a file, like `loadParams`, which says what is read. Works on every
 * runtime and needs no permission; HDF5 is read in Deno only.
 *
 * @throws {UserError} If the bytes are damaged or of another kind, contain several networks or a number
 * too large for float32, are a run's checkpoint, or are HDF5 and this is not Deno: see its `code`.
 * @throws {TypeError} If `bytes` is not a Uint8Array, or an option is unknown.
 *
 * @example
 * ```ts
 * import "@tensorflow/tfjs";
 * import { formatParams, parseParams, wideResNet } from "@attention-transfer/core";
 *
 * const { init } = wideResNet({ depth: 10, width: 1, numClasses: 10 });
 * const bytes = await formatParams(init(0)); // or: await (await fetch(url)).bytes()
 * const params = await parseParams(bytes);
 * console.log(params["conv0"]?.shape); // [3, 3, 3, 16]
 * ```
 */
export async function parseParams(
  bytes: Uint8Array,
  options: ParseParamsOptions = {},
): Promise<Tensors> {
  checkOptions("parseParams", options, { name: true });
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError(
      `Cannot read parameters from ${describeValue(bytes)}: the bytes must be a Uint8Array`,
    );
  }
  return (await parseParamsAndMetadata(bytes, options.name ?? "the bytes")).params;
}

/**
 * Writes parameters as the bytes of a `.safetensors` file, with 4-D tensors in PyTorch's layout
 * `[out, in, kh, kw]`. Works on every runtime.
 *
 * @throws {UserError} If a tensor is named `__metadata__`.
 * @throws {TypeError} If a tensor is disposed or not float32, int32 or bool.
 *
 * @example
 * ```ts
 * import "@tensorflow/tfjs";
 * import { formatParams, wideResNet } from "@attention-transfer/core";
 *
 * const params = wideResNet({ depth: 10, width: 1, numClasses: 10 }).init(0);
 * const file = new Blob([await formatParams(params)]);
 * console.log(file.size > 300_000); // true
 * ```
 */
export async function formatParams(params: Tensors): Promise<Uint8Array<ArrayBuffer>> {
  checkTensors("the parameters", params);
  return await formatParamsAndMetadata(params, {}, "as safetensors");
}

/** The contents of a parameter file. */
export interface LoadedParams {
  params: Tensors;
  /** The strings in its header. */
  metadata: Record<string, string>;
  /** Describes for the user what was selected, left out and renamed; undefined if nothing was. */
  note: string | undefined;
  /** How the file names the network's tensors, if not as here. */
  naming?: Naming | undefined;
}

/**
 * Like {@link parseParams}, but also returns metadata.
 *
 * @param path what errors call the bytes; its ending decides if the bytes do not show their kind.
 */
export async function parseParamsAndMetadata(
  bytes: Uint8Array,
  path: string,
  whole = false,
): Promise<LoadedParams> {
  const { tensors, ...rest } = await readers[kindFor(bytes, path)](bytes, path, whole);
  return { params: await readable(path, () => decodeParams(tensors)), ...rest };
}

/** Like {@link formatParams}, with strings for the header. In errors, `where` follows "Cannot write parameters". */
export async function formatParamsAndMetadata(
  params: Tensors,
  metadata: Record<string, string>,
  where: string,
): Promise<Uint8Array<ArrayBuffer>> {
  if (Object.hasOwn(params, metadataKey)) {
    throw new UserError(
      `Cannot write parameters ${where}: a tensor is named ${metadataKey}, which safetensors keeps for ` +
        "its header; give that tensor another name in the file that it comes from",
      { code: "not-writable" },
    );
  }
  const tensors = await encodeParams(params);
  return formatSafetensors({ tensors, metadata: { ...metadata, ...mark } });
}

/** The kind of the bytes. If they are unknown, the kind whose reader explains the problem. */
function kindFor(bytes: Uint8Array, path: string): Kind {
  const known = kindOf(bytes);
  const other = known === undefined ? inPlaceOfFile(bytes) : undefined;
  if (other !== undefined) {
    throw new UserError(`Cannot read parameters from ${path}: ${other}`, { code: "not-readable" });
  }
  const kind = known ?? kindOfName(path);
  if (kind !== undefined) return kind;
  throw new UserError(
    `Cannot read parameters from ${path}: the file must be one of ${
      Object.keys(endings).join(", ")
    }, and it ${bytes.length === 0 ? "is empty" : `begins with ${quotedStart(bytes)}`}`,
    { code: "not-readable" },
  );
}

/** Marks files of {@link saveParams}, which are read unchanged. */
const mark = { written_by: "attention-transfer" } as const;

/** Selects the network in a file whose tensors are all in one dictionary. */
function select(
  { tensors, metadata: { written_by, ...metadata } }: SafeTensors,
  whole: boolean,
): ReadTensors {
  if (written_by === mark.written_by) return { tensors, metadata, note: undefined };
  const all = new Map(Object.entries(tensors));
  const found = whole ? undefined : selectNetwork(all, ({ shape }) => shape);
  const selected: Selection<SafeTensor> = found ?? {
    tensors: withoutWrappers(new Map([...all].filter(([key]) => !isCounter(key)))),
    note: undefined,
  };
  return { ...selected, tensors: Object.fromEntries(selected.tensors), metadata };
}

/** The header of a checkpoint starts with "attention-transfer checkpoint 3". */
const checkpointFormat = /^attention-transfer checkpoint/;

function refuseCheckpoint(path: string, { format }: Record<string, string>): void {
  if (format === undefined || !checkpointFormat.test(format)) return;
  const [, run] = path.match(/^(.*)[/\\]checkpoint[/\\][^/\\]+$/s) ?? [];
  throw new UserError(
    `Cannot use ${path}: it is a checkpoint of a run, and no file of parameters; give the run folder` +
      `${run === undefined ? "" : ` ${run}`} or the model.safetensors in it`,
    { code: "does-not-fit" },
  );
}

/**
 * The tensors of a file's arrays.
 *
 * @throws {SyntaxError} Like {@link decode}. Then no tensors are left allocated.
 * @throws {UserError} If no backend is loaded.
 */
export function decodeParams(tensors: Readonly<Record<string, SafeTensor>>): Tensors {
  if (Object.keys(tensors).length > 0) needBackend("parameters");
  const decoded = mapValues(tensors, (tensor, key) => decode(key, tensor));
  return mapValues(decoded, ({ values, shape, dtype }) => tf.tensor(values, shape, dtype));
}

type Reader = (bytes: Uint8Array, path: string, whole: boolean) => Promise<ReadTensors>;

const readers: Readonly<Record<Kind, Reader>> = {
  safetensors: async (bytes, path, whole) => {
    const content = await readable(path, () => parseSafetensors(bytes));
    refuseCheckpoint(path, content.metadata);
    return await readable(path, () => select(content, whole));
  },
  // Only those who read such a file load what that takes.
  pytorch: async (bytes, path, whole) => {
    const { readPyTorch } = await import("./pytorch/read_pytorch.ts");
    return await readPyTorch(bytes, path, whole);
  },
  hdf5: async (bytes, path, whole) => {
    needsDeno(`read ${path}`, "convert the file to safetensors: deno task convert IN OUT");
    const { readHdf5 } = await import("./hdf5/read_hdf5.ts");
    const content = await readHdf5(bytes, path);
    return await readable(path, () => select(content, whole));
  },
};

/**
 * Converts tensors to the arrays of a file.
 *
 * @throws {TypeError} Like {@link formatParams}.
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
