/**
 * Tests of the training run of `deno task bench --gpu`: its length, and what is reported of it.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { UserError } from "../../../../lib/errors.ts";
import { noPeers } from "../../../../tasks/bench/gpu/halves.ts";
import type { Finding } from "../../../../tasks/bench/gpu/report.ts";
import {
  dropsOf,
  lengthOf,
  outcomeOf,
  runUntil,
  trainShortly,
} from "../../../../tasks/bench/gpu/training.ts";
import type { EpochStats } from "../../../../tasks/run/run_log.ts";
import { inFolder } from "../../../folders.ts";
import { long } from "../../../long.ts";

const isWindows = Deno.build.os === "windows";

Deno.test("lengthOf() gives whole epochs that fit, with time to spare", () => {
  // 390 steps of 10 ms an epoch: 3.9 s; three quarters of 100 s hold 19.
  assertEquals(lengthOf(100, 50_000, 10), { epochs: 19 });
  assertEquals(lengthOf(1e6, 50_000, 10), { epochs: 200 });
});

Deno.test("lengthOf() gives steps where not even an epoch fits, and at least two", () => {
  assertEquals(lengthOf(40, 50_000, 100), { epochs: 1, maxSteps: 300 });
  assertEquals(lengthOf(0.001, 50_000, 100), { epochs: 1, maxSteps: 2 });
});

Deno.test("dropsOf() has the drops of the original recipe, within the epochs", () => {
  assertEquals(dropsOf(200), [60, 120, 160]);
  assertEquals(dropsOf(10), [3, 6, 8]);
  assertEquals(dropsOf(2), [1]);
  assertEquals(dropsOf(1), []);
});

const epoch = (test_acc: number) =>
  ({ test_acc, train_acc: 2 * test_acc, train_time: 1.5 }) as unknown as EpochStats;

Deno.test("outcomeOf() has the last epoch's accuracy, and says if a run was ended before its last", () => {
  const figures = { trainingSeconds: 3, testAccuracy: 20, trainAccuracy: 40 };
  const stats = [epoch(10), epoch(20)];
  assertEquals(outcomeOf(stats, 2, false), { epochs: 2, ...figures });
  assertEquals(outcomeOf(stats, 19, true), { epochs: 2, plannedEpochs: 19, ...figures });
  assertThrows(() => outcomeOf([], 19, true), UserError, "none of its 19 epochs");
});

Deno.test({
  name: "runUntil() lets a program end, or asks it to some seconds before the end",
  ignore: isWindows,
  fn: async () => {
    const text = (output?: Deno.CommandOutput) => new TextDecoder().decode(output?.stderr);
    const soon = await runUntil(performance.now() + 60_000, "/bin/sh", ["-c", "echo a >&2"]);
    assertEquals([soon.isLate, soon.output?.success, text(soon.output)], [false, true, "a\n"]);
    const script = "trap 'echo asked >&2; exit 143' TERM; while :; do sleep 0.05; done";
    const start = performance.now();
    const late = await runUntil(start + 8500, "/bin/sh", ["-c", script]);
    assertEquals([late.isLate, late.output?.code, text(late.output)], [true, 143, "asked\n"]);
    assert(performance.now() - start < 6500, "it waited for the end of the section");
  },
});

long.test("trainShortly() reports the epochs of a run that takes too long", () =>
  inFolder(async (caches) => {
    const findings: Finding[] = [];
    const surroundings = { gpu: false, python: "python3", threads: 2, caches, peers: noPeers };
    const planned = { seconds: 1000, dataroot: undefined, stepMilliseconds: undefined };
    // Far fewer seconds until the end; on a busy machine, the first are none too many for an epoch.
    const trainFor = async (seconds: number) => {
      const end = performance.now() + 1000 * seconds;
      await trainShortly(surroundings, { ...planned, end }, (finding) => findings.push(finding));
      assert(performance.now() < end);
    };
    await trainFor(40).catch((error) => {
      assertMatch(`${error}`, /none of its \d+ epochs was over in time/);
      return trainFor(90);
    });
    const [{ epochs, plannedEpochs, testAccuracy } = {}] = findings;
    assert((epochs as number) >= 1 && (epochs as number) < (plannedEpochs as number), `${epochs}`);
    assert((testAccuracy as number) > 0);
  }));
