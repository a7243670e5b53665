/**
 * What changes at each training step, and how it starts.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkOptions, checkTensors } from "../arguments.ts";
import { filterParams, isTrainable, mapValues, type Tensors } from "../params.ts";
import { copyParams } from "./average.ts";
import type { Optimizer } from "./sgd.ts";

/** Parameters and the optimiser's buffers. */
export interface Trained {
  /** Parameters, including any running statistics. */
  params: Tensors;
  /** The optimiser's buffers, with the keys of the trainable parameters. */
  buffers: Tensors;
}

/** The state that changes at each step. */
export interface TrainState extends Trained {
  /** The loss's own parameters, such as projections, if it has any. */
  loss?: Trained;
  /** The average of `params` over the steps, if it is kept: see {@link averageParams}. */
  average?: Tensors;
}

/**
 * The state before the first step.
 *
 * @param lossParams the loss's own parameters, such as `lossParams` of {@link distill}. Default: none.
 * @param options average: whether steps keep an average of the weights too. Default false.
 * @throws {TypeError} If a parameter is not a tensor, or is disposed.
 *
 * @example
 * ```ts
 * import "@tensorflow/tfjs";
 * import { sgd, startState, wideResNet } from "@attention-transfer/core";
 *
 * const { init } = wideResNet({ depth: 10, width: 0.25, numClasses: 10 });
 * const { params, buffers } = startState(init(0), sgd());
 * console.log("bn.running_mean" in params, "bn.running_mean" in buffers); // true false
 * ```
 */
export function startState(
  params: Tensors,
  optimizer: Optimizer,
  lossParams: Tensors = {},
  options: { average?: boolean } = {},
): TrainState {
  checkOptions("startState", options, { average: true });
  checkTensors("the parameters", params);
  checkTensors("the loss's own parameters", lossParams);
  const start = (params: Tensors): Trained => ({
    params,
    buffers: optimizer.init(filterParams(params, isTrainable)),
  });
  return {
    ...start(params),
    ...(Object.keys(lossParams).length > 0 && { loss: start(lossParams) }),
    ...(options.average && { average: copyParams(params) }),
  };
}

/** The first state if the condition is true, else the second one. Both have the same keys. */
export function chooseState(
  condition: tf.Tensor,
  first: TrainState,
  second: TrainState,
): TrainState {
  const { loss, average } = second;
  return {
    ...chooseTrained(condition, first, second),
    ...(loss && { loss: chooseTrained(condition, first.loss as Trained, loss) }),
    ...(average && { average: choose(condition, first.average as Tensors, average) }),
  };
}

function chooseTrained(condition: tf.Tensor, first: Trained, second: Trained): Trained {
  return {
    params: choose(condition, first.params, second.params),
    buffers: choose(condition, first.buffers, second.buffers),
  };
}

function choose(condition: tf.Tensor, first: Tensors, second: Tensors): Tensors {
  return mapValues(first, (tensor, key) => tf.where(condition, tensor, second[key] as tf.Tensor));
}
