/**
 * The values that `deno task bench --gpu` compares: a student's logits, the loss, its gradients, and
 * how some steps change the parameters. tasks/bench/pytorch_parity.py computes the same.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { loadCifar } from "../../../lib/data/cifar.ts";
import { loadParams, saveParams } from "../../../lib/formats/mod.ts";
import { jit, type Precision } from "../../../lib/jit/mod.ts";
import { addPrefix, mapValues, type Tensors, underPrefix } from "../../../lib/params.ts";
import { sgd } from "../../../lib/train/sgd.ts";
import { trainStep } from "../../../lib/train/train_step.ts";
import { startState, type Trained, type TrainState } from "../../../lib/train/train_state.ts";
import type { Case } from "../cases.ts";
import type { ParityRequest } from "../request.ts";
import { networks, transferOf } from "../step.ts";

/** Parameters of student, teacher and methods, images and labels of a case, always the same ones. */
export async function writeParityInputs(path: string, shape: Case): Promise<void> {
  const { image, student, teacher } = networks[shape.network ?? "wrn"];
  const { teacherDepth: depth, teacherWidth: width } = shape;
  const initial = student(shape).init(0);
  const taught = depth === undefined || width === undefined ? {} : teacher({ depth, width }).params;
  const withOwn = { ...shape, activationBeta: 1, reviewBeta: 1 }; // the methods with own parameters
  const { lossParams } = transferOf(withOwn, { model: student(shape), params: initial }, taught);
  const { train } = await loadCifar({ dataset: "CIFAR10-sample" });
  const size = image.reduce((product, length) => product * length, 1);
  const pixels = Float32Array.from(train.images.subarray(0, shape.batch * size));
  // Flat, because files hold what has four axes as filters; about normalised.
  const images = tf.tensor2d(pixels.map((x) => (x - 128) / 64), [shape.batch, size]);
  const labels = train.labels.subarray(0, shape.batch);
  await saveParams(path, {
    ...addPrefix("student/", initial),
    ...addPrefix("teacher/", taught),
    ...addPrefix("loss/", lossParams),
    ...{ images, labels: tf.tensor1d(labels, "int32") },
  });
}

/** Computes the values on the engine that runs, and writes them. */
export async function writeParityValues(
  { parity, precision, xla = false }: {
    parity: ParityRequest;
    precision: Precision;
    xla?: boolean;
  },
): Promise<void> {
  const { case: shape, inputs, outputs, steps, learningRate } = parity;
  const { image, student } = networks[shape.network ?? "wrn"];
  const held = await loadParams(inputs);
  const [initial, taught] = [underPrefix("student/", held), underPrefix("teacher/", held)];
  const batch = {
    images: tf.reshape<tf.Rank.R4>(held["images"] as tf.Tensor, [shape.batch, ...image]),
    labels: tf.cast(held["labels"] as tf.Tensor, "int32") as tf.Tensor1D,
  };
  const model = student(shape);
  const optimizer = sgd();
  const { lossParams, ...transfer } = transferOf(shape, { model, params: initial }, taught);
  const own = mapValues(lossParams, (_, key) => held[`loss/${key}`] as tf.Tensor);
  const how = { precision, xla };
  const step = jit(trainStep({ model, optimizer, ...transfer }), how);
  const forward = jit(
    (params: Tensors, images: tf.Tensor4D) => model.f(images, params, "train").logits,
    how,
  );
  const values: Tensors = { "forward/logits": await forward(initial, batch.images) };
  const scalars = { learningRate: tf.scalar(learningRate) };
  let state = startState(initial, optimizer, own);
  for (let i = 0; i < steps; i++) {
    const result = await step(state, batch, scalars);
    // The first step's buffers are the gradients, with weight decay.
    if (i === 0) {
      Object.assign(values, { "loss/loss": result.loss });
      Object.assign(values, addPrefix("gradients/", all("buffers", result.state)));
    }
    state = result.state;
  }
  const before: Tensors = { ...initial, ...own };
  const changes = mapValues(
    all("params", state),
    (after, key) => tf.sub(after, before[key] as tf.Tensor),
  );
  await saveParams(outputs, { ...values, ...addPrefix("steps/", changes) });
}

/** The tensors of the student and of the methods, by PyTorch's keys: without a prefix. */
function all(part: keyof Trained, state: TrainState): Tensors {
  return { ...state[part], ...state.loss?.[part] };
}
