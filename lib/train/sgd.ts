/**
 * Stochastic gradient descent with momentum and weight decay, as a pair of pure functions.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkFunction, checkOptions, checkTensor } from "../arguments.ts";
import { mapValues, type Tensors } from "../params.ts";

/** Options of {@link sgd}. */
export interface SgdOptions {
  /** At least 0, below 1. Default 0.9. */
  momentum?: number;
  /** 0 or more. Default 5e-4. */
  weightDecay?: number;
  /** Uses Nesterov momentum. Default false. */
  nesterov?: boolean;
  /**
   * Which parameters the weight decay applies to. `({ rank }) => rank > 1` leaves out those of norms,
   * and biases. Default: all.
   */
  decays?: (parameter: tf.Tensor, key: string) => boolean;
}

/** An optimiser: `init` creates its buffers, `update` returns new parameters and new buffers. */
export interface Optimizer {
  /**
   * The buffers before the first step.
   *
   * @param params the trainable parameters.
   */
  init(params: Tensors): Tensors;
  /**
   * One step.
   *
   * @param gradients under the same keys as `params`.
   * @param rate the learning rate, a scalar tensor so that a compiled step is not traced again.
   */
  update(
    params: Tensors,
    gradients: Tensors,
    buffers: Tensors,
    rate: tf.Scalar,
  ): { params: Tensors; buffers: Tensors };
}

/**
 * `g = gradient + weightDecay * p; buffer = momentum * buffer + g; p = p - rate * buffer`, without
 * dampening, like `torch.optim.SGD`. With Nesterov, `p = p - rate * (g + momentum * buffer)`. As in the
 * original code, weight decay applies to all parameters, including batch norm and biases, unless
 * `decays` leaves some out.
 *
 * @throws {TypeError} If an option is unknown; from `init` and `update`, if a tensor is missing or
 * disposed.
 * @throws {RangeError} If momentum is not in [0, 1), or weight decay is negative.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { sgd } from "@attention-transfer/core";
 *
 * const { init, update } = sgd({ momentum: 0.9, weightDecay: 0 });
 * const params = { w: tf.tensor1d([1]) };
 * const next = update(params, { w: tf.tensor1d([2]) }, init(params), tf.scalar(0.1));
 * next.params.w?.print(); // [0.8]
 * ```
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  checkOptions("sgd", options, {
    ...{ momentum: true, weightDecay: true, nesterov: true, decays: true },
  });
  const { momentum = 0.9, weightDecay = 5e-4, nesterov = false, decays } = options;
  if (decays !== undefined) checkFunction("decays", decays);
  if (!(momentum >= 0 && momentum < 1)) {
    throw new RangeError(`Cannot use momentum ${momentum}: it must be 0 or more and below 1`);
  }
  if (!(weightDecay >= 0 && weightDecay < Infinity)) {
    throw new RangeError(`Cannot use weight decay ${weightDecay}: it must be 0 or more`);
  }
  return {
    init: (params) => mapParams(params, (p) => tf.zerosLike(p)),
    update: (params, gradients, buffers, rate) =>
      tf.tidy(() => {
        const decayed = mapParams(params, (p, key) => {
          const gradient = entry(gradients, key);
          return decays?.(p, key) ?? true ? tf.add(gradient, tf.mul(p, weightDecay)) : gradient;
        });
        const next = mapParams(
          decayed,
          (g, key) => tf.add(tf.mul(entry(buffers, key), momentum), g),
        );
        return {
          buffers: next,
          params: mapParams(params, (p, key) => {
            const buffer = entry(next, key);
            const step = nesterov ? tf.add(entry(decayed, key), tf.mul(buffer, momentum)) : buffer;
            return tf.sub(p, tf.mul(step, rate));
          }),
        };
      }),
  };
}

function mapParams(params: Tensors, f: (tensor: tf.Tensor, key: string) => tf.Tensor): Tensors {
  return mapValues(params, (p, key) => {
    checkTensor(`the parameter ${key}`, p);
    return f(p, key);
  });
}

function entry(params: Tensors, key: string): tf.Tensor {
  const tensor = params[key];
  if (!tensor) throw new TypeError(`Cannot update ${key}: it has no gradient or no buffer`);
  checkTensor(`the gradient or buffer of ${key}`, tensor);
  return tensor;
}
