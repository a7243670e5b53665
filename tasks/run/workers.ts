/**
 * This process as one of several workers: how they find out that they do the same, and who is lost.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Part } from "../../lib/data/part.ts";
import { UserError } from "../../lib/errors.ts";
import { sha256 } from "../../lib/files.ts";
import { jit } from "../../lib/jit/mod.ts";
import { TensorFlowError } from "../../lib/tensorflow/mod.ts";
import type { Agreement } from "../../lib/train/loop.ts";
import { addMeters, type Meter } from "../../lib/train/meter.ts";
import type { TrainState } from "../../lib/train/train_state.ts";
import { allGather, allReduce } from "../../lib/train/workers.ts";
import { flatten, unflatten } from "../../lib/tree.ts";
import type { WorkerStart } from "../cli/worker.ts";
import { fromPieces, toPieces } from "./number_pieces.ts";
import { whoIsLost } from "./lost_workers.ts";

/** Something that must be the same for all workers: its name, and its value as text. */
export type Fact = readonly [name: string, value: string];

/** This process as one of several workers. */
export interface Workers {
  readonly part: Part;
  /** How the training loops agree. */
  readonly agreement: Agreement;
  /**
   * Compares with the first worker, before training.
   *
   * @throws {UserError} If facts differ.
   */
  compareStart(facts: readonly Fact[]): Promise<void>;
  /** Replaces values by their sum over all workers. */
  sum(values: Float32Array): Promise<void>;
  /** The first worker's state. */
  shareState(state: TrainState): Promise<TrainState>;
  /**
   * Waits until all have done their work. A worker that ends earlier breaks off what the others are
   * still reading from it.
   */
  finish(): Promise<void>;
  /** Names the lost workers, if that is why something failed. */
  explain(failure: unknown): Promise<unknown>;
  /** True if this worker keeps the run folder because all before it are lost. */
  keepsAfter(failure: unknown): Promise<boolean>;
}

/** Values that are summed in one exchange: 16 MB, so that little memory is needed. */
const atOnce = 2 ** 22;

/** The worker that the launcher has started, once TensorFlow runs in the cluster. */
export function startWorkers(start: WorkerStart): Workers {
  const { hosts, rank } = start;
  const gather = numberGatherer();
  const summed = jit((all: tf.Tensor1D) => allReduce(all));
  let lost: Promise<number[]> | undefined;
  const lostRanks = () => lost ??= whoIsLost(start);

  return {
    part: { rank, parts: hosts.length },
    agreement: {
      isLost,
      join: (own, stops, state) => joinEvaluations(start, gather, own, stops, state),
    },
    compareStart: (facts) => compareFacts(start, gather, facts),
    sum: (values) => sumInPieces(summed, values),
    shareState: (state) => stateOfFirst(summed, state, rank === 0),
    async finish() {
      try {
        await gather([0]);
      } catch (error) {
        if (!isLost(error)) throw error; // the other has already ended, and its work was done too
      }
    },
    async explain(failure) {
      return isLost(failure) ? lostError(start, await lostRanks(), failure) : failure;
    },
    async keepsAfter(failure) {
      if (!isLost(failure)) return false;
      const ranks = await lostRanks();
      return rank === hosts.findIndex((_, other) => !ranks.includes(other));
    },
  };
}

/** The numbers of all workers, in the order of their ranks. All must call this together. */
type Gather = (numbers: readonly number[]) => Promise<number[][]>;

/** Gives the sum of a tensor over all workers. All must call this together. */
type Summed = (own: tf.Tensor1D) => Promise<tf.Tensor1D>;

function numberGatherer(): Gather {
  const gathered = jit((row: tf.Tensor1D) => allGather(row));
  return async (numbers) => {
    const row = tf.tensor1d(numbers.flatMap(toPieces));
    const table = await gathered(row);
    const pieces = await table.array() as number[][];
    tf.dispose([row, table]);
    return pieces.map(fromPieces);
  };
}

/** The first of the workers whose number at this place is not that of worker 0. */
function differing(rows: number[][], place: number): number | undefined {
  const other = rows.findIndex((row) => row[place] !== rows[0]![place]);
  return other === -1 ? undefined : other;
}

