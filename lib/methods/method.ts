/**
 * What a method of transfer is: a name, a weight, and a term of the loss.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import type { ModelOutput } from "../../models/model.ts";
import type { AttentionTransferOptions } from "../losses/attention.ts";
import type { Params } from "../params.ts";
import type { LossInputs, Scalars, TeacherOutput } from "../train/loss.ts";

/** What a method looks at of the teacher. */
export type Need = "logits" | "maps" | "activations" | "inputGradient";

/** What a method looks at that compares outputs, of the student alone. */
export interface StudentInputs extends Pick<LossInputs, "student" | "batch" | "apply" | "scalars"> {
  /** The student's mean cross entropy on the batch. */
  crossEntropy: tf.Scalar;
  /** The gradient of that cross entropy by the images, `[N, H, W, C]`; computed once for all methods. */
  inputGradient: () => tf.Tensor4D;
}

/** What a method looks at that compares the outputs of student and teacher. */
export interface OutputInputs extends StudentInputs {
  /** The teacher's output for the batch, in eval mode. */
  teacher: TeacherOutput;
}

/** A group of the student and the group of the teacher that it is compared with. */
export interface PairInputs {
  /** The student's activation, `[N, H, W, Cs]`. */
  student: tf.Tensor4D;
  /** The teacher's activation, `[N, h, w, Ct]`; missing where only its map was cached. */
  teacher: tf.Tensor4D;
  /** The teacher's attention map `[N, h, w]` where that was cached, else its activation. */
  teacherMap: tf.Tensor3D | tf.Tensor4D;
  /** The method's own filter for this pair, `[1, 1, Cs, Ct]`, where it has one. */
  projection?: tf.Tensor4D | undefined;
}

/** What all methods have. */
export interface MethodBase {
  /** The name of the term in the log. Of a method of each pair, the pair's number is added: `NAME_0`. */
  name: string;
  /** What the term is multiplied by, or how to take that from the step's scalars. */
  weight: number | ((scalars: Scalars) => number | tf.Scalar);
  /** How much of the cross entropy's weight, which is 1, the term takes over. Default 0. */
  crossEntropyShare?: number;
}

/** A method that compares the outputs of student and teacher. */
export interface OutputMethod extends MethodBase {
  /** It compares outputs. */
  of: "outputs";
  /** Default "logits". */
  needs?: "logits" | "inputGradient";
  /** The term, a scalar of float32. */
  term: (inputs: OutputInputs) => tf.Tensor;
}

/** A method that compares each pair of groups, or the last pair alone. */
export interface PairMethod extends MethodBase {
  /** What it compares. */
  of: "each pair" | "last pair";
  /** Default "activations". */
  needs?: "maps" | "activations";
  /** Whether it learns a projection for each pair whose channels differ. Default false. */
  projects?: boolean;
  /** The term, a scalar of float32. */
  term: (pair: PairInputs) => tf.Tensor;
}

/** A method that needs no teacher. */
export interface StudentMethod extends MethodBase {
  /** It looks at the student alone. */
  of: "student";
  /** The term, a scalar of float32. */
  term: (inputs: StudentInputs) => tf.Tensor;
}

/**
 * A method of transfer. Write your own beside those of the library.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import type { Method } from "@attention-transfer/core";
 *
 * const logitDistance: Method = {
 *   name: "logit_distance",
 *   of: "outputs",
 *   weight: 0.1,
 *   term: ({ student, teacher }) => tf.mean(tf.squaredDifference(student.logits, teacher.logits)),
 * };
 * console.log(logitDistance.name);
 * ```
 */
export type Method = OutputMethod | PairMethod | StudentMethod;

/** What a method needs of the teacher; undefined where it needs none. */
export function needOf(method: Method): Need | undefined {
  if (method.of === "student") return undefined;
  return method.needs ?? (method.of === "outputs" ? "logits" : "activations");
}

/** What the commands let a user choose besides the weights. */
export interface MethodSettings {
  /** Softens the logits. */
  temperature: number;
  /** What an attention map is, and how two are compared. */
  attention: AttentionTransferOptions;
}

/** A method as the commands offer it. From this follow option, checks, log, benchmark and docs. */
export interface MethodEntry {
  /** Its short name, as tables have it. */
  label: string;
  /** The help of the option that is its weight. */
  help: string;
  /** The largest weight. Default: none. */
  max?: number;
  /** A usual weight. */
  usualWeight: number;
  /** The function in lib/losses. */
  loss: string;
  /** What it computes, for the table in docs/methods.md. */
  formula: string;
  /** The settings that it takes. */
  settings?: readonly (keyof MethodSettings)[];
  /** Classes that it needs at least; where it is given, student and teacher must have the same. */
  minClasses?: number;
  /** Whether it compares the examples of a batch, and so needs two of them. */
  relatesExamples?: boolean;
  /** The method with a weight. */
  method: (weight: number, settings: MethodSettings) => Method;
}

/** A network and its parameters. */
export interface NetworkWithParams {
  /** The network. */
  model: { f: (images: tf.Tensor4D, params: Params, mode: "train" | "eval") => ModelOutput };
  /** Its parameters. */
  params: Params;
}
