/**
 * The interface of a network: a pure function and its initial parameters.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import type { Params, Tensors } from "../lib/params.ts";

/** `"train"`: batch norm uses the batch's statistics. `"eval"`: it uses the running statistics. */
export type Mode = "train" | "eval";

/**
 * The groups of a network: three of a WideResNet or a CIFAR ResNet, four of a ResNet or a VGG, any
 * number otherwise.
 */
export type Groups = readonly tf.Tensor4D[];

/** The groups of a WideResNet or a CIFAR ResNet. */
export type ThreeGroups = [group0: tf.Tensor4D, group1: tf.Tensor4D, group2: tf.Tensor4D];

/** The groups of a ResNet or a VGG. */
export type FourGroups = [...ThreeGroups, group3: tf.Tensor4D];

/**
 * The output of a network for a batch.
 *
 * @typeParam OfGroups its groups, whose number the compiler then knows. Default: any number.
 */
export interface ModelOutput<OfGroups extends Groups = tf.Tensor4D[]> {
  /** `[N, classes]`. */
  logits: tf.Tensor2D;
  /**
   * Raw sums at the end of each group, before any further batch norm or relu: `[N, H, W, C]`. The
   * networks of RepDistiller's tables ({@link cifarResNet}, {@link vgg}, and {@link resNet} with the
   * small stem) give them after the relu, as there.
   */
  groups: OfGroups;
  /**
   * The last activation after norm and relu, before pooling: `[N, H, W, C]`. All networks of this
   * library give it; networks of your own may leave it out.
   */
  features?: tf.Tensor4D;
  /**
   * What the last spatial group-wise enhance of each group takes: `[N, H, W, C]`. Missing without
   * it.
   */
  gateInputs?: tf.Tensor4D[];
  /**
   * In train mode the new `running_mean` and `running_var` by key: 0.9 times the old value plus 0.1
   * times the batch's (with unbiased variance). In eval mode `{}`.
   */
  stats: Tensors;
}

/**
 * A network: a pure function of images and parameters, and its initialisation.
 *
 * @typeParam OfGroups the groups of its output: `Model<ThreeGroups>`. Default: any number.
 */
export interface Model<OfGroups extends Groups = tf.Tensor4D[]> {
  /**
   * The network's output for a batch.
   *
   * @param input Images `[N, H, W, C]`.
   * @param params The parameters; they are not changed.
   * @param base A prefix for every key, with its dot (`"student."`), so that several networks can
   * share one dictionary. Default `""`.
   */
  f(input: tf.Tensor4D, params: Params, mode: Mode, base?: string): ModelOutput<OfGroups>;
  /**
   * Initial parameters and running statistics.
   *
   * @param seed A whole number from 0 to 2^32 - 1; gives the same numbers on any machine.
   */
  init(seed: number): Tensors;
  /**
   * The key of the classifier's weights `[classes, C]`, if the logits are these times the mean of the
   * features over the positions, plus a bias: for class activation maps. All networks of this library
   * name theirs.
   */
  classifier?: string;
}

/**
 * The output of a network of this library: it always has the features.
 *
 * @typeParam OfGroups its groups. Default: any number.
 */
export interface LibraryOutput<OfGroups extends Groups = tf.Tensor4D[]>
  extends ModelOutput<OfGroups> {
  /** The last activation after norm and relu, before pooling: `[N, H, W, C]`. */
  features: tf.Tensor4D;
}

/**
 * A network of this library.
 *
 * @typeParam OfGroups the groups of its output.
 */
export interface LibraryModel<OfGroups extends Groups = tf.Tensor4D[]> extends Model<OfGroups> {
  /** As {@link Model}. */
  f(input: tf.Tensor4D, params: Params, mode: Mode, base?: string): LibraryOutput<OfGroups>;
}

/**
 * What a network of your own may give where a {@link ModelOutput} is wanted: many ops of tfjs forget the
 * rank of a tensor, so here it may be unknown. The ranks are checked when the network runs.
 *
 * @typeParam OfGroups its groups. Default: any number.
 */
export interface AnyOutput<OfGroups extends readonly tf.Tensor[] = readonly tf.Tensor[]> {
  /** `[N, classes]`. */
  logits: tf.Tensor;
  /** The activations to compare, `[N, H, W, C]`. */
  groups: OfGroups;
  /** The last activation before pooling, `[N, H, W, C]`. */
  features?: tf.Tensor;
  /** New running statistics by key; `{}` if there are none. */
  stats: Tensors;
}

/**
 * A network as training takes it: a {@link Model}, or one of your own whose function takes what it
 * needs: `{ f: (images: tf.Tensor4D, params: Params) => ({ logits, groups, stats: {} }) }`.
 *
 * @typeParam OfGroups the groups of its output. Default: any number.
 */
export interface AnyModel<OfGroups extends readonly tf.Tensor[] = readonly tf.Tensor[]> {
  /** As in {@link Model}. */
  f(input: tf.Tensor4D, params: Params, mode: Mode): AnyOutput<OfGroups>;
  /** As in {@link Model}. */
  classifier?: string;
}

/**
 * Groups with the ranks that they have when the network runs, and as many.
 *
 * @typeParam OfGroups the groups as the network's type says.
 */
export type RankedGroups<OfGroups extends readonly tf.Tensor[]> = {
  -readonly [Group in keyof OfGroups]: tf.Tensor4D;
};
