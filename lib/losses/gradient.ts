/**
 * Gradient-based attention transfer: losses on the gradients of a loss with respect to the images
 * (Zagoruyko and Komodakis, "Paying more attention to attention", arXiv:1612.03928, section 3.2).
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { checkFloats, checkFunction, checkTensor } from "../arguments.ts";
import { correctGradients } from "../autodiff/correct_gradients.ts";
import { tidy } from "../autodiff/tidy.ts";

/**
 * The gradient of a loss with respect to its input, `J = d loss / d x`: it shows where the network
 * looks. You can differentiate it again to train with a loss on it (double backpropagation).
 *
 * @param lossOfInput the loss as a function of the images, usually a batch's mean cross entropy.
 * @param x images `[N, H, W, C]`.
 * @returns `[N, H, W, C]`.
 * @throws {TypeError} If the loss is not a scalar, or `x` is disposed.
 * @throws {Error} From tfjs, if the loss does not depend on `x`.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { crossEntropy, inputGradient, wideResNet } from "@attention-transfer/core";
 *
 * const { f, init } = wideResNet({ depth: 10, width: 0.25, numClasses: 10 });
 * const params = init(0);
 * const images: tf.Tensor4D = tf.randomNormal([2, 8, 8, 3]);
 * const labels = tf.tensor1d([3, 5], "int32");
 * const gradient = inputGradient((x) => crossEntropy(f(x, params, "train").logits, labels), images);
 * console.log(gradient.shape); // [2, 8, 8, 3]
 * ```
 */
export function inputGradient(
  lossOfInput: (x: tf.Tensor4D) => tf.Scalar,
  x: tf.Tensor4D,
): tf.Tensor4D {
  checkFunction("the loss of the images", lossOfInput);
  checkFloats("the images", x);
  correctGradients();
  return tf.grad((images: tf.Tensor) => {
    const loss = lossOfInput(images as tf.Tensor4D);
    checkTensor("the loss of the images", loss);
    if (loss.rank !== 0) {
      throw new TypeError(
        `Cannot take the input's gradient of a loss [${loss.shape}]: it must be a scalar`,
      );
    }
    return loss;
  })(x) as tf.Tensor4D;
}

/**
 * `1/2 ||J_student - J_teacher||^2`, summed over the whole batch, without the paper's beta. J is the
 * gradient of the batch's mean loss, so each example contributes with a factor of 1/N. The paper writes
 * the norm without the square, but derives the gradient of the square. This is the square.
 *
 * @param studentGradient from {@link inputGradient}, `[N, H, W, C]`.
 * @param teacherGradient of the same shape.
 * @returns a scalar, differentiable in both.
 * @throws {TypeError} If the shapes differ, or a tensor is disposed.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { gradientAttentionLoss } from "@attention-transfer/core";
 *
 * const loss = gradientAttentionLoss(tf.ones([2, 4, 4, 3]), tf.zeros([2, 4, 4, 3]));
 * loss.print(); // 48
 * ```
 */
export function gradientAttentionLoss(
  studentGradient: tf.Tensor4D,
  teacherGradient: tf.Tensor4D,
): tf.Scalar {
  checkPair(studentGradient, teacherGradient);
  return tidy(() => tf.mul(tf.sum(tf.squaredDifference(studentGradient, teacherGradient)), 0.5));
}

/**
 * `1/2 ||J(x) - flip(J(flip(x)))||^2`, summed over the whole batch, without the paper's beta. `flip` is
 * the horizontal flip: for a mirrored image, a network should look at mirrored places. Needs no
 * teacher.
 *
 * @param gradient from {@link inputGradient} at the images, `[N, H, W, C]`.
 * @param gradientOfFlipped for images flipped along W (`tf.reverse(images, 2)`), not flipped back.
 * @returns a scalar, differentiable in both.
 * @throws {TypeError} If the shapes differ, or a tensor is disposed.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { gradientSymmetryLoss } from "@attention-transfer/core";
 *
 * const gradient: tf.Tensor4D = tf.randomNormal([2, 4, 4, 3]);
 * gradientSymmetryLoss(gradient, tf.reverse(gradient, 2)).print(); // 0
 * ```
 */
export function gradientSymmetryLoss(
  gradient: tf.Tensor4D,
  gradientOfFlipped: tf.Tensor4D,
): tf.Scalar {
  checkPair(gradient, gradientOfFlipped);
  return tidy(() => {
    const widthAxis = 2;
    return gradientAttentionLoss(gradient, tf.reverse(gradientOfFlipped, widthAxis));
  });
}

function checkPair(a: tf.Tensor4D, b: tf.Tensor4D): void {
  checkFloats("the first gradient", a);
  checkFloats("the second gradient", b);
  if (a.rank !== 4 || String(a.shape) !== String(b.shape)) {
    throw new TypeError(
      `Cannot compare gradients [${a.shape}] and [${b.shape}]: both must be [N, H, W, C], and alike`,
    );
  }
}
