/**
 * Pooling that can be differentiated twice: tfjs has no gradients of its own pooling's gradients.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/** The mean over all positions: `[N, C]`. */
export function globalAveragePool(x: tf.Tensor4D): tf.Tensor2D {
  const [examples, height, width, channels] = x.shape;
  const mean = meanOverPositions(tf.reshape(x, [examples, height * width, channels]));
  return tf.reshape(mean, [examples, channels]);
}

/**
 * The mean over the positions: `[N, positions, C]` to `[N, 1, C]`.
 *
 * In place of `tf.mean`, whose gradient multiplies by ones of the size of x: those would be a constant
 * of a compiled step, hundreds of megabytes for a batch of ImageNet.
 */
export const meanOverPositions: (x: tf.Tensor3D) => tf.Tensor3D = tf.customGrad<tf.Tensor3D>(
  (x) => {
    const positions = (x as tf.Tensor3D).shape[1];
    return {
      value: tf.mean(x as tf.Tensor3D, 1, true),
      gradFunc: (dy) => repeat(tf.div(dy, positions), positions),
    };
  },
);

/** `[N, 1, C]` to `[N, positions, C]`. Its gradient is a sum, where tfjs's has an op for every position. */
function repeat(x: tf.Tensor3D, positions: number): tf.Tensor3D {
  return tf.customGrad<tf.Tensor3D>((x) => ({
    value: tf.tile(x as tf.Tensor3D, [1, positions, 1]),
    gradFunc: (dy) => tf.mul(meanOverPositions(dy), positions),
  }))(x);
}

/**
 * PyTorch's `max_pool2d(x, 3, stride=2, padding=1)` for activations that are nowhere below 0, such as a
 * relu's. Where several are the largest of a window the gradient goes to the first.
 *
 * @returns `[N, ceil(H / 2), ceil(W / 2), C]`.
 */
export function maxPool(x: tf.Tensor4D): tf.Tensor4D {
  // tfjs has no gradient of max-pooling's gradient; an engine may add one.
  if (!tf.getKernel("MaxPoolGradGrad", tf.getBackend())) return composedMaxPool(x);
  // SAME is not symmetric at stride 2.
  return tf.maxPool(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]), 3, 2, "valid");
}

/** The same from ops that can be differentiated twice: within the rows of a window, then over them. */
function composedMaxPool(x: tf.Tensor4D): tf.Tensor4D {
  const [examples, height, width, channels] = x.shape;
  const [rows, columns] = [Math.ceil(height / 2), Math.ceil(width / 2)];
  // To an even number of rows and of columns, the last of which no window reaches.
  const padded = tf.pad(x, [
    [0, 0],
    [1, 2 * rows + 1 - height],
    [1, 2 * columns + 1 - width],
    [0, 0],
  ]);
  const narrow = maxOfThree(
    tf.reshape(padded, [examples * (2 * rows + 2), columns + 1, 2 * channels]),
  );
  const low = maxOfThree(tf.reshape(narrow, [examples, rows + 1, 2 * columns * channels]));
  return tf.reshape(low, [examples, rows, columns, channels]);
}

/**
 * The maximum in windows of three neighbours at stride two, which lie by twos: `[outer, n + 1, 2 * size]`
 * to `[outer, n, size]`.
 */
function maxOfThree(pairs: tf.Tensor3D): tf.Tensor3D {
  const [outer, count, both] = pairs.shape;
  const [n, size] = [count - 1, both / 2];
  const neighbour = (pair: number, half: number) =>
    tf.slice(pairs, [0, pair, half * size], [outer, n, size]);
  return larger(larger(neighbour(0, 0), neighbour(0, 1)), neighbour(1, 0));
}

/** The maximum; of equals the first has the gradient. That of `tf.maximum` has no gradient itself. */
const larger: (a: tf.Tensor3D, b: tf.Tensor3D) => tf.Tensor3D = tf.customGrad<tf.Tensor3D>(
  (a, b, save) => {
    (save as tf.GradSaveFunc)([a as tf.Tensor, b as tf.Tensor]);
    return {
      value: tf.maximum(a as tf.Tensor3D, b as tf.Tensor3D),
      gradFunc: (dy, [a, b]) => {
        const isFirst = tf.cast(tf.greaterEqual(a as tf.Tensor, b as tf.Tensor), "float32");
        return [tf.mul(dy, isFirst), tf.mul(dy, tf.sub(1, isFirst))];
      },
    };
  },
);
