/**
 * The types of a transfer method: it has a name, a weight, and a term of the loss.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import type { AnyModel } from "../../models/model.ts";
import type { AttentionTransferOptions } from "../losses/attention.ts";
import type { ClassAttentionOptions } from "../losses/class_attention.ts";
import type { Params, Tensors } from "../params.ts";
import type { LossInputs, Scalars, TeacherOutput } from "../train/loss.ts";

/** What a method needs from the teacher. */
export type Need = "logits" | "maps" | "classMaps" | "activations" | "inputGradient";

/** The inputs of a method that compares outputs: the student's part. */
export interface StudentInputs
  extends Pick<LossInputs, "student" | "classifier" | "batch" | "apply" | "scalars"> {
  /** The student's mean cross entropy on the batch. */
  crossEntropy: tf.Scalar;
  /** The gradient of that with respect to the images, `[N, H, W, C]`; computed once for all methods. */
  inputGradient: () => tf.Tensor4D;
}

/** The inputs of a method that compares the outputs of student and teacher. */
export interface OutputInputs extends StudentInputs {
  /** The teacher's output for the batch, in eval mode. */
  teacher: TeacherOutput;
}

/** A group of the student and the teacher's group to compare it with. */
export interface PairInputs {
  /** The student's activation, `[N, H, W, Cs]`. */
  student: tf.Tensor4D;
  /** The teacher's activation, `[N, h, w, Ct]`; missing if only its map was cached. */
  teacher: tf.Tensor4D;
  /** The teacher's attention map `[N, h, w]` if it was cached, else its activation. */
  teacherMap: tf.Tensor3D | tf.Tensor4D;
  /** The method's projection for this pair, `[1, 1, Cs, Ct]`, if it has one. */
  projection?: tf.Tensor4D | undefined;
}

/** Properties of all methods. */
export interface MethodBase {
  /** The name of the term in the log. If `of` is "each pair", the pair's number is added: `NAME_0`. */
  name: string;
  /**
   * The factor of the term, or a function that gets it from the step's scalars. `factors` of the
   * scalars multiplies it.
   */
  weight: number | ((scalars: Scalars) => number | tf.Scalar);
  /** How much the term subtracts from the cross entropy's weight of 1. Default 0. */
  crossEntropyShare?: number;
}

/** A method that compares the outputs of student and teacher. */
export interface OutputMethod extends MethodBase {
  /** Compares outputs. */
  of: "outputs";
  /** Default "logits". */
  needs?: "logits" | "classMaps" | "inputGradient";
  /** The term, a float32 scalar. */
  term: (inputs: OutputInputs) => tf.Tensor;
}

/**
 * A method that compares each pair of groups, or only the last pair.
 *
 * @typeParam Of which of these; the compiler then knows if student and teacher need as many groups.
 */
export interface PairMethod<
  Of extends "each pair" | "last pair" = "each pair" | "last pair",
> extends MethodBase {
  /** The pairs to compare. */
  of: Of;
  /** Default "activations". */
  needs?: "maps" | "activations";
  /** True if it learns a projection for each pair whose channels differ. Default false. */
  projects?: boolean;
  /** The term, a float32 scalar. */
  term: (pair: PairInputs) => tf.Tensor;
}

/** The levels of student and teacher that a method compares together. */
export interface LevelInputs {
  /** The student's activations of the compared groups, then its pooled features: `[N, H, W, C]`. */
  student: tf.Tensor4D[];
  /** The teacher's levels, as many. */
  teacher: tf.Tensor4D[];
  /** The method's own parameters. */
  params: Params;
}

/** The shapes `[1, H, W, C]` of the levels that a method compares. */
export interface LevelShapes {
  /** The student's, in order. */
  student: readonly number[][];
  /** The teacher's, as many. */
  teacher: readonly number[][];
}

/** A method that compares all pairs of groups and the pooled features together. */
export interface LevelsMethod extends MethodBase {
  /** Compares all pairs at once, which are in the order of the groups. */
  of: "all pairs";
  /** Default "activations". */
  needs?: "activations";
  /**
   * Initial values of its own parameters, which are trained with the student. Their keys must differ
   * from those of other methods: begin them with the method's name. Default: none.
   */
  ownParams?: (shapes: LevelShapes, seed: number) => Tensors;
  /** The term, a float32 scalar. */
  term: (levels: LevelInputs) => tf.Tensor;
}

/** A method that needs no teacher. */
export interface StudentMethod extends MethodBase {
  /** Needs only the student. */
  of: "student";
  /** The term, a float32 scalar. */
  term: (inputs: StudentInputs) => tf.Tensor;
}

/**
 * A transfer method. You can write your own.
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
export type Method = OutputMethod | PairMethod | LevelsMethod | StudentMethod;

/** What a method needs from the teacher; undefined if nothing. */
export function needOf(method: Method): Need | undefined {
  if (method.of === "student") return undefined;
  return method.needs ?? (method.of === "outputs" ? "logits" : "activations");
}

/** True for methods that compare groups at all. */
export function comparesGroups({ of }: Pick<Method, "of">): boolean {
  return comparesAllGroups(of) || of === "last pair";
}

/** True for methods that compare every pair of groups. */
export function comparesAllGroups(of: Method["of"]): boolean {
  return of === "each pair" || of === "all pairs";
}

/** Settings that users of the commands can choose besides the weights. */
export interface MethodSettings {
  /** Softens the logits. */
  temperature: number;
  /** How to compute and compare attention maps. */
  attention: Omit<AttentionTransferOptions, "weights">;
  /** Whether logits are standardised. Default false. */
  standardize?: boolean | undefined;
  /** The weight of distillation. Default: alpha. */
  kdWeight?: number | undefined;
  /** How to compute and compare class activation maps. */
  classAttention?: ClassAttentionOptions | undefined;
  /** The weight of the other classes in DKD. Default 8. */
  decoupledOthers?: number | undefined;
}

/** A method for the commands. Its option, checks, log, benchmark and docs are derived from this. */
export interface MethodEntry {
  /** A short name for tables. */
  label: string;
  /** The help text of the method's weight option. */
  help: string;
  /** The largest weight allowed. Default: no limit. */
  max?: number;
  /** A usual weight. */
  usualWeight: number;
  /** The name of its function in lib/losses. */
  loss: string;
  /** The formula, for the table in docs/methods.md. */
  formula: string;
  /** The settings that it uses. */
  settings?: readonly (keyof MethodSettings)[];
  /** The smallest number of classes. If set, student and teacher must have the same classes. */
  minClasses?: number;
  /** True if it compares the examples of a batch, and so needs at least two. */
  relatesExamples?: boolean;
  /**
   * What it is with several workers, each with a part of the batch. "wrong": its term would not be that
   * of one process, so the commands refuse it. "own part": each worker compares the examples of its
   * part only. Default: as in one process.
   */
  withWorkers?: "wrong" | "own part";
  /** Creates the method with a weight. */
  method: (weight: number, settings: MethodSettings) => Method;
}

/**
 * A network and its parameters.
 *
 * @typeParam OfGroups the groups of the network. Default: any number.
 */
export interface NetworkWithParams<OfGroups extends readonly tf.Tensor[] = readonly tf.Tensor[]> {
  /** The network. */
  model: AnyModel<OfGroups>;
  /** Its parameters. */
  params: Tensors;
}
