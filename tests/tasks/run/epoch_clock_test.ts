/** Tests of the time that epochs take, with interruptions. @module */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals } from "@std/assert";
import { checkpointPath, loadCheckpoint } from "../../../lib/train/checkpoint.ts";
import { epochClock } from "../../../tasks/run/epoch_clock.ts";
import { readStats } from "../../../tasks/run/run_log.ts";
import { runTraining } from "../../../tasks/run/training_run.ts";
import { inFolder } from "../../folders.ts";
import { runIn } from "./counting_run.ts";

tf.setBackend("cpu");

Deno.test("epochClock() adds what an epoch took before, and begins each whole epoch from 0", () => {
  let [wall, processor] = [1000, 500];
  const pass = (seconds: number) => {
    wall += seconds;
    processor += 2 * seconds;
  };
  const before = { seconds: 30, processorSeconds: 60 };
  const clock = epochClock(before, { wall: () => wall, processor: () => processor });
  pass(5);
  assertEquals(clock.elapsed(), { seconds: 35, processorSeconds: 70 });
  pass(3); // 2 of these are the evaluation's
  assertEquals(clock.end(6, true), { seconds: 36, processorSeconds: 76 });
  pass(1); // writing the results
  clock.go();
  pass(4);
  assertEquals(clock.elapsed(), { seconds: 4, processorSeconds: 10 });
  assertEquals(clock.end(4, false), { seconds: 4, processorSeconds: 10 });
  clock.go();
  pass(1);
  assertEquals(clock.elapsed(), { seconds: 5, processorSeconds: 12 });
});

Deno.test("runTraining() logs the whole time of an epoch that was interrupted", () =>
  inFolder(async (folder) => {
    const steps = async () => (await loadCheckpoint(folder)).position.steps;
    const elapsed = { seconds: 100, processorSeconds: 50 };
    const run = { ...runIn(folder), keep: 9 };
    await runTraining({ ...run, elapsed, maxSteps: 5 });
    const [first, cut] = await readStats(folder);
    assert(first!.train_time >= 100 && first!.processor_time! >= 50);
    assert(cut!.train_time < 100 && cut!.processor_time! < 50);

    // The checkpoint of the last step has what the second epoch took until there.
    const last = await loadCheckpoint(folder);
    assertEquals(await steps(), 5);
    assertEquals(last.elapsed, {
      seconds: cut!.train_time,
      processorSeconds: cut!.processor_time!,
    });
    await Deno.remove(checkpointPath(folder, 5));
    const earlier = (await loadCheckpoint(folder)).elapsed!;
    assertEquals(await steps(), 4);
    assert(earlier.seconds > 0 && earlier.seconds < last.elapsed!.seconds);
    await Deno.remove(checkpointPath(folder, 4));
    assertEquals([await steps(), (await loadCheckpoint(folder)).elapsed], [3, undefined]);

    const { position, state } = last;
    await runTraining({ ...run, position, state, resumed: position, elapsed });
    const resumed = (await readStats(folder)).at(-1)!;
    assertEquals(resumed.epoch, 2);
    assert(resumed.train_time >= 100 && resumed.processor_time! >= 50);
  }));
