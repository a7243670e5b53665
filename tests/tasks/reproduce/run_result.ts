/** A result in the format of real runs, for the tests of tables. @module */
import type { RunResult } from "../../../tasks/reproduce/results.ts";

/** The result of a run of two epochs, whose best is the first. */
export function result(row: string, seed: number, test_acc: number): RunResult {
  const curve = [50, test_acc];
  return {
    name: `${row}-${seed}`,
    row,
    seed,
    command: `deno task cifar --seed ${seed}`,
    epochs: 2,
    last: { test_acc, test_loss: 1 },
    best: { epoch: 1, test_acc: test_acc + 1 },
    curve: { train_loss: curve, test_loss: curve, train_acc: curve, test_acc: curve },
    seconds: 7200,
    processor_seconds: 3600,
    engine: "an engine",
    machine: {},
    data_digest: "abc",
    options: { epochs: 2, seed },
  };
}
