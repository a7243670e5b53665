/**
 * Runs networks on labelled images, a batch at a time, and keeps only a few numbers of each image.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { tidy } from "../../../lib/autodiff/tidy.ts";
import type { Batch } from "../../../lib/data/batches.ts";
import { jit } from "../../../lib/jit/mod.ts";
import { spatialMap } from "../../../lib/losses/attention.ts";
import { countNonFinite } from "../../../lib/train/count_correct.ts";
import type { Tensors } from "../../../lib/params.ts";
import { mapDistances } from "./distances.ts";
import type { TestImages } from "./test_images.ts";
import type { ComparedNetwork } from "./usable.ts";

/** What a network makes of all images. */
export interface Outcome {
  network: ComparedNetwork;
  /** Its answers, `[N]`. */
  answers: Int32Array;
  /**
   * For each group, the distance of its attention maps to the teacher's, `[N]`; empty for the teacher
   * itself, and if they cannot be compared.
   */
  distances: Float32Array[];
}

/** The results of all networks. */
export interface Outcomes {
  /** The classes of the images, `[N]`. */
  labels: Int32Array;
  /** In the order of the networks. Networks with logits that are not finite are left out. */
  outcomes: Outcome[];
  /** Says of each network that is left out, in whole or in part, why. */
  leftOut: string[];
}

/** The attention maps that are compared and drawn: the sum over channels of squares. */
export const comparedMaps = { p: 2, reduce: "sum" } as const;

/**
 * Runs all networks on all images.
 *
 * @param onImages called after each batch with the number of images done.
 */
export async function outcomesOf(
  networks: readonly ComparedNetwork[],
  images: TestImages,
  onImages?: (done: number) => void,
): Promise<Outcomes> {
  const runners = networks.map((network) => new Runner(network));
  const teacher = runners.find(({ network }) => network.role === "teacher");
  const labels: number[] = [];
  try {
    const constants = [...new Set(networks.map((network) => network.constants))];
    for await (const batches of together(constants.map((each) => images.batches(each)))) {
      const inputs = batches.map((batch) => tf.tensor4d(batch.images, batch.shape));
      try {
        for (const runner of runners) {
          await runner.run(inputs[constants.indexOf(runner.network.constants)] as tf.Tensor4D);
        }
        for (const runner of runners) {
          if (teacher && runner !== teacher) await runner.compare(teacher);
        }
      } finally {
        tf.dispose(inputs);
        runners.forEach((runner) => runner.forget());
      }
      for (const label of (batches[0] as Batch).labels) labels.push(label);
      onImages?.(labels.length);
    }
  } finally {
    runners.forEach((runner) => runner.dispose());
  }
  const usable = runners.filter(({ problem }) => problem === undefined);
  return {
    labels: Int32Array.from(labels),
    outcomes: usable.map((runner) => runner.outcome(teacher)),
    leftOut: runners.flatMap((runner) => runner.problem ?? runner.uncompared ?? []),
  };
}

/** Goes through several sequences of the same batches side by side. */
async function* together(
  sequences: readonly (Iterable<Batch> | AsyncIterable<Batch>)[],
): AsyncGenerator<Batch[]> {
  const iterators = sequences.map((sequence) =>
    Symbol.asyncIterator in sequence
      ? sequence[Symbol.asyncIterator]()
      : sequence[Symbol.iterator]()
  );
  try {
    while (true) {
      const steps: IteratorResult<Batch>[] = [];
      for (const iterator of iterators) steps.push(await iterator.next());
      const batches = steps.flatMap(({ done, value }) => done ? [] : [value]);
      if (batches.length < iterators.length || batches.length === 0) return;
      yield batches;
    }
  } finally {
    for (const iterator of iterators) await iterator.return?.();
  }
}

/** Runs one network and collects its outcome. */
class Runner {
  /** Why the network cannot be used. */
  problem: string | undefined;
  /** Why its maps cannot be compared with the teacher's. */
  uncompared: string | undefined;
  #answers: number[] = [];
  #distances: number[][] = [];
  #maps: tf.Tensor3D[] = [];
  readonly #forward;

  constructor(readonly network: ComparedNetwork) {
    const { model } = network;
    this.#forward = jit((params: Tensors, images: tf.Tensor4D) =>
      tidy(() => {
        const { logits, groups } = model.f(images, params, "eval");
        return {
          answers: tf.argMax<tf.Tensor1D>(logits, 1),
          nonFinite: countNonFinite(logits),
          maps: groups.map((group) => spatialMap(group, comparedMaps)),
        };
      })
    );
  }

  async run(images: tf.Tensor4D): Promise<void> {
    if (this.problem !== undefined) return;
    const { answers, nonFinite, maps } = await this.#forward(this.network.params, images);
    this.#maps = maps;
    try {
      for (const answer of await answers.data()) this.#answers.push(answer);
      if ((await nonFinite.data())[0] === 0) return;
      this.problem =
        `Cannot compare ${this.network.id}: its logits are not finite, as of a training ` +
        "that diverged; choose other parameters";
    } finally {
      tf.dispose([answers, nonFinite]);
    }
  }

  /** Adds the distances of the maps of the last batch to the teacher's. */
  async compare(teacher: Runner): Promise<void> {
    if ((this.problem ?? this.uncompared ?? teacher.problem) !== undefined) return;
    const [own, others] = [this.#maps, teacher.#maps];
    if (own.length !== others.length) {
      this.uncompared = `Cannot compare where ${this.network.id} and the teacher ` +
        `${teacher.network.id} look: they have ${own.length} and ${others.length} groups`;
      return;
    }
    for (const [group, maps] of own.entries()) {
      const distances = mapDistances(maps, others[group] as tf.Tensor3D);
      const values = await distances.data();
      distances.dispose();
      if (!values.every(Number.isFinite)) {
        this.uncompared = `Cannot compare where ${this.network.id} and the teacher ` +
          `${teacher.network.id} look: a map of group ${group} is not finite`;
        return;
      }
      const all = this.#distances[group] ??= [];
      for (const value of values) all.push(value);
    }
  }

  /** Frees the maps of the last batch. */
  forget(): void {
    tf.dispose(this.#maps);
    this.#maps = [];
  }

  dispose(): void {
    this.#forward.dispose();
  }

  outcome(teacher: Runner | undefined): Outcome {
    const { network } = this;
    const isCompared = this.uncompared === undefined && teacher?.problem === undefined;
    return {
      network,
      answers: Int32Array.from(this.#answers),
      distances: isCompared ? this.#distances.map((values) => Float32Array.from(values)) : [],
    };
  }
}
