/**
 * Checks of the functions and tensors passed to a training step.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { AnyOutput, ModelOutput } from "../../models/model.ts";
import { checkTensor, checkTensors, describeValue } from "../arguments.ts";
import { printable } from "../errors.ts";
import { checkLabelType } from "../losses/checks.ts";
import { isTrainable, type Tensors } from "../params.ts";
import type { AnyBatch, TensorBatch } from "./batch.ts";

/** The batch, whose ranks are now known. Throws a TypeError unless images and labels are valid. */
export function checkedBatch(batch: AnyBatch): TensorBatch {
  const { images, labels } = Object(batch) as AnyBatch;
  checkTensor("the images of the batch", images);
  checkTensor("the labels of the batch", labels);
  if (images.rank !== 4) {
    throw new TypeError(`Cannot use images [${images.shape}]: they must be [N, H, W, C]`);
  }
  const count = images.shape[0] as number;
  checkLabelType(labels, count);
  if (labels.rank !== 1 || labels.shape[0] !== count) {
    throw new TypeError(
      `Cannot use labels [${labels.shape}] with images [${images.shape}]: they must be int32 [${count}]`,
    );
  }
  return batch as TensorBatch;
}

/** The output, whose ranks are now known. Throws a TypeError unless it is valid for `count` examples. */
export function checkedOutput(whose: string, output: AnyOutput, count: number): ModelOutput {
  refusePromise(whose, output);
  const { logits, stats } = Object(output) as AnyOutput;
  checkTensor(`the logits of ${whose}`, logits);
  if (logits.rank !== 2 || logits.shape[0] !== count) {
    throw new TypeError(
      `Cannot use logits [${logits.shape}] of ${whose}: they must be [${count}, classes]`,
    );
  }
  if (stats === undefined) {
    throw new TypeError(
      `Cannot use what ${whose} gives: there are no stats; give {} where it has none`,
    );
  }
  checkTensors(`the stats of ${whose}`, stats);
  return output as ModelOutput;
}

/** Throws a TypeError unless the new running statistics are of parameters that are not trained. */
export function checkStats(stats: Tensors, params: Tensors): void {
  for (const [key, { shape }] of Object.entries(stats)) {
    const before = Object.hasOwn(params, key) ? (params[key] as tf.Tensor).shape : undefined;
    const why = before === undefined
      ? "there is no such parameter"
      : isTrainable(key)
      ? "it is trained; the keys of statistics end with .running_mean or .running_var"
      : `the parameter is [${before}]`;
    if (!isTrainable(key) && before !== undefined && tf.util.arraysEqual(shape, before)) continue;
    throw new TypeError(`Cannot keep ${printable(key)} [${shape}] of a network's stats: ${why}`);
  }
}

/** Throws a TypeError unless a loss returned terms: named scalars, each alone or with a weight. */
export function checkTerms(terms: Readonly<Record<string, unknown>>): void {
  refusePromise("the loss", terms);
  const isDictionary = typeof terms === "object" && terms !== null && !Array.isArray(terms) &&
    !((terms as unknown) instanceof tf.Tensor);
  if (!isDictionary || Object.keys(terms).length === 0) {
    const given = isDictionary ? "no terms" : describeValue(terms);
    throw new TypeError(
      `Cannot minimise a loss that gives ${given}: it must give its terms by name, such as ` +
        "{ cross_entropy: crossEntropy(logits, labels) }",
    );
  }
  for (const [name, term] of Object.entries(terms)) checkTerm(name, term);
}

function checkTerm(name: string, term: unknown): void {
  if (term instanceof tf.Tensor) return checkScalar(`the term ${name}`, term);
  if (typeof term !== "object" || term === null) {
    throw new TypeError(
      `Cannot use ${describeValue(term)} as the term ${name}: it must be a scalar tensor, or ` +
        "{ value, weight } with one",
    );
  }
  const { value, weight } = term as Record<"value" | "weight", unknown>;
  checkScalar(`the value of the term ${name}`, value);
  if (weight instanceof tf.Tensor) return checkScalar(`the weight of the term ${name}`, weight);
  if (typeof weight !== "number") {
    throw new TypeError(
      `Cannot use ${describeValue(weight)} as the weight of the term ${name}: it must be a ` +
        "number or a scalar tensor",
    );
  }
  if (!Number.isFinite(weight)) {
    throw new RangeError(`Cannot weigh the term ${name} by ${weight}: it must be a finite number`);
  }
}

function checkScalar(what: string, value: unknown): void {
  checkTensor(what, value);
  const { rank, shape, dtype } = value as tf.Tensor;
  if (rank !== 0 || dtype !== "float32") {
    throw new TypeError(
      `Cannot use ${what}, ${dtype}[${shape}]: it must be a scalar of float32; use tf.mean or tf.sum`,
    );
  }
}

function refusePromise(whose: string, given: unknown): void {
  if (!(given instanceof Promise)) return;
  given.catch(() => {}); // its own error would only repeat ours
  throw new TypeError(
    `Cannot differentiate what ${whose} gives later: it must be a function that is not asynchronous`,
  );
}
