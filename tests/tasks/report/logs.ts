/**
 * Small logs for tests of reports, in the form that a run writes.
 *
 * @module
 */
import { join } from "@std/path";
import type { JsonObject } from "../../../lib/json.ts";
import { appendStart, appendStats, type EpochStats } from "../../../tasks/run/run_log.ts";

/** What a test says about a run. */
export interface LogSpec {
  readonly options?: JsonObject;
  /** The test accuracy of each epoch. */
  readonly accuracies?: readonly number[];
  readonly stats?: JsonObject;
}

const usual = {
  recipe: "paper",
  dataset: "CIFAR10-sample",
  holdout: null,
  teacher_id: null,
  beta: 0,
  epochs: 2,
  epoch_step: [1],
  lr: 0.1,
  lr_decay_ratio: 0.2,
  batch_size: 128,
  seed: 0,
};

/** The metrics of an epoch. */
export function statsOf(
  epoch: number,
  test_acc: number,
  more: JsonObject = {},
): EpochStats {
  return {
    ...{ epoch, test_acc, train_acc: test_acc + 1, test_loss: 2 / epoch, train_loss: 3 / epoch },
    ...{ at_losses: [], train_time: 10, test_time: 1, n_parameters: 100, num_classes: 10 },
    ...more,
  };
}

/** Writes the log of a run. */
export async function makeRun(
  folder: string,
  { options = {}, accuracies = [40, 50], stats = {} }: LogSpec = {},
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const all = { ...usual, save: folder, ...options };
  await appendStart(folder, { options: all, data_digest: "abc" });
  for (const [i, accuracy] of accuracies.entries()) {
    await appendStats(folder, statsOf(i + 1, accuracy, { ...all, ...stats }));
  }
}

/** Adds text to a run's log as it is. */
export async function addText(folder: string, text: string): Promise<void> {
  await Deno.writeTextFile(join(folder, "log.txt"), text, { append: true });
}

/** Runs with seeds 0 to 2, alone and with a teacher that adds 2, 3 and 4 points. */
export async function makeGroups(folder: string): Promise<void> {
  for (const seed of [0, 1, 2]) {
    await makeRun(join(folder, `alone-${seed}`), {
      options: { seed },
      accuracies: [40, 50 + seed],
    });
    await makeRun(join(folder, `at-${seed}`), {
      options: { seed, teacher_id: "teacher", beta: 1000 },
      accuracies: [60, 52 + 2 * seed],
    });
  }
}
