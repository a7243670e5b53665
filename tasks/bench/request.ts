/**
 * What the benchmark asks our half.
 *
 * @module
 */
import type { Precision } from "../../lib/jit/mod.ts";
import type { Case } from "./cases.ts";
import type { Ceiling } from "./gpu/ceilings.ts";
import type { Kernel } from "./kernels.ts";

/** The images of an epoch: the first so many of a folder, which are repeated where it has too few. */
export interface EpochData {
  /** The folder with CIFAR-10's files, or with those of the sample. */
  folder: string;
  train: number;
  test: number;
}

/** What our half is asked. */
export type Request =
  /** Training steps of a case; with `workers`, together with the other processes. */
  | { case: Case; precision: Precision; steps: number; workers?: boolean } & HowToStep
  /** What `deno task bench --gpu` compares; see gpu/parity_values.ts. */
  | { parity: ParityRequest; precision: Precision; xla?: boolean }
  /** Steps of what the device can do at best; see gpu/ceilings.ts. */
  | { ceiling: Ceiling; precision: Precision; steps: number }
  /** The arithmetic of a case's step; see gpu/work.ts. */
  | { work: Case }
  /** Sums of so many float32 numbers over all processes. */
  | { allReduce: number; steps: number }
  /** Whole epochs of a WideResNet, alone or with a WideResNet as its teacher. */
  | { epoch: Case; data: EpochData; precision: Precision; epochs: number }
  /** Runs of many operations of a kind. */
  | { kernel: Kernel; precision: Precision; steps: number }
  /** The memory of its process; on Linux only. */
  | { memory: true };

/** How a step is compiled and timed. */
export interface HowToStep {
  /** Whether XLA compiles it. Default false. */
  xla?: boolean;
  /**
   * Whether all steps are timed together, with one wait for the device at the end: then the only time
   * is their mean. Default false.
   */
  block?: boolean;
}

/** What is computed, and where its inputs are and its values go. */
export interface ParityRequest {
  case: Case;
  /** A file of `writeParityInputs`. */
  inputs: string;
  /** The file to write, of the same format. */
  outputs: string;
  steps: number;
  learningRate: number;
}
