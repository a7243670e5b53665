/**
 * Checks of what public functions are given: options, and tensors.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import { closestMatch } from "leven";

/** Every option of an interface, by its name. */
export type OptionNames<Options> = Readonly<Record<keyof Required<Options>, true>>;

/**
 * Sees that options are an object whose keys are known: a name that is mistyped would else change nothing,
 * without a word.
 *
 * @param name of the function, for the message.
 * @param known all names; typed so that none is forgotten.
 * @throws {TypeError} If a key is not known: the first one is named, and the nearest that is known.
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
 * Throws a TypeError unless this is a tensor that can be used: on some backends a disposed one would fail
 * with a raw error, or not at all.
 *
 * @param what it is, for the message: `the student's logits`.
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

/** The error of a function of tensors; where a backend failed over one that is disposed, one that says so. */
export function explainDisposed(error: unknown): unknown {
  // tfjs's plain backends look for the tensor's data, and find none.
  const isRaw = error instanceof TypeError && /undefined \(reading 'backend'\)/.test(error.message);
  if (!isRaw) return error;
  return new TypeError(
    "Cannot compute with a tensor that is disposed: keep parameters, and all that the function takes " +
      "from outside, until their last use",
    { cause: error },
  );
}

/** As {@link checkTensor}, of each of some tensors by their names. */
export function checkTensors(what: string, tensors: unknown): void {
  if (typeof tensors !== "object" || tensors === null || isTensor(tensors)) {
    throw new TypeError(
      `Cannot use ${describeValue(tensors)} as ${what}: they must be an object of tensors`,
    );
  }
  for (const [key, tensor] of Object.entries(tensors)) checkTensor(`${key} of ${what}`, tensor);
}

/** As tfjs knows a tensor, of another copy of it too. */
function isTensor(value: unknown): value is tf.Tensor {
  const { dataSync, throwIfDisposed } = Object(value);
  return typeof dataSync === "function" && typeof throwIfDisposed === "function";
}

/** Throws a TypeError unless this is a function. */
export function checkFunction(what: string, value: unknown): void {
  if (typeof value === "function") return;
  throw new TypeError(`Cannot use ${describeValue(value)} as ${what}: it must be a function`);
}

/** A value in a few words, for messages: `undefined`, `an array`, `"text"`, `a Float32Array`. */
export function describeValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return "an array";
  if (typeof value !== "object" || value === null) return String(value);
  const name: unknown = value.constructor?.name;
  if (typeof name !== "string" || name === "" || name === "Object") return "an object";
  return `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`;
}
