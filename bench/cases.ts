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
import { wideResNet } from "../models/wide_resnet.ts";
import { groupShapes } from "../tasks/network.ts";
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

/** What is timed, by name. */
export const cases: Record<string, Case> = {
  "WRN-16-1": student,
  "WRN-16-1 <- WRN-16-2, AT+KD": { ...fromTeacher, alpha: 0.9, beta: 1000 },
};

/** The steps of the other methods. */
export const methodCases: Record<string, Case> = {
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

/** Something that makes steps of a case, and gives the milliseconds of each. */
export type Program = (steps: number) => Promise<number[]>;

/** Our own training step, the one that the tasks make. */
export function ourProgram(
  { depth, width, sge, teacherDepth, teacherWidth, batch, ...given }: Case,
): Program {
  const weights: TransferWeights = { ...noTransfer, ...given };
  const numClasses = 10;
  const model = wideResNet({ depth, width, numClasses, ...(sge && { sge: { groups: sge } }) });
  const optimizer = sgd();
  const initial = model.init(0);
  let [teacher, pairs, own]: [LossOptions["teacher"], GroupPair[], Params] = [undefined, [], {}];
  if (teacherDepth !== undefined && teacherWidth !== undefined) {
    const network = wideResNet({ depth: teacherDepth, width: teacherWidth, numClasses });
    const params = network.init(1);
    teacher = teacherFunction({ model: network, params }, weights);
    const shapes = {
      student: groupShapes(model, initial, [32, 32, 3]),
      teacher: groupShapes(network, params, [32, 32, 3]),
    };
    pairs = pairGroups(undefined, undefined, shapes);
    if (weights.activationBeta > 0) own = initProjections(pairs, shapes, 0);
  }
  const loss = transferLoss({ ...weights, temperature: 4, pairs, attention: {} });
  const step = jit(trainStep({ model, optimizer, teacher, loss }));
  const images: tf.Tensor4D = tf.randomNormal([batch, 32, 32, 3]);
  const labels = tf.tensor1d(Array.from({ length: batch }, (_, i) => i % numClasses), "int32");
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
