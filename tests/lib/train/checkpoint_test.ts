/**
 * Checkpoints: what is written is read, and what is damaged is refused.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import { temporaryFolder } from "../../../lib/files.ts";
import {
  type Checkpoint,
  checkpointOptions,
  checkpointPath,
  loadCheckpoint,
  saveCheckpoint,
  stepsKept,
} from "../../../lib/train/checkpoint.ts";
import { checksum } from "../../../lib/train/checkpoint_file.ts";
import { addToMeter, emptyMeter } from "../../../lib/train/meter.ts";
import { sgd } from "../../../lib/train/sgd.ts";
import { startState } from "../../../lib/train/train_state.ts";
import {
  formatSafetensors,
  parseSafetensors,
  type SafeTensors,
} from "../../../lib/formats/safetensors.ts";
import { saveParams } from "../../../lib/formats/weights.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { assertSame } from "../../same.ts";
import { inFolder, namesIn } from "../../folders.ts";

tf.setBackend("cpu");

function checkpoint(seed: number, steps = 1190): Checkpoint {
  const { init } = wideResNet({ depth: 10, width: 1, numClasses: 10 });
  const state = startState(init(seed), sgd());
  state.buffers["conv0"] = tf.randomNormal([3, 3, 3, 16], 0, 1, "float32", seed);
  return {
    state,
    position: {
      epoch: 3,
      batch: Math.min(17, steps),
      steps,
      meter: addToMeter(emptyMeter(), {
        examples: 128,
        correct: 40,
        correct5: 90,
        loss: 0.34,
        terms: { cross_entropy: 1 / 3, attention_0: 1e-7 },
      }),
      pendingEvaluation: true,
    },
    options: { depth: 10, lr: 0.1, epoch_step: [60, 120], teacher_id: null, save: "a\nb \u00e9" },
    engine: "tfjs",
    images: 50_000,
    ...{
      teacherDigest: "ab".repeat(32),
      dataDigest: "cd".repeat(32),
      networkDigest: "ef".repeat(32),
    },
  };
}

/** The folder of a run, with one checkpoint, and its path. */
function withRun(test: (folder: string, path: string) => Promise<void>): Promise<void> {
  return inFolder(async (folder) => {
    await saveCheckpoint(folder, checkpoint(1));
    await test(folder, checkpointPath(folder, 1190));
  });
}

/** Refuses with one line that names the file. */
async function assertRefused(folder: string, part: string): Promise<void> {
  const error = await assertRejects(() => loadCheckpoint(folder), UserError, part);
  assert(error.message.includes(folder), error.message);
  assertEquals(error.message.split("\n").length, 1);
}

Deno.test("loadCheckpoint() gives back what saveCheckpoint() was given, and what wrote it", () =>
  withRun(async (folder, path) => {
    const { state, position, options } = checkpoint(1);
    const loaded = await loadCheckpoint(folder);
    assertEquals(loaded.position, position);
    assertEquals([loaded.options, loaded.images], [options, 50_000]);
    const { teacherDigest, dataDigest, networkDigest } = loaded;
    const digests = [teacherDigest, dataDigest, networkDigest];
    assertEquals(digests, ["ab", "cd", "ef"].map((two) => two.repeat(32)));
    assertEquals(await checkpointOptions(folder), options);
    assertEquals([loaded.path, loaded.damaged], [path, []]);
    const { tfjs, deno, engine } = loaded.versions;
    assertEquals([tfjs, deno, engine], [tf.version_core, Deno.version.deno, "tfjs"]);
    for (const part of ["params", "buffers"] as const) {
      assertSame(loaded.state[part], state[part]);
    }
  }));

