/**
 * Networks of the user's own: modules that export `f`, `init` and perhaps `classifier`, for `--model`
 * and `--teacher-model`.
 *
 * @module
 */
import { stripVTControlCharacters } from "node:util";
import * as tf from "@tensorflow/tfjs-core";
import { basename, resolve, toFileUrl } from "@std/path";
import { checkFunction, checkTensors, describeValue } from "../../lib/arguments.ts";
import { printable, UserError } from "../../lib/errors.ts";
import { exists } from "../../lib/files.ts";
import type { Architecture, StudentArchitecture } from "../../lib/networks/network.ts";
import { filterParams, isTrainable, type Tensors } from "../../lib/params.ts";
import { checkedOutput } from "../../lib/train/checks.ts";
import { valueAndGradients } from "../../lib/train/gradients.ts";
import type { AnyModel, Mode, Model } from "../../models/model.ts";
import { tidy } from "../../models/layers.ts";
import { explainMemory } from "./out_of_memory.ts";

/** A network in a module of the user's. */
export interface OwnNetwork {
  /** The module's file, without its folder. */
  file: string;
  /** The module's address. */
  url: string;
  f: AnyModel["f"];
  /** The initial parameters, for a number of classes. */
  init: (seed: number, numClasses: number) => Tensors;
  /** The key of the classifier's weights, if it exports that. */
  classifier?: string;
}

const importable = "@attention-transfer/core, @tensorflow/tfjs-core, and files of its own folder";

/** Messages of others that would not help, and ours. */
const unclear: readonly (readonly [pattern: RegExp, message: string])[] = [
  [/lockfile is out of date/, "it imports a package that the tasks do not have"],
  [
    /Cannot compute gradient of y=f\(x\)/,
    "its logits do not depend on all parameters that init gives",
  ],
];

/** The shape `[H, W, C]` of an image. */
type ImageShape = readonly [number, number, number];

/**
 * Imports a network; the module runs with the task's permissions.
 *
 * @throws {UserError} If it cannot be imported, lacks an export, or has one of another type.
 */
export async function importNetwork(path: string): Promise<OwnNetwork> {
  if (!await exists(path)) {
    throw new UserError(`Cannot use the network in ${path}: there is no such file`, {
      code: "not-found",
    });
  }
  const place = { file: basename(path), url: toFileUrl(resolve(path)).href };
  const { f, init, classifier } = await import(place.url).catch((error) => {
    throw cannotUse(place, error, `; it may import ${importable}`);
  });
  return explained(place, () => {
    checkFunction("the export f", f);
    checkFunction("the export init", init);
    if (classifier === undefined) return { ...place, f, init };
    if (typeof classifier === "string") return { ...place, f, init, classifier };
    throw new TypeError(
      `Cannot use ${describeValue(classifier)} as the export classifier: ` +
        `it must be the key of the classifier's weights, such as "fc.weight"`,
    );
  });
}

/**
 * The network as a student, after a try with fresh parameters: both modes, and the gradients.
 *
 * @throws {UserError} If it gives what a training step cannot use.
 */
export function ownStudent(
  network: OwnNetwork,
  numClasses: number,
  image: ImageShape,
): StudentArchitecture {
  const init = (seed: number) => initialParams(network, seed, numClasses);
  const shapes = (params: Tensors) =>
    Object.entries(params).map(([key, { shape }]) => [key, shape] as [string, number[]]);
  const params = init(0);
  try {
    const tried = tryNetwork(network, params, image, ["eval", "train"]);
    if (tried.numClasses !== numClasses) {
      throw new UserError(
        `Cannot train the network in ${network.file}: its logits are of ${tried.numClasses} classes ` +
          `and the data set has ${numClasses}, which its init gets as second argument`,
      );
    }
    const found = shapes(params);
    return { ...tried, model: { ...tried.model, init }, shapes: () => found };
  } finally {
    tf.dispose(params);
  }
}

/**
 * Imports a network of which there are parameters, if a path is given. The result builds it, after a
 * try.
 *
 * @throws {UserError} As {@link importNetwork}; the result, if the network does not work with them.
 */
export async function withParams(
  path: string | undefined,
  image: ImageShape,
): Promise<((params: Tensors) => Architecture) | undefined> {
  if (path === undefined) return undefined;
  const network = await importNetwork(path);
  return (params) => tryNetwork(network, params, image, ["eval"]);
}

function initialParams(network: OwnNetwork, seed: number, numClasses: number): Tensors {
  return explained(network, () => {
    const params = network.init(seed, numClasses);
    checkTensors("what init gives", params);
    if (Object.keys(params).length === 0) {
      throw new TypeError(
        `Cannot use ${describeValue(params)} as what init gives: ` +
          "there are no parameters; give them at once, not later",
      );
    }
    return params;
  });
}

function tryNetwork(
  network: OwnNetwork,
  params: Tensors,
  image: ImageShape,
  modes: readonly Mode[],
): Architecture {
  const f: Model["f"] = (images, params, mode) =>
    explained(network, () => {
      const output = checkedOutput("f", network.f(images, params, mode), images.shape[0]);
      const { groups } = output;
      if (Array.isArray(groups) && groups.every((group) => group?.rank === 4)) return output;
      throw new TypeError(
        "Cannot use the groups of f: they must be an array of activations [N, H, W, C]; give [] " +
          "where there are none",
      );
    });
  const logitsOf = (params: Tensors, mode: Mode) => f(tf.zeros([2, ...image]), params, mode).logits;
  const [, numClasses] = explained(network, () =>
    tidy(() => {
      const outputs = modes.map((mode) => logitsOf(params, mode));
      if (modes.includes("train")) {
        valueAndGradients((values) => ({
          loss: tf.mean(logitsOf({ ...params, ...values }, "train")),
          extras: {},
        }), filterParams(params, isTrainable));
      }
      return (outputs[0] as tf.Tensor2D).shape;
    }));
  const init = () => ({}); // a student has its own; of others there are parameters
  const name = network.file.replace(/\.\w+$/, "");
  const { file: own, classifier } = network;
  const model = { f, init, ...(classifier !== undefined && { classifier }) };
  return { name, own, model, numClasses };
}

/** What `act` gives; an error of the user's code becomes a line. */
function explained<T>(network: Pick<OwnNetwork, "file" | "url">, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof UserError || explainMemory(error, "") !== error) throw error;
    throw cannotUse(network, error);
  }
}

function cannotUse(
  { file, url }: Pick<OwnNetwork, "file" | "url">,
  error: unknown,
  advice = "",
): UserError {
  const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
  const line = parseInt(stack.split(`${url}:`)[1] ?? "");
  const at = Number.isNaN(line) ? "" : ` (line ${line})`;
  const said = unclear.find(([pattern]) => pattern.test(message))?.[1] ??
    stripVTControlCharacters(message).replace(/\s+/g, " "); // Deno's message may have colours
  return new UserError(
    `Cannot use the network in ${file}${at}: ${printable(said, 400)}${advice}`,
    { cause: error },
  );
}
