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
import type { TrainState } from "../../lib/train/train_step.ts";
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
  const gathered = jit((row: tf.Tensor1D) => allGather(row));
  const summed = jit((all: tf.Tensor1D) => allReduce(all));

  /** The numbers of all workers, in the order of their ranks. All must call this together. */
  const gather = async (numbers: readonly number[]): Promise<number[][]> => {
    const row = tf.tensor1d(numbers.flatMap(toPieces));
    const table = await gathered(row);
    const pieces = await table.array() as number[][];
    tf.dispose([row, table]);
    return pieces.map(fromPieces);
  };
  /** The first of the workers whose number at this place is not that of worker 0. */
  const differing = (rows: number[][], place: number): number | undefined => {
    const other = rows.findIndex((row) => row[place] !== rows[0]![place]);
    return other === -1 ? undefined : other;
  };
  /** Compares a number; `tell` gets the numbers of a worker that differs. */
  const compare = (rows: number[][], place: number, what: string, remedy: string) => {
    const other = differing(rows, place);
    if (other === undefined) return;
    throw new UserError(
      `Cannot train with worker ${other} (${hosts[other]}): ` +
        `it has ${what} than worker 0; ${remedy}`,
      { code: "does-not-fit" },
    );
  };
  let lost: Promise<number[]> | undefined;
  const lostRanks = () => lost ??= whoIsLost(start);
  const isLost = (failure: unknown) =>
    failure instanceof TensorFlowError && lostCodes.has(failure.code);

  return {
    part: { rank, parts: hosts.length },
    agreement: {
      isLost,
      async join(own, stops, state) {
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
      },
    },
    async compareStart(facts) {
      const names = await hashOf(facts.map(([name]) => name).join("\n"));
      compare(await gather([names]), 0, "other options", "start all with the same command");
      const hashes = await Promise.all(facts.map(([, value]) => hashOf(value)));
      const rows = await gather(hashes);
      for (const [i, [name, value]] of facts.entries()) {
        const here = value === "null" ? "not given" : value;
        compare(rows, i, `another ${name}`, `here it is ${here}; start all with the same`);
      }
    },
    async sum(values) {
      for (let i = 0; i < values.length; i += atOnce) {
        const own = tf.tensor1d(values.subarray(i, i + atOnce));
        const all = await summed(own);
        values.set(await all.data() as Float32Array, i);
        tf.dispose([own, all]);
      }
    },
    async shareState(state) {
      const { tree, tensors } = flatten(state, "the state");
      const own = tf.tidy(() => {
        const values = rank === 0 ? tensors : tensors.map((tensor) => tf.zerosLike(tensor));
        return tf.concat1d(values.map((tensor) => tf.reshape<tf.Rank.R1>(tensor, [-1])));
      });
      const all = await summed(own);
      const pieces = tf.tidy(() =>
        tf.split(all, tensors.map(({ size }) => size))
          .map((piece, i) => tf.reshape(piece, tensors[i]!.shape))
      );
      tf.dispose([own, all, ...tensors]);
      return unflatten(tree, pieces) as TrainState;
    },
    async finish() {
      try {
        await gather([0]);
      } catch (error) {
        if (!isLost(error)) throw error; // the other has already ended, and its work was done too
      }
    },
    async explain(failure) {
      if (!isLost(failure)) return failure;
      const ranks = await lostRanks();
      const those = ranks.map((rank) => `worker ${rank} (${hosts[rank]})`).join(" and ");
      const seconds = `${start.timeout} s`;
      const what = ranks.length === 0
        ? `a worker did not take part for ${seconds}, though all answer`
        : `${those} ${ranks.length === 1 ? "is" : "are"} gone or did not answer for ${seconds}`;
      const message = `Cannot go on training: ${what}`;
      return new UserError(message, { code: "worker-lost", cause: failure });
    },
    async keepsAfter(failure) {
      if (!isLost(failure)) return false;
      const ranks = await lostRanks();
      return rank === hosts.findIndex((_, other) => !ranks.includes(other));
    },
  };
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
