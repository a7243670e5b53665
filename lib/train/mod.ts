/**
 * Training step, optimiser, schedules and gradients.
 *
 * @module
 */
export { averageParams } from "./average.ts";
export { clipGradients } from "./clip.ts";
export { toTensors } from "./device.ts";
export { dispose, nextState } from "./dispose.ts";
export { type LossWithExtras, valueAndGradients, withInputGradient } from "./gradients.ts";
export type {
  AnyBatch,
  Loss,
  LossInputs,
  LossOptions,
  LossTerm,
  LossTerms,
  MixingTensors,
  Scalars,
  StepScalars,
  Teacher,
  TeacherExtras,
  TeacherOutput,
  TensorBatch,
  TermValues,
  Trainable,
  WorkerInputs,
} from "./loss.ts";
export { mixBatch } from "./mix.ts";
export {
  cosineRate,
  type CosineRateOptions,
  type Decay,
  decayedWeight,
  type DecayedWeightOptions,
  oneCycleRate,
  type OneCycleRateOptions,
  steppedRate,
  type SteppedRateOptions,
  warmedUpRate,
  type WarmedUpRateOptions,
} from "./schedule.ts";
export { type Optimizer, sgd, type SgdOptions } from "./sgd.ts";
export { trainableKeys } from "./state_keys.ts";
export { termGradientNorms } from "./term_gradients.ts";
export { type EvalResult, evalStep } from "./eval_step.ts";
export { type CompletedStep, type PerStep, train, type TrainLoopOptions } from "./train.ts";
export { type StepResult, type TrainStep, trainStep, type TrainStepOptions } from "./train_step.ts";
export { startState, type Trained, type TrainState } from "./train_state.ts";
export { weightFactor, type WeightFactorOptions } from "./weight_factor.ts";
export { allGather, allReduce, type OverWorkers, overWorkers } from "./workers.ts";
