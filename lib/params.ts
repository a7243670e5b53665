/**
 * Network parameters: a flat dictionary of tensors with dotted keys.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import { printable, UserError } from "./errors.ts";

/**
 * Tensors by name: parameters and running statistics, by dotted keys such as `group0.block0.conv0`.
 */
export type Tensors = Record<string, tf.Tensor>;

/**
 * Parameters as a network's function looks them up. Each value is a tensor, as in {@link Tensors}. The
 * type is `any` because the compiler can know neither which keys there are nor their ranks: so
 * `tf.conv2d(x, params.conv, 1, "same")` needs no cast, also with `noUncheckedIndexedAccess`.
 */
// deno-lint-ignore no-explicit-any -- of any other type a look-up could be undefined
export type Params = Record<string, any>;

/**
 * True if training updates this key by its gradient. False only for batch norm's running statistics.
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
 * True if the key is a parameter of spatial group-wise enhance.
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
 * The entries whose keys pass `keep`, as a new dictionary of the same tensors.
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
export function filterParams(params: Tensors, keep: (key: string) => boolean): Tensors {
  return Object.fromEntries(Object.entries(params).filter(([key]) => keep(key)));
}

/** The number of trainable values. */
export function countParameters(params: Tensors): number {
  return Object.values(filterParams(params, isTrainable)).reduce((sum, { size }) => sum + size, 0);
}

/** The same keys with other values. */
export function mapValues<T, R>(
  values: Readonly<Record<string, T>>,
  f: (value: T, key: string) => R,
): Record<string, R> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, f(value, key)]));
}

/** Adds `prefix` to every key. The tensors stay the same. */
export function addPrefix<T extends tf.Tensor>(
  prefix: string,
  params: Record<string, T>,
): Record<string, T> {
  return Object.fromEntries(Object.entries(params).map(([key, value]) => [prefix + key, value]));
}

/** The values whose keys start with `prefix`, with the prefix removed. */
export function underPrefix<T>(prefix: string, params: Record<string, T>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(params)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
}

/**
 * Checks that parameters match a network: the same keys, the same shapes.
 *
 * @param params the parameters to check.
 * @param expected keys and shapes of the network, for example from `init(0)`.
 * @param source describes the parameters in the message.
 * @throws {UserError} If a key is missing, extra, or has another shape. The message names the first
 * one, with both shapes.
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
  params: Tensors,
  expected: Record<string, { shape: number[] }>,
  source: string,
): void {
  const shapes = Object.entries(expected).map(([key, { shape }]) => [key, shape] as const);
  checkShapes(params, shapes, source);
}

/** Like {@link checkParams}, with the shapes alone. */
export function checkShapes(params: Tensors, expected: Shapes, source: string): void {
  const mismatch = findMismatch(params, expected);
  if (mismatch === undefined) return;
  throw new UserError(`Cannot use ${source}: ${mismatch}; check depth, width and classes`, {
    code: "does-not-fit",
  });
}

/**
 * Checks that all parameters are finite. Parameters of a diverged training are useless, and some layers
 * hide this (the relu of NaN may be 0).
 *
 * @param source describes the parameters in the message.
 * @throws {UserError} If a tensor contains NaN or an infinite number. The message names the first key.
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
export async function checkFiniteParams(params: Tensors, source: string): Promise<void> {
  const found = await findNonFinite(params);
  if (found === undefined) return;
  const [key, wrong] = found;
  throw new UserError(
    `Cannot use ${source}: ${printable(key)} holds ${wrong}, as after a training that diverged; ` +
      "choose other parameters",
    { code: "not-finite" },
  );
}

/** The first key of a tensor that contains NaN or an infinite number, and that number. */
export async function findNonFinite(
  params: Tensors,
): Promise<[key: string, wrong: number | undefined] | undefined> {
  for (const [key, tensor] of Object.entries(params)) {
    const values = await tensor.data();
    let sum = 0;
    for (const value of values) sum += value * 0; // adds 0, or NaN
    if (sum !== 0) return [key, values.find((value) => !Number.isFinite(value))];
  }
  return undefined;
}

/** Parameters, or anything else with their keys and shapes. */
type Shaped = Readonly<Record<string, { shape: readonly number[] }>>;

/** Keys and shapes of a network's parameters, generated one by one without values. */
export type Shapes = Iterable<readonly [key: string, shape: readonly number[]]>;

/**
 * Describes the first key of parameters that does not match a network: it is missing, extra, or has
 * another shape. Undefined if all match. Takes time in proportion to the number of keys in `params`,
 * even if the network has many more.
 */
export function findMismatch(params: Shaped, expected: Shapes): string | undefined {
  const known = new Set<string>();
  for (const [key, shape] of expected) {
    const own = shapeOf(params, key);
    if (!own) return `it has no ${key} [${shape}]`;
    if (String(own) !== String(shape)) {
      return `${key} has shape ${shapeText(own)} and the network wants [${shape}]`;
    }
    known.add(key);
  }
  const extra = Object.keys(params).find((key) => !known.has(key));
  if (extra === undefined) return undefined;
  return `the network has no ${printable(extra)} ${shapeText(shapeOf(params, extra) ?? [])}`;
}

/** The similarity of parameters to a network: 1 if all keys and shapes match, 0 if none do. */
export function likeness(params: Shaped, expected: Shapes): number {
  let all = Object.keys(params).length;
  let same = 0;
  for (const [key, shape] of expected) {
    const own = shapeOf(params, key);
    if (!own) all++;
    else same += String(own) === String(shape) ? 1 : 0.5;
  }
  return same / Math.max(1, all);
}

/** The shape under a key. Keys from a file may equal inherited properties such as `toString`. */
export function shapeOf(params: Shaped, key: string): readonly number[] | undefined {
  return Object.hasOwn(params, key) ? params[key]?.shape : undefined;
}

/** Formats a shape for a message. */
function shapeText(shape: readonly number[]): string {
  return `[${printable(String(shape))}]`;
}

/**
 * Adds missing parameters of a network from its initial ones. The result matches the network, as in
 * {@link checkParams}.
 *
 * @param params the parameters to use; not changed.
 * @param initial the network's initial parameters, for example from `init(seed)`.
 * @param mayLack selects the keys that may be missing: for example `isSgeKey` to start a network with
 * SGE from a checkpoint without it.
 * @param source describes the parameters in the message.
 * @throws {UserError} If a key does not match. The message names the first one.
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
  params: Tensors,
  initial: Tensors,
  mayLack: (key: string) => boolean,
  source: string,
): Tensors {
  const added = filterParams(initial, (key) => !Object.hasOwn(params, key) && mayLack(key));
  const filled = { ...params, ...added };
  checkParams(filled, initial, source);
  return filled;
}
