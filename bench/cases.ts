/**
 * The training steps that the benchmark times, and our way to make them.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { jit } from "../lib/engine/jit.ts";
import { addPrefix, type Params } from "../lib/params.ts";
import { type LossOptions, lossPrefix } from "../lib/training/loss.ts";
import { sgd } from "../lib/training/sgd.ts";
import { startState, trainStep } from "../lib/training/train_step.ts";
import { fold, foldedResNet } from "../models/folded_res_net.ts";
import type { Model } from "../models/model.ts";
import { resNet, type ResNetOptions } from "../models/res_net.ts";
import { wideResNet } from "../models/wide_resnet.ts";
import { groupShapes, type Network } from "../tasks/network.ts";
import { pairGroups, teacherFunction } from "../tasks/teacher.ts";
import {
  type GroupPair,
  initProjections,
  noTransfer,
  transferLoss,
  type TransferWeights,
} from "../tasks/transfer_loss.ts";

/** A training step to time; the names are those that bench/pytorch.py takes. */
export interface Case extends Partial<TransferWeights> {
  /** Wide ResNets on CIFAR's images, which is the default, or ResNets on ImageNet's. */
  network?: "wrn" | "resnet";
  depth: number;
  width: number;
  /** Groups of spatial group-wise enhance. */
  sge?: number;
  teacherDepth?: number;
  teacherWidth?: number;
  batch: number;
}

const student = { depth: 16, width: 1, batch: 128 };
const fromTeacher = { ...student, teacherDepth: 16, teacherWidth: 2 };

const cifarCases: Record<string, Case> = {
  "WRN-16-1": student,
  "WRN-16-1 <- WRN-16-2, AT+KD": { ...fromTeacher, alpha: 0.9, beta: 1000 },
};

const methodCases: Record<string, Case> = {
  "WRN-16-1": student,
  "KD": { ...fromTeacher, alpha: 0.9 },
  "AT": { ...fromTeacher, beta: 1000 },
  "F-ActT": { ...fromTeacher, activationBeta: 1 },
  "gradient-AT": { ...fromTeacher, gradientBeta: 1 },
  "symmetry": { ...student, gradientSymmetryBeta: 1 },
  "SGE": { ...student, sge: 8 },
  "SP": { ...fromTeacher, similarityBeta: 3000 },
  "DKD": { ...fromTeacher, decoupledBeta: 1 },
  "RKD": { ...fromTeacher, relationalBeta: 1 },
};

const resNet18 = { network: "resnet", depth: 18, width: 1, batch: 16 } as const;

const imagenetCases: Record<string, Case> = {
  "ResNet-18": resNet18,
  "ResNet-18 <- folded ResNet-34, AT": {
    ...resNet18,
    teacherDepth: 34,
    teacherWidth: 1,
    beta: 1000,
  },
};

/** What is timed, by the name of the set and of the step. */
export const caseSets = {
  cifar: cifarCases,
  methods: methodCases,
  imagenet: imagenetCases,
};

/** Something that makes steps of a case, and gives the milliseconds of each. */
export type Program = (steps: number) => Promise<number[]>;

/** What the networks of a case are, and for which images. */
interface Networks {
  /** `[H, W, C]` of an image. */
  image: [number, number, number];
  numClasses: number;
  student: (shape: Case, numClasses: number) => Model;
  /** With random parameters. */
  teacher: (size: NetworkSize, numClasses: number) => Pick<Network, "model" | "params">;
}

interface NetworkSize {
  depth: number;
  width: number;
}

const networks: Record<NonNullable<Case["network"]>, Networks> = {
  wrn: {
    image: [32, 32, 3],
    numClasses: 10,
    student: ({ depth, width, sge }, numClasses) =>
      wideResNet({ depth, width, numClasses, ...(sge && { sge: { groups: sge } }) }),
    teacher: ({ depth, width }, numClasses) => {
      const model = wideResNet({ depth, width, numClasses });
      return { model, params: model.init(1) };
    },
  },
  resnet: {
    image: [224, 224, 3],
    numClasses: 1000,
    student: ({ sge, ...size }, numClasses) =>
      resNet({ ...resNetSize(size), numClasses, ...(sge && { sge: { groups: sge } }) }),
    teacher: (size, numClasses) => {
      const unfolded = resNet({ ...resNetSize(size), numClasses }).init(1);
      const params = fold(unfolded);
      tf.dispose(unfolded);
      return { model: foldedResNet(params), params };
    },
  },
};

function resNetSize({ depth, width }: NetworkSize): Pick<ResNetOptions, "depth" | "width"> {
  return { depth: depth as ResNetOptions["depth"], width };
}

/** Our own training step, the one that the tasks make. */
export function ourProgram(shape: Case): Program {
  const { image, numClasses, student } = networks[shape.network ?? "wrn"];
  const weights: TransferWeights = { ...noTransfer, ...shape };
  const model = student(shape, numClasses);
  const initial = model.init(0);
  const optimizer = sgd();
  const { teacher, pairs, own } = followTeacher(shape, weights, { model, params: initial });
  const loss = transferLoss({ ...weights, temperature: 4, pairs, attention: {} });
  const step = jit(trainStep({ model, optimizer, teacher, loss }));
  const images: tf.Tensor4D = tf.randomNormal([shape.batch, ...image]);
  const labels = tf.tensor1d(
    Array.from({ length: shape.batch }, (_, i) => i % numClasses),
    "int32",
  );
  const scalars = { rate: tf.scalar(0.1), beta: tf.scalar(weights.beta) };
  let state = startState({ ...initial, ...addPrefix(lossPrefix, own) }, optimizer);
  return async (steps) => {
    const times: number[] = [];
    for (let i = 0; i < steps; i++) {
      const start = performance.now();
      const result = await step(state, { images, labels }, scalars);
      times.push(performance.now() - start);
      tf.dispose(state as unknown as tf.TensorContainer);
      state = result.state;
      tf.dispose([result.loss, result.correct, result.correct5, ...Object.values(result.terms)]);
    }
    return times;
  };
}

/** The case's teacher, and what the student follows it in. */
function followTeacher(
  { network = "wrn", teacherDepth, teacherWidth }: Case,
  weights: TransferWeights,
  student: Pick<Network, "model" | "params">,
): { teacher: LossOptions["teacher"]; pairs: GroupPair[]; own: Params } {
  if (teacherDepth === undefined || teacherWidth === undefined) {
    return { teacher: undefined, pairs: [], own: {} };
  }
  const { image, numClasses, teacher: make } = networks[network];
  const teacher = make({ depth: teacherDepth, width: teacherWidth }, numClasses);
  const shapes = {
    student: groupShapes(student.model, student.params, image),
    teacher: groupShapes(teacher.model, teacher.params, image),
  };
  const pairs = pairGroups(undefined, undefined, shapes);
  return {
    teacher: teacherFunction(teacher, weights),
    pairs,
    own: weights.activationBeta > 0 ? initProjections(pairs, shapes, 0) : {},
  };
}
