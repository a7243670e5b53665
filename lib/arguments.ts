/**
 * Checks of the arguments of public functions: options, numbers and tensors.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import { closestMatch } from "leven";

/** All option names of an interface. */
export type OptionNames<Options> = Readonly<Record<keyof Required<Options>, true>>;

/**
 * Checks that options are an object with known keys. Otherwise a misspelt name would have no effect.
 *
 * @param name of the function, for the message.
 * @param known all names; the type makes sure that none is missing.
 * @throws {TypeError} If a key is unknown. The message names the first one and the nearest known key.
 */
export function checkOptions<Options extends object>(
  name: string,
  options: Options,
  known: OptionNames<Options>,
): void {
  const names = Object.keys(known);
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(
      `Cannot use ${describeValue(options)} as options of ${name}(): they must be an object with ` +
        names.join(", "),
    );
  }
  const unknown = Object.keys(options).find((key) => !Object.hasOwn(known, key));
  if (unknown === undefined) return;
  const meant = closestMatch(unknown, names, { maxDistance: Math.ceil(unknown.length / 2) });
  throw new TypeError(
    `Cannot use the option "${unknown}" of ${name}(): ` +
      (meant === undefined
        ? `there is none; the options are ${names.join(", ")}`
        : `there is none; did you mean "${meant}"?`),
  );
}

/**
 * Throws a TypeError unless this is a usable tensor. On some backends, a disposed tensor gives an
 * unclear error or none.
 *
 * @param what describes it in the message: `the student's logits`.
 */
export function checkTensor(what: string, value: unknown): void {
  if (!isTensor(value)) {
    throw new TypeError(`Cannot use ${describeValue(value)} as ${what}: it must be a tensor`);
  }
  if (value.isDisposed) {
    throw new TypeError(
      `Cannot use ${what}: the tensor ${value.dtype}[${value.shape}] is disposed; keep it until its ` +
        "last use",
    );
  }
}

/** Like {@link checkTensor}, for a tensor of floats. Some backends compute with others, or fail unclearly. */
export function checkFloats(what: string, value: unknown): void {
  checkTensor(what, value);
  const { dtype } = value as tf.Tensor;
  if (dtype === "float32") return;
  throw new TypeError(
    `Cannot use ${what} of type ${dtype}: it must be float32; use tf.cast(x, "float32")`,
  );
}

/** Replaces a backend's unclear error about a disposed tensor by a clear one. */
export function explainDisposed(error: unknown): unknown {
  // tfjs's plain backends look up the tensor's data, and find none.
  const isRaw = error instanceof TypeError && /undefined \(reading 'backend'\)/.test(error.message);
  if (!isRaw) return error;
  return new TypeError(
    "Cannot compute with a tensor that is disposed: keep parameters, and all that the function takes " +
      "from outside, until their last use",
    { cause: error },
  );
}

/** Like {@link checkTensor}, for several tensors by name. */
export function checkTensors(what: string, tensors: unknown): void {
  if (typeof tensors !== "object" || tensors === null || isTensor(tensors)) {
    throw new TypeError(
      `Cannot use ${describeValue(tensors)} as ${what}: they must be an object of tensors`,
    );
  }
  for (const [key, tensor] of Object.entries(tensors)) checkTensor(`${key} of ${what}`, tensor);
}

/** Like tfjs, and accepts tensors from another copy of tfjs. */
function isTensor(value: unknown): value is tf.Tensor {
  const { dataSync, throwIfDisposed } = Object(value);
  return typeof dataSync === "function" && typeof throwIfDisposed === "function";
}

export function checkFunction(what: string, value: unknown): void {
  if (typeof value === "function") return;
  throw new TypeError(`Cannot use ${describeValue(value)} as ${what}: it must be a function`);
}

/** @throws {RangeError} If a number is not an integer in its range. */
export function checkInteger(name: string, value: number, least: number, most = Infinity): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
    throw new RangeError(`${name} must be an integer ${range}: current value is ${value}`);
  }
}

/** A short description of a value for messages: `undefined`, `an array`, `"text"`, `a Float32Array`. */
export function describeValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return "an array";
  if (typeof value !== "object" || value === null) return String(value);
  const name: unknown = value.constructor?.name;
  if (typeof name !== "string" || name === "" || name === "Object") return "an object";
  return `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`;
}

/** Throws a RangeError unless a number is from 0 to 1. `use` is for the message: "smooth labels by". */
export function checkPart(use: string, value: number): void {
  if (value >= 0 && value <= 1) return;
  throw new RangeError(`Cannot ${use} ${value}: it must be from 0 to 1`);
}