Deno.test("loadCheckpoint() gives back the time of an epoch, and refuses one that is none", () =>
  inFolder(async (folder) => {
    const elapsed = { seconds: 12.5, processorSeconds: 20 };
    await saveCheckpoint(folder, checkpoint(1));
    assertEquals((await loadCheckpoint(folder)).elapsed, undefined); // as in older ones
    await saveCheckpoint(folder, { ...checkpoint(1), elapsed });
    assertEquals((await loadCheckpoint(folder)).elapsed, elapsed);
    for (const seconds of [-1, NaN]) {
      await saveCheckpoint(folder, { ...checkpoint(1), elapsed: { ...elapsed, seconds } });
      await assertRefused(folder, "its times cannot be read");
    }
  }));

Deno.test("loadCheckpoint() gives back averaged weights and the best evaluation", () =>
  inFolder(async (folder) => {
    const { init } = wideResNet({ depth: 10, width: 1, numClasses: 10 });
    const before = checkpoint(1);
    const best = { accuracy: 41.2, epoch: 2, steps: 782 };
    const position = { ...before.position, best };
    await saveCheckpoint(folder, {
      ...before,
      state: { ...before.state, average: init(7) },
      position,
    });
    const loaded = await loadCheckpoint(folder);
    assertEquals(loaded.position, position);
    assertSame(loaded.state.average ?? {}, init(7));
    assertSame(loaded.state.params, before.state.params);
    const wrong = { ...best, steps: 9999 };
    await saveCheckpoint(folder, { ...before, position: { ...position, best: wrong } });
    await assertRefused(folder, "its best evaluation cannot be read");
  }));

Deno.test("saveCheckpoint() refuses averaged weights that are not finite", () =>
  inFolder(async (folder) => {
    const { state, ...rest } = checkpoint(1);
    const average = { ...state.params, conv0: tf.scalar(NaN) };
    await assertRejects(
      () => saveCheckpoint(folder, { ...rest, state: { ...state, average } }),
      UserError,
      "average of conv0 is not finite",
    );
  }));

Deno.test("saveCheckpoint() keeps the newest ones, and removes what a kill left half written", () =>
  inFolder(async (folder) => {
    const names = () => namesIn(join(folder, "checkpoint"));
    for (const steps of [5, 10, 15]) await saveCheckpoint(folder, checkpoint(1, steps));
    assertEquals(names(), ["checkpoint-10.safetensors", "checkpoint-15.safetensors"]);
    await Deno.mkdir(temporaryFolder(checkpointPath(folder, 20)));
    const half = join(temporaryFolder(checkpointPath(folder, 20)), crypto.randomUUID());
    await Deno.writeTextFile(half, "half");
    const path = await saveCheckpoint(folder, checkpoint(2, 25), { keep: 1 });
    assertEquals(names(), ["checkpoint-25.safetensors"]);
    assertEquals(path, checkpointPath(folder, 25));
    assertEquals((await loadCheckpoint(folder)).position.steps, 25);
  }));

Deno.test("saveCheckpoint() writes nothing through a link", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(join(folder, "elsewhere"));
    await Deno.mkdir(join(folder, "run"));
    await Deno.symlink(join(folder, "elsewhere"), join(folder, "run", "checkpoint"), {
      type: "dir",
    });
    const { message } = await assertRejects(
      () => saveCheckpoint(join(folder, "run"), checkpoint(1, 5)),
      UserError,
    );
    assertMatch(message, /^Cannot write in .*checkpoint: is a link, and no folder$/);
    assertEquals(namesIn(join(folder, "elsewhere")), []);
  }));

Deno.test("loadCheckpoint() refuses a folder without one", () =>
  inFolder(async (folder) => {
    await assertRefused(folder, "there is no checkpoint");
    const nowhere = join(folder, "nowhere");
    await assertRefused(nowhere, `there is no folder ${nowhere}; name a run folder`);
  }));

