/** Tables, and logs in the format of real runs, for the tests of tables. @module */
import type { Json } from "../../../lib/json.ts";
import { parseTable, type Table } from "../../../tasks/reproduce/table.ts";
import { appendStart, appendStats } from "../../../tasks/run/run_log.ts";

/** The digest of the data set that the logs name. */
export const digest = "d".repeat(64);

/** A table named `mine` with these fields, of cifar if they do not say otherwise. */
export function tableOf(fields: Readonly<Record<string, unknown>>): Table {
  const all = { about: "A table.", program: "cifar", ...fields };
  return parseTable(JSON.stringify(all), { name: "mine", path: "mine.json" });
}

/** Writes the log of a run of seed 0, with an epoch for each accuracy. */
export async function writeLog(
  folder: string,
  accuracies: readonly number[],
  { options = {}, data = digest }: { options?: Record<string, Json>; data?: string } = {},
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const all = { epochs: 3, lr: 0.1, seed: 0, save: folder, dataroot: "/data", ...options };
  const start = { options: all, engine: "an engine", machine: { cores: 2 }, data_digest: data };
  await appendStart(folder, start);
  for (const [i, test_acc] of accuracies.entries()) {
    await appendStats(folder, {
      epoch: i + 1,
      train_loss: 2 - i,
      test_loss: 2.5 - i,
      train_acc: test_acc + 1,
      test_acc,
      at_losses: [],
      train_time: 30,
      test_time: 2,
      processor_time: 20,
      n_parameters: 10,
      num_classes: 10,
    });
  }
}
