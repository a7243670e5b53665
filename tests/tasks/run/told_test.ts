/**
 * The lines that a user reads about a run.
 *
 * @module
 */
import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { endLines, epochLine } from "../../../tasks/run/told.ts";
import type { EpochStats } from "../../../tasks/run/run_log.ts";
import { inFolder } from "../../folders.ts";

function epochStats(epoch: number, test_acc: number): EpochStats {
  return {
    ...{ epoch, test_acc, train_loss: 1.5, test_loss: 1.25, train_acc: 45.67, at_losses: [] },
    ...{ train_time: 3600, test_time: 62, n_parameters: 1, num_classes: 10 },
  };
}

Deno.test("epochLine() names the terms of the loss if there are several", () => {
  const stats = epochStats(2, 50.126);
  const end = "accuracy 45.7%; test loss 1.250, accuracy 50.13%; 3600 s";
  assertEquals(epochLine(stats), `epoch 2: train loss 1.500, ${end}`);
  const one = { ...stats, terms: { cross_entropy: 1.5 } };
  assertEquals(epochLine(one), `epoch 2: train loss 1.500, ${end}`);
  const two = { ...stats, terms: { cross_entropy: 1.2, attention_transfer: 0.001234 } };
  assertEquals(
    epochLine(two),
    `epoch 2: train loss 1.500 (cross_entropy 1.20, attention_transfer 0.00123), ${end}`,
  );
});

Deno.test("endLines() tells accuracy, time, pictures, and how to draw the networks", () => {
  const stats = [epochStats(1, 60), epochStats(1.5, 55), epochStats(2, 58)];
  assertEquals(endLines(stats, "logs/a b", { dataset: "CIFAR10", dataroot: "/d" }), [
    "test accuracy: last 58.00% (epoch 2), best 60.00% (epoch 1)",
    "2:02:04 of training and evaluation; curves: logs/a b/curves.svg",
    "see where it looks: deno task visualize --networks 'logs/a b' --dataset CIFAR10 --dataroot /d",
  ]);
});

Deno.test("epochLine() and endLines() tell of averaged and best weights", () =>
  inFolder(async (folder) => {
    const stats = [epochStats(1, 60), epochStats(2, 58)].map((stats, i) => ({
      ...{ ...stats, ema_test_loss: 1, ema_test_acc: 61 + i },
    }));
    assertEquals(
      epochLine(stats[0]!).split("; ")[1],
      "test loss 1.250, accuracy 60.00% (averaged 61.00%)",
    );
    const logged = { dataset: "CIFAR10", dataroot: "data", keep_best: true };
    const lines = () => endLines([epochStats(1, 60), ...stats.slice(1)], folder, logged);
    assertEquals(lines()[1], "averaged weights: last 62.00% (epoch 2), best 62.00% (epoch 2)");
    assertMatch(lines()[2]!, /of training and evaluation/);
    await Deno.writeTextFile(join(folder, "best.safetensors"), "");
    assertEquals(lines()[2], `the best epoch's weights: ${folder}/best.safetensors`);
  }));

Deno.test("endLines() takes no part of an epoch for the best, unless there is nothing else", () => {
  const first = (stats: EpochStats[]) => endLines(stats, "run", { dataset: "CIFAR10" })[0];
  const cut = epochStats(2.5, 70);
  const ends = "last 70.00% (epoch 2.5), best";
  assertEquals(first([epochStats(2, 60), cut]), `test accuracy: ${ends} 60.00% (epoch 2)`);
  assertEquals(first([cut]), `test accuracy: ${ends} 70.00% (epoch 2.5)`);
});

Deno.test("endLines() puts the teacher beside the student, and says what was skipped", () => {
  const stats = [{ ...epochStats(1, 60), skipped_steps: 3 }];
  const logged = { imagenetpath: "/images", teacher_params: "a,b.pth", teacher_id: null };
  const [skipped, , , last] = endLines(stats, "run", logged);
  const own = { ...logged, teacher_model: "t.ts" };
  assertMatch(endLines(stats, "run", own).at(-1) as string, / --networks run --files /);
  assertMatch(endLines(stats, "run", { ...own, model: "s.ts" }).at(-1) as string, /curves/);
  assertEquals(skipped, "3 steps were skipped: their loss or a gradient was not finite");
  assertEquals(
    last,
    "see where it looks: deno task visualize --networks 'a\\,b.pth,run' --files /images/val " +
      "--images 0,1,2,3,4,5,6,7",
  );
});