Deno.test("loadCheckpoint() refuses a file that is cut short, changed anywhere, or no checkpoint", () =>
  withRun(async (folder, path) => {
    const bytes = await Deno.readFile(path);
    for (const length of [0, 7, 100, Math.floor(bytes.length / 2), bytes.length - 1]) {
      await Deno.writeFile(path, bytes.subarray(0, length));
      await assertRefused(folder, "damaged");
    }
    for (let i = 0; i < 40; i++) {
      const at = Math.floor((i + 0.5) / 40 * bytes.length);
      await Deno.writeFile(path, bytes.with(at, bytes[at]! ^ 1 << i % 8));
      await assertRefused(folder, "damaged");
    }
    await saveParams(path, checkpoint(1).state.params);
    await assertRefused(folder, "checksum");
    await Deno.remove(path);
    await Deno.mkdir(path);
    await assertRefused(folder, "is a directory");
  }));

Deno.test("loadCheckpoint() falls back to the newest one that is whole, and says what it passed over", () =>
  inFolder(async (folder) => {
    for (const steps of [5, 10, 15]) {
      await saveCheckpoint(folder, checkpoint(steps, steps), { keep: 3 });
    }
    const damage = (steps: number) => Deno.truncate(checkpointPath(folder, steps), 1000);
    await damage(15);
    const { position, damaged, state } = await loadCheckpoint(folder);
    assertEquals(position.steps, 10);
    assertSame(state.params, checkpoint(10).state.params);
    assertEquals(damaged.map((line) => line.split(": ")[0]), [checkpointPath(folder, 15)]);
    assertEquals(await checkpointOptions(folder), checkpoint(10).options);

    // The run goes on from there: what is damaged takes no place of what is kept.
    await saveCheckpoint(folder, checkpoint(11, 11), { keep: 2 });
    assertEquals(await stepsKept(folder), [15, 11, 10]);
    assertEquals((await loadCheckpoint(folder)).position.steps, 11);
    await saveCheckpoint(folder, checkpoint(16, 16), { keep: 2 });
    await saveCheckpoint(folder, checkpoint(17, 17), { keep: 2 });
    assertEquals(await stepsKept(folder), [17, 16]);
    await damage(16);
    await damage(17);
    await assertRefused(folder, "all of its checkpoints are damaged");
  }));

/** Writes a checkpoint with another header, its checksum made to fit. */
async function rewrite(
  path: string,
  { tensors, metadata }: SafeTensors,
  changes: Record<string, string | undefined>,
): Promise<void> {
  const { sha256: _, ...header } = { ...metadata, ...changes };
  // What is undefined is left out.
  const entries = JSON.parse(JSON.stringify(header)) as Record<string, string>;
  const sha256 = await checksum({ tensors, metadata: entries });
  await Deno.writeFile(path, formatSafetensors({ tensors, metadata: { ...entries, sha256 } }));
}

Deno.test("loadCheckpoint() refuses a header that is no position or no options, whatever its checksum", () =>
  withRun(async (folder, path) => {
    const content = parseSafetensors(await Deno.readFile(path));
    await rewrite(path, content, {});
    await loadCheckpoint(folder);
    for (const name of ["position", "options", "versions"]) {
      for (const text of ["{", "7", "null", "[]", undefined]) {
        await rewrite(path, content, { [name]: text });
        await assertRefused(folder, `its ${name} cannot be read`);
      }
    }
    const { pendingEvaluation: owesEvaluation, ...rest } = checkpoint(1).position;
    const position = { ...rest, owesEvaluation };
    const { meter } = position;
    const wrong = [
      { ...position, steps: -1 },
      { ...position, epoch: 0.5 },
      { ...position, batch: "1" },
      { ...position, owesEvaluation: 1 },
      { ...position, meter: null },
      { ...position, meter: { ...meter, loss: "0" } },
      { ...position, meter: { ...meter, skipped: undefined } },
      { ...position, meter: { ...meter, terms: [1] } },
      { ...position, meter: { ...meter, terms: { cross_entropy: null } } },
    ];
    for (const value of wrong) {
      await rewrite(path, content, { position: JSON.stringify(value) });
      await assertRefused(folder, "its position cannot be read");
    }
    for (const images of ["", "-1", "1.5", "1e400", "[]"]) {
      await rewrite(path, content, { images });
      await assertRefused(folder, "its number of images cannot be read");
    }
    const impossible = [
      { ...position, steps: position.batch - 1 },
      { ...position, batch: 0 },
      { ...position, meter: emptyMeter() },
      { ...position, batch: 0, meter: emptyMeter() },
    ];
    for (const value of impossible) {
      await rewrite(path, content, { position: JSON.stringify(value) });
      await assertRefused(folder, "its position is none that a run has");
    }
    for (const engine of [undefined, 1, { toString: 1 }]) {
      await rewrite(path, content, { versions: JSON.stringify({ engine, tfjs: "", deno: "" }) });
      await assertRefused(folder, "its versions cannot be read");
    }
  }));

