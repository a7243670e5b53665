/**
 * Parameters: a flat dictionary of tensors with dotted keys.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import { UserError } from "./errors.ts";
import { shown } from "./formats/untrusted.ts";

/** A network's parameters and running statistics, by dotted keys such as `group0.block0.conv0`. */
export type Params = Record<string, tf.Tensor>;

/**
 * Whether training changes this key by its gradient: all keys but batch norm's running statistics.
 *
 * @example
 * ```ts
 * import { isTrainable } from "@attention-transfer/core";
 *
 * console.log(isTrainable("bn.weight"), isTrainable("bn.running_mean")); // true false
 * ```
 */
export function isTrainable(key: string): boolean {
  return !/\.running_(mean|var)$/.test(key);
}

/**
 * Whether the key is of a parameter of spatial group-wise enhance.
 *
 * @example
 * ```ts
 * import { isSgeKey } from "@attention-transfer/core";
 *
 * console.log(isSgeKey("layer1.0.sge.weight"), isSgeKey("layer1.0.bn2.weight")); // true false
 * ```
 */
export function isSgeKey(key: string): boolean {
  return /(^|\.)sge\.(weight|bias)$/.test(key);
}

/**
 * The entries whose key passes, as a new dictionary of the same tensors.
 *
 * @example
 * ```ts
 * import "@tensorflow/tfjs";
 * import { filterParams, isTrainable, wideResNet } from "@attention-transfer/core";
 *
 * const { init } = wideResNet({ depth: 10, width: 1, numClasses: 10 });
 * const trainable = filterParams(init(0), isTrainable);
 * console.log("bn.running_mean" in trainable); // false
 * ```
 */
export function filterParams(params: Params, keep: (key: string) => boolean): Params {
  return Object.fromEntries(Object.entries(params).filter(([key]) => keep(key)));
}

/** The same tensors with `prefix` before every key. */
export function addPrefix<T extends tf.Tensor>(
  prefix: string,
  params: Record<string, T>,
): Record<string, T> {
  return Object.fromEntries(Object.entries(params).map(([key, value]) => [prefix + key, value]));
}

/** The tensors whose keys start with `prefix`, under what follows it. */
export function underPrefix(prefix: string, params: Params): Params {
  return Object.fromEntries(
    Object.entries(params)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
}

/**
 * Checks that parameters fit a network: the same keys, the same shapes.
 *
 * @param params what is to be used.
 * @param expected keys and shapes of the network, such as `init(0)` gives.
 * @param source where the parameters come from, for the message.
 * @throws {UserError} that names the first key that is missing, too many, or of another shape, with
 * both shapes.
 *
 * @example
 * ```ts
 * import "@tensorflow/tfjs";
 * import { checkParams, wideResNet } from "@attention-transfer/core";
 *
 * const { init } = wideResNet({ depth: 10, width: 1, numClasses: 10 });
 * checkParams(init(1), init(0), "my parameters");
 * ```
 */
export function checkParams(
  params: Params,
  expected: Record<string, { shape: number[] }>,
  source: string,
): void {
  for (const [key, { shape }] of Object.entries(expected)) {
    const tensor = params[key];
    if (!tensor) {
      throw new UserError(
        `Cannot use ${source}: it has no ${key} [${shape}]; check depth, width and classes`,
        { code: "does-not-fit" },
      );
    }
    if (String(tensor.shape) !== String(shape)) {
      throw new UserError(
        `Cannot use ${source}: ${key} has shape [${tensor.shape}] and the network wants [${shape}]; ` +
          `check depth, width and classes`,
        { code: "does-not-fit" },
      );
    }
  }
  const extra = Object.keys(params).find((key) => !(key in expected));
  if (extra !== undefined) {
    throw new UserError(
      `Cannot use ${source}: the network has no ${extra} [${params[extra]?.shape}]; check depth, ` +
        `width and classes`,
      { code: "does-not-fit" },
    );
  }
}

/**
 * Checks that all parameters are finite: what a training that diverged leaves gives no results, and some
 * layers hide it (the relu of NaN may be 0).
 *
 * @param source where the parameters come from, for the message.
 * @throws {UserError} that names the first key that holds NaN or an infinite number.
 *
 * @example
 * ```ts
 * import "@tensorflow/tfjs";
 * import { checkFiniteParams, wideResNet } from "@attention-transfer/core";
 *
 * const { init } = wideResNet({ depth: 10, width: 1, numClasses: 10 });
 * await checkFiniteParams(init(0), "my parameters");
 * ```
 */
export async function checkFiniteParams(params: Params, source: string): Promise<void> {
  for (const [key, tensor] of Object.entries(params)) {
    const values = await tensor.data();
    let sum = 0;
    for (const value of values) sum += value * 0; // 0, or NaN
    if (sum === 0) continue;
    const wrong = values.find((value) => !Number.isFinite(value));
    throw new UserError(
      `Cannot use ${source}: ${
        shown(key)
      } holds ${wrong}, as after a training that diverged; choose ` +
        "other parameters",
      { code: "not-finite" },
    );
  }
}

/**
 * Parameters for a network that has more than they do: what they lack is taken from its first ones.
 * The result fits the network, as {@link checkParams} has it.
 *
 * @param params what is to be used; not changed.
 * @param initial the network's first parameters, such as `init(seed)` gives.
 * @param mayLack the keys that may be missing, such as `isSgeKey` for a network with SGE that is to
 * start from a checkpoint without.
 * @param source where the parameters come from, for the message.
 * @throws {UserError} that names the first key that does not fit.
 *
 * @example
 * ```ts
 * import "@tensorflow/tfjs";
 * import { fillParams, isSgeKey, wideResNet } from "@attention-transfer/core";
 *
 * const options = { depth: 10, width: 1, numClasses: 10 };
 * const without = wideResNet(options).init(1);
 * const { init } = wideResNet({ ...options, sge: { groups: 16 } });
 * const params = fillParams(without, init(0), isSgeKey, "my parameters");
 * console.log(params["group0.block0.sge.weight"]?.shape); // [16]
 * ```
 */
export function fillParams(
  params: Params,
  initial: Params,
  mayLack: (key: string) => boolean,
  source: string,
): Params {
  const added = filterParams(initial, (key) => !(key in params) && mayLack(key));
  const filled = { ...params, ...added };
  checkParams(filled, initial, source);
  return filled;
}