/** Adds the workers' results of an evaluation, after a check that all have the same state. */
async function joinEvaluations(
  { hosts }: WorkerStart,
  gather: Gather,
  own: Meter | undefined,
  stops: boolean,
  state: TrainState,
): ReturnType<Agreement["join"]> {
  const { terms = {}, ...sums } = own ?? {} as Partial<Meter>;
  const { examples = 0, correct = 0, correct5 = 0, nonFinite = 0, loss = 0 } = sums;
  const counts = [examples, correct, correct5, nonFinite, loss];
  const flags = [Number(stops), Number(own === undefined)];
  const rows = await gather([await digestOf(state), ...flags, ...counts]);
  const other = differing(rows, 0);
  if (other !== undefined) {
    throw new UserError(
      `Cannot go on training: worker ${other} (${hosts[other]}) has other parameters than ` +
        "worker 0, so one of them has computed wrong numbers; go on from the last checkpoint " +
        "with --resume",
    );
  }
  const test = rows.map(([, , , examples, correct, correct5, nonFinite, loss]) => ({
    ...{ examples, correct, correct5, nonFinite, loss },
    ...{ skipped: 0, terms },
  } as Meter));
  return {
    stops: rows.some(([, stops]) => stops !== 0),
    test: rows.some(([, , broke]) => broke !== 0) ? undefined : test.reduce(addMeters),
  };
}

async function compareFacts(
  { hosts }: WorkerStart,
  gather: Gather,
  facts: readonly Fact[],
): Promise<void> {
  const compare = (rows: number[][], place: number, what: string, remedy: string) => {
    const other = differing(rows, place);
    if (other === undefined) return;
    throw new UserError(
      `Cannot train with worker ${other} (${hosts[other]}): ` +
        `it has ${what} than worker 0; ${remedy}`,
      { code: "does-not-fit" },
    );
  };
  const names = await hashOf(facts.map(([name]) => name).join("\n"));
  compare(await gather([names]), 0, "other options", "start all with the same command");
  const hashes = await Promise.all(facts.map(([, value]) => hashOf(value)));
  const rows = await gather(hashes);
  for (const [i, [name, value]] of facts.entries()) {
    const here = value === "null" ? "not given" : value;
    compare(rows, i, `another ${name}`, `here it is ${here}; start all with the same`);
  }
}

async function sumInPieces(summed: Summed, values: Float32Array): Promise<void> {
  for (let i = 0; i < values.length; i += atOnce) {
    const own = tf.tensor1d(values.subarray(i, i + atOnce));
    const all = await summed(own);
    values.set(await all.data() as Float32Array, i);
    tf.dispose([own, all]);
  }
}

/** Replaces the state by the first worker's: the sum of its values and the others' zeros. */
async function stateOfFirst(
  summed: Summed,
  state: TrainState,
  isFirst: boolean,
): Promise<TrainState> {
  const { tree, tensors } = flatten(state, "the state");
  const own = tf.tidy(() => {
    const values = isFirst ? tensors : tensors.map((tensor) => tf.zerosLike(tensor));
    return tf.concat1d(values.map((tensor) => tf.reshape<tf.Rank.R1>(tensor, [-1])));
  });
  const all = await summed(own);
  const pieces = tf.tidy(() =>
    tf.split(all, tensors.map(({ size }) => size))
      .map((piece, i) => tf.reshape(piece, tensors[i]!.shape))
  );
  tf.dispose([own, all, ...tensors]);
  return unflatten(tree, pieces) as TrainState;
}

function lostError({ hosts, timeout }: WorkerStart, lost: number[], cause: unknown): UserError {
  const those = lost.map((rank) => `worker ${rank} (${hosts[rank]})`).join(" and ");
  const what = lost.length === 0
    ? `a worker did not take part for ${timeout} s, though all answer`
    : `${those} ${lost.length === 1 ? "is" : "are"} gone or did not answer for ${timeout} s`;
  return new UserError(`Cannot go on training: ${what}`, { code: "worker-lost", cause });
}

function isLost(failure: unknown): boolean {
  return failure instanceof TensorFlowError && lostCodes.has(failure.code);
}

/** Codes of TensorFlow for a worker that is gone, or does not answer in time. */
const lostCodes = new Set([
  1, // cancelled
  4, // deadline exceeded
  10, // aborted
  14, // unavailable
]);

/** A number that differs if the values of a state do. */
async function digestOf(state: TrainState): Promise<number> {
  const digests: string[] = [];
  for (const tensor of flatten(state, "the state").tensors) {
    const { buffer, byteOffset, byteLength } = await tensor.data() as Float32Array<ArrayBuffer>;
    digests.push(await sha256(new Uint8Array(buffer, byteOffset, byteLength)));
  }
  return await hashOf(digests.join("\n"));
}

/** A whole number below 2^48 for a text. */
async function hashOf(text: string): Promise<number> {
  return parseInt((await sha256(new TextEncoder().encode(text))).slice(0, 12), 16);
}
