/**
 * Loads and saves parameters.
 *
 * @module
 */
import { UserError } from "../errors.ts";
import { checkTensors } from "../arguments.ts";
import { cannotRead, readFile, toPath, writeWhole } from "../files.ts";
import type { Tensors } from "../params.ts";
import {
  formatParamsAndMetadata,
  type LoadedParams,
  parseParamsAndMetadata,
} from "./params_bytes.ts";

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
 * anywhere, beside objects of any class. Files of {@link saveParams} are read unchanged.
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

/**
 * Like {@link loadParams}, but also returns metadata.
 *
 * @param given the file's bytes, if already read.
 */
export async function loadParamsAndMetadata(
  path: string,
  given?: Uint8Array,
  whole = false,
): Promise<LoadedParams> {
  return await parseParamsAndMetadata(given ?? await readParamsFile(path), path, whole);
}

/**
 * The bytes of a parameter file.
 *
 * @throws {UserError} If it cannot be read.
 */
export async function readParamsFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return await readFile(path).catch((error) => {
    throw cannotRead(`parameters from ${path}`, error, ["read"]);
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
  await writeWhole(path, await formatParamsAndMetadata(params, metadata, `to ${path}`));
}
