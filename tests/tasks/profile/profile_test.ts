/**
 * Tests of `--profile`: what it shows and writes, what it leaves unchanged, and what it refuses.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { jit } from "../../../lib/jit/jit.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { UserError } from "../../../lib/errors.ts";
import { crossEntropy } from "../../../lib/losses/cross_entropy.ts";
import { startPosition } from "../../../lib/train/position.ts";
import { sgd } from "../../../lib/train/sgd.ts";
import { trainStep } from "../../../lib/train/train_step.ts";
import { startState } from "../../../lib/train/train_state.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { checkProfileFile, profileStep } from "../../../tasks/profile/profile.ts";
import type { ChromeTrace } from "../../../tasks/profile/chrome_trace.ts";
import { inFolder, namesIn } from "../../folders.ts";
import { assertFreesAll } from "../../lib/jit/counts.ts";
import { taskRunner } from "../command.ts";
import { cifarHere } from "../in_process.ts";

await useTensorFlow({ gpu: false });

const tiny = ["--dataset", "CIFAR10-sample", "--depth", "10", "--width", "0.25"];

/** The events of a trace file, after checking that Perfetto can open it. */
async function readTrace(file: string): Promise<ChromeTrace["traceEvents"]> {
  const { traceEvents } = JSON.parse(await Deno.readTextFile(file)) as ChromeTrace;
  for (const event of traceEvents) {
    assertEquals([typeof event.name, typeof event.pid, typeof event.tid], [
      "string",
      "number",
      "number",
    ]);
    assert(event.ph === "M" || event.ph === "X" && event.ts >= 0 && event.dur >= 0);
  }
  const ids = new Set(traceEvents.filter(({ ph }) => ph === "X").map(({ tid }) => tid));
  const named = traceEvents.filter(({ name }) => name === "thread_name").map(({ tid }) => tid);
  assertEquals([...ids].sort(), named.sort());
  return traceEvents;
}

Deno.test("profileStep() writes a trace, and leaves the run and the engine as they were", () =>
  inFolder(async (folder) => {
    const model = wideResNet({ depth: 10, width: 0.25, numClasses: 10 });
    const optimizer = sgd();
    const step = jit(trainStep({
      model,
      optimizer,
      loss: ({ student, batch }) => ({ cross_entropy: crossEntropy(student.logits, batch.labels) }),
    }));
    const state = startState(model.init(0), optimizer);
    const values = () => Object.values(state.params).map((tensor) => [...tensor.dataSync()]);
    const before = values();
    const file = join(folder, "trace.json");
    const profile = () =>
      profileStep({ file, step }, {
        state,
        position: { ...startPosition(), epoch: 3, batch: 5 },
        trainBatches: (epoch, first) => {
          assertEquals([epoch, first], [3, 5]);
          const images = new Float32Array(2 * 8 * 8 * 3).fill(0.5);
          return [{ images, labels: new Int32Array([1, 2]), shape: [2, 8, 8, 3] }];
        },
        schedule: () => ({ learningRate: 0.1 }),
        engine: "TensorFlow",
      });
    await profile(); // the first use moves the state's values to TensorFlow
    await assertFreesAll(profile);
    assertEquals(values(), before);
    assertEquals([step.traceCount, namesIn(folder)], [1, ["trace.json"]]);
    const names = (await readTrace(file)).map(({ name }) => name);
    for (const name of ["step 1", "step 5", "Conv2DBackpropFilter"]) assert(names.includes(name));
    step.dispose();
    tf.dispose([state.params, state.buffers]);
  }));

Deno.test("deno task cifar --profile shows two tables, writes a trace, and trains", () =>
  inFolder(async (cwd) => {
    const trained = [...tiny, "--save", "run", "--max-steps", "1", "--json"];
    const profile = ["--profile", "trace.json"];
    const { err, out } = await taskRunner("cifar").succeed(cwd, ...trained, ...profile);
    assertMatch(err, /^op +part +count +ms +%$/m);
    assertMatch(err, /^Conv2DBackpropFilter +backward +\d+ +\d+\.\d +\d+\.\d$/m);
    assertMatch(err, /^group +forward +backward +update +ms +%$/m);
    for (const group of ["conv0", "group0", "group1", "group2"]) {
      assertMatch(err, new RegExp(`^${group} .*\\d+\\.\\d$`, "m"));
    }
    assertMatch(err, /^a step, profiled: \d+\.\d ms; as it is: \d+\.\d ms;/m);
    assertStringIncludes(out, `json_stats: {"epoch":0.0625`);
    const groups = (await readTrace(join(cwd, "trace.json"))).map(({ args }) => args.group);
    assert(["conv0", "group0", "bn", "fc", "loss"].every((group) => groups.includes(group)));
  }));

Deno.test("deno task cifar --profile refuses before it trains", () =>
  inFolder(async (cwd) => {
    const { refuse } = cifarHere;
    const profile = (file: string) => [
      ...[...tiny, "--ngpu", "0", "--save", "run", "--profile", file],
    ];
    await refuse(cwd, 1, /Cannot write the profile no\/x: no such file/, ...profile("no/x"));
    await refuse(cwd, 2, /--profile .* remove --engine cpu/, ...profile("x"), "--engine", "cpu");
    await refuse(cwd, 2, /remove --evaluate/, ...tiny, "--profile", "x", "--evaluate");
    assertEquals(namesIn(cwd), []);
  }));

Deno.test("checkProfileFile() refuses what cannot be written, and leaves nothing", () =>
  inFolder(async (folder) => {
    const file = join(folder, "trace.json");
    await checkProfileFile(file);
    assertEquals(namesIn(folder), []);
    await Deno.writeTextFile(file, "kept");
    await checkProfileFile(file);
    assertEquals(await Deno.readTextFile(file), "kept");
    await assertRejects(() => checkProfileFile(join(file, "x")), UserError, "Cannot write");
    await assertRejects(() => checkProfileFile(folder), UserError, "is a folder");
  }));