Deno.test("loadCheckpoint() reads one from before the number of images was kept, and what is owed", () =>
  withRun(async (folder, path) => {
    const content = parseSafetensors(await Deno.readFile(path));
    const { pendingEvaluation: _, ...position } = checkpoint(1).position;
    for (const batch of [17, 0]) {
      position.meter = batch > 0 ? position.meter : emptyMeter();
      const old = { images: undefined, position: JSON.stringify({ ...position, batch }) };
      await rewrite(path, content, old);
      const loaded = await loadCheckpoint(folder);
      assertEquals(loaded.images, undefined);
      // It may have been made after the last step and before the evaluation.
      assertEquals(loaded.position, { ...position, batch, pendingEvaluation: batch > 0 });
    }
  }));

Deno.test("loadCheckpoint() refuses tensors that no checkpoint has, and leaves none behind", () =>
  withRun(async (folder, path) => {
    const { tensors, metadata } = parseSafetensors(await Deno.readFile(path));
    const [stray] = Object.values(tensors);
    await rewrite(path, { tensors: { ...tensors, stray: stray! }, metadata }, {});
    const before = tf.memory().numTensors;
    await assertRefused(folder, "it holds tensors that no checkpoint has");
    assertEquals(tf.memory().numTensors, before);
  }));

Deno.test("loadCheckpoint() refuses a sound one of another version, though there are older ones", () =>
  withRun(async (folder, path) => {
    await saveCheckpoint(folder, checkpoint(1, 5), { keep: 2 });
    const content = parseSafetensors(await Deno.readFile(path));
    await rewrite(path, content, { format: "attention-transfer checkpoint 4" });
    await assertRefused(folder, "another version");
  }));

Deno.test("saveCheckpoint() throws a UserError where it cannot write, and keeps what there is", () =>
  withRun(async (folder) => {
    const file = join(folder, "file");
    await Deno.writeTextFile(file, "");
    await assertRejects(() => saveCheckpoint(file, checkpoint(1)), UserError, "Cannot write");
    await Deno.mkdir(checkpointPath(folder, 2000));
    await Deno.writeTextFile(join(checkpointPath(folder, 2000), "file"), "");
    await assertRejects(
      () => saveCheckpoint(folder, checkpoint(2, 2000)),
      UserError,
      "Cannot write",
    );
    assertEquals((await loadCheckpoint(folder)).position.steps, 1190);
  }));

for (const value of [NaN, Infinity, -Infinity]) {
  for (const part of ["params", "buffers"] as const) {
    Deno.test(`saveCheckpoint() writes no state whose ${part} hold ${value}, and names it`, () =>
      withRun(async (folder) => {
        const bad = checkpoint(2, 2000);
        bad.state[part]["group0.block0.conv0"] = tf.tensor1d([0, value, 1]);
        await assertRejects(
          () => saveCheckpoint(folder, bad),
          UserError,
          "group0.block0.conv0 is not finite",
        );
        assertEquals(await stepsKept(folder), [1190]);
      }));
  }
}
