/**
 * Our half's training steps: those that the tasks make, alone and in the loop.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { jit, type Precision } from "../../lib/jit/mod.ts";
import { nextState } from "../../lib/train/dispose.ts";
import { sgd } from "../../lib/train/sgd.ts";
import { type StepResult, trainStep } from "../../lib/train/train_step.ts";
import { startState } from "../../lib/train/train_state.ts";
import { fold, foldedResNet } from "../../models/folded_res_net.ts";
import type { Model } from "../../models/model.ts";
import { resNet, type ResNetOptions } from "../../models/res_net.ts";
import { wideResNet } from "../../models/wide_resnet.ts";
import { collectGarbage } from "../run/garbage.ts";
import type { Network } from "../../lib/networks/network.ts";
import type { Tensors } from "../../lib/params.ts";
import { distill, type Distillation } from "../../lib/methods/distill.ts";
import { chosenMethods, noTransfer } from "../../lib/methods/table.ts";
import type { Case } from "./cases.ts";
import { type Program, timeBlock, timeSteps } from "./in_turns.ts";
import type { HowToStep } from "./request.ts";

/** What the networks of a case are, and for which images. */
export interface Networks {
  /** `[H, W, C]` of an image. */
  image: [number, number, number];
  numClasses: number;
  student: (shape: Case) => Model;
  /** With random parameters. */
  teacher: (size: NetworkSize) => Pick<Network, "model" | "params">;
}

export interface NetworkSize {
  depth: number;
  width: number;
}

const [cifarClasses, imagenetClasses] = [10, 1000] as const;

export const networks: Record<NonNullable<Case["network"]>, Networks> = {
  wrn: {
    image: [32, 32, 3],
    numClasses: cifarClasses,
    student: ({ depth, width, sge }) =>
      wideResNet({ depth, width, numClasses: cifarClasses, ...(sge && { sge: { groups: sge } }) }),
    teacher: ({ depth, width }) => {
      const model = wideResNet({ depth, width, numClasses: cifarClasses });
      return { model, params: model.init(1) };
    },
  },
  resnet: {
    image: [224, 224, 3],
    numClasses: imagenetClasses,
    student: ({ sge, ...size }) =>
      resNet({
        ...resNetSize(size),
        numClasses: imagenetClasses,
        ...(sge && { sge: { groups: sge } }),
      }),
    teacher: (size) => {
      const unfolded = resNet({ ...resNetSize(size), numClasses: imagenetClasses }).init(1);
      const params = fold(unfolded);
      tf.dispose(unfolded);
      return { model: foldedResNet(params), params };
    },
  },
};

function resNetSize({ depth, width }: NetworkSize): Pick<ResNetOptions, "depth" | "width"> {
  return { depth: depth as ResNetOptions["depth"], width };
}

/**
 * A case's training step, on a batch that stays.
 *
 * @param how with `workers`, this process is one of several that train together.
 */
export function stepProgram(
  shape: Case,
  precision: Precision,
  { workers = false, xla = false, block = false }: HowToStep & { workers?: boolean } = {},
): Program {
  const { image, numClasses, student } = networks[shape.network ?? "wrn"];

  const model = student(shape);
  const initial = model.init(0);
  const optimizer = sgd();
  const { lossParams, ...transfer } = transferOf(shape, { model, params: initial });
  const step = jit(trainStep({ model, optimizer, ...transfer, workers }), { precision, xla });
  const images: tf.Tensor4D = tf.randomNormal([shape.batch, ...image]);
  const labels = tf.tensor1d(
    Array.from({ length: shape.batch }, (_, i) => i % numClasses),
    "int32",
  );
  const scalars = { learningRate: tf.scalar(0.1) };
  let state = startState(initial, optimizer, lossParams);
  collectGarbage(); // as a run does before its first step
  const run = () => step(state, { images, labels }, scalars);
  const done = (result: StepResult) => {
    state = nextState(state, result);
  };
  const wait = ({ loss }: StepResult) => loss.data();
  return (steps) => block ? timeBlock(steps, run, { wait, done }) : timeSteps(steps, run, done);
}

/**
 * The case's teacher and loss.
 *
 * @param given the teacher's parameters. Default: random ones.
 */
export function transferOf(
  shape: Case,
  student: Pick<Network, "model" | "params">,
  given?: Tensors,
): Distillation {
  const { network = "wrn", teacherDepth, teacherWidth, standardize, kdWeight, ...weights } = shape;
  const settings = { temperature: 4, attention: {}, standardize, kdWeight };
  const { image, teacher: make } = networks[network];
  const teacherOf = (size: NetworkSize) => {
    const made = make(size);
    return given ? { ...made, params: given } : made;
  };
  return distill({
    ...{ student, image },
    methods: chosenMethods({ ...noTransfer, ...weights }, settings),
    teacher: teacherDepth === undefined || teacherWidth === undefined
      ? undefined
      : teacherOf({ depth: teacherDepth, width: teacherWidth }),
  });
}
