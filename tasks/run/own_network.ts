/**
 * Networks of the user's own: modules that export `f`, `init`, and perhaps `classifier` and `data`, for
 * `--model` and `--teacher-model`.
 *
 * @module
 */
import { stripVTControlCharacters } from "node:util";
import * as tf from "@tensorflow/tfjs-core";
import { basename, resolve, toFileUrl } from "@std/path";
import { checkFunction, checkTensors, describeValue } from "../../lib/arguments.ts";
import { printable, UserError } from "../../lib/errors.ts";
import { codeOf, whyNot } from "../../lib/file_errors.ts";
import { sha256 } from "../../lib/files.ts";
import type { Architecture, StudentArchitecture } from "../../lib/networks/network.ts";
import { filterParams, isTrainable, type Tensors } from "../../lib/params.ts";
import { checkedOutput, checkStats } from "../../lib/train/checks.ts";
import { valueAndGradients } from "../../lib/train/gradients.ts";
import type { AnyModel, Mode, Model, ModelOutput } from "../../models/model.ts";
import { tidy } from "../../models/layers.ts";
import { explainMemory } from "./out_of_memory.ts";

/** A network in a module of the user's. */
export interface OwnNetwork {
  /** The module's file, without its folder. */
  file: string;
  /** The module's address. */
  url: string;
  /** The SHA-256 digest of the module, in hexadecimal. */
  digest: string;
  f: AnyModel["f"];
  /** The initial parameters, for a number of classes. */
  init: (seed: number, numClasses: number) => Tensors;
  /** The key of the classifier's weights, if it exports that. */
  classifier?: string | undefined;
  /** Gives images to train on and to evaluate on, if it exports that: see `own_data.ts`. */
  data?: (() => unknown) | undefined;
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
  const bytes = await Deno.readFile(path).catch((error) => {
    throw new UserError(`Cannot use the network in ${path}: ${whyNot(error)}`, {
      code: codeOf(error, "not-readable"),
    });
  });
  const digest = await sha256(bytes);
  const place = { file: basename(path), url: toFileUrl(resolve(path)).href, digest };
  const { f, init, classifier, data } = await import(place.url).catch((error) => {
    throw cannotUse(place, error, `; it may import ${importable}`);
  });
  return explained(place, () => {
    checkFunction("the export f", f);
    checkFunction("the export init", init);
    if (data !== undefined) checkFunction("the export data", data);
    if (classifier === undefined || typeof classifier === "string") {
      return { ...place, f, init, classifier, data };
    }
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
): Promise<((params: Tensors, digest?: string) => Architecture) | undefined> {
  if (path === undefined) return undefined;
  const network = await importNetwork(path);
  return (params, digest) => {
    if (digest !== undefined && digest !== network.digest) {
      console.error(`note: these parameters were not trained with this ${network.file}`);
    }
    return tryNetwork(network, params, image, ["eval"]);
  };
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
      const [count] = images.shape;
      const output = checkedOutput(
        "f",
        namingLack(params, (p) => network.f(images, p, mode)),
        count,
      );
      checkActivations(output, count);
      return output;
    });
  const logitsOf = (params: Tensors, mode: Mode) => {
    const { logits, stats } = f(tf.zeros([2, ...image]), params, mode);
    checkStats(stats, params); // later, the training step does
    return logits;
  };
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
  const { file, digest, classifier } = network;
  const model = { f, init, ...(classifier !== undefined && { classifier }) };
  return { name: file.replace(/\.\w+$/, ""), own: { file, digest }, model, numClasses };
}

function checkActivations({ groups, features }: ModelOutput, count: number): void {
  const isOne = (x: tf.Tensor | undefined) => x?.rank === 4 && x.shape[0] === count;
  if (!Array.isArray(groups) || !groups.every(isOne)) {
    const given = Array.isArray(groups) ? ` ${shapesOf(groups)}` : "";
    throw new TypeError(
      `Cannot use the groups${given} of f: they must be an array of activations ` +
        `[${count}, H, W, C]; give [] where there are none`,
    );
  }
  if (features === undefined || isOne(features)) return;
  throw new TypeError(
    `Cannot use the features ${shapesOf([features])} of f: they must be [${count}, H, W, C]; ` +
      "leave them out where there are none",
  );
}

function shapesOf(tensors: readonly unknown[]): string {
  return tensors.map((x) => x instanceof tf.Tensor ? `[${x.shape}]` : describeValue(x)).join(", ");
}

/** What `act` gives. An error of a missing value names the parameter that was looked up in vain. */
function namingLack<T>(params: Tensors, act: (params: Tensors) => T): T {
  let lacking: string | undefined;
  const noting = new Proxy(params, {
    get(target, key) {
      if (typeof key === "string" && !Object.hasOwn(target, key)) lacking = key;
      return Reflect.get(target, key);
    },
  });
  try {
    return act(noting);
  } catch (error) {
    if (lacking !== undefined && error instanceof Error && /undefined|null/.test(error.message)) {
      error.message += `; there is no parameter ${lacking}`;
    }
    throw error;
  }
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

/** The error for a module whose code fails. */
export function cannotUse(
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
