/**
 * Tests of loading the networks to compare.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { useTensorFlow } from "../../../../lib/backend/use_tensorflow.ts";
import { NORMALIZATION } from "../../../../lib/data/normalize.ts";
import { UserError } from "../../../../lib/errors.ts";
import { disposeNetworks, loadUsable } from "../../../../tasks/report/evaluation/usable.ts";
import { inFolder } from "../../../folders.ts";
import { makeRun, sampleImages } from "./networks.ts";

await useTensorFlow({ gpu: false });
const images = await sampleImages(10);

Deno.test("loadUsable() gives each network one role, and frees all of them", () =>
  inFolder(async (folder) => {
    const [big, alone, taught, again] = [
      await makeRun(folder, "big", { width: 0.5 }),
      await makeRun(folder, "alone"),
      await makeRun(folder, "taught", { normalization: "repdistiller" }),
      await makeRun(folder, "again/taught"),
    ];
    const { numTensors } = tf.memory();
    const file = join(taught, "model.safetensors");
    const { usable, leftOut } = await loadUsable(
      { networks: [alone, taught, big, file, again], teacher: big, baseline: `${alone}/` },
      images,
      "paper",
    );
    assertEquals(leftOut, []);
    assertEquals(usable.map(({ title, role }) => [title, role]), [
      ["big (WRN-10-0.5)", "teacher"],
      ["alone (WRN-10-0.25)", "baseline"],
      [`${taught} (WRN-10-0.25)`, "student"], // two have the same name
      [`${again} (WRN-10-0.25)`, "student"],
    ]);
    assertEquals(usable[2]!.constants, NORMALIZATION.repdistiller);
    disposeNetworks(usable);
    assertEquals(tf.memory().numTensors, numTensors);
  }));

Deno.test("loadUsable() leaves out what cannot be compared, with a line that names it", () =>
  inFolder(async (folder) => {
    const good = await makeRun(folder, "good");
    const hundred = await makeRun(folder, "hundred", { numClasses: 100 });
    const strange = await makeRun(folder, "strange", { normalization: "other" });
    const broken = join(folder, "broken.safetensors");
    await Deno.writeTextFile(broken, "no parameters");
    const { numTensors } = tf.memory();
    const networks = [hundred, strange, broken, join(folder, "missing"), good];
    const { usable, leftOut } = await loadUsable({ networks }, images, "paper");
    assertEquals(usable.map(({ id }) => id), [good]);
    assertEquals(leftOut.length, 4);
    assertMatch(
      leftOut[0]!,
      /^Cannot compare .*hundred on the first 10 of the 500 test images of /,
    );
    assertMatch(leftOut[0]!, /: it has 100 classes and there are 10; choose networks of these /);
    assertMatch(leftOut[1]!, /^Cannot show strange .*: its images were normalised by "other"/);
    assertMatch(leftOut[2]!, /broken\.safetensors/);
    assertMatch(
      leftOut[3]!,
      /^Cannot compare .*missing: there is no .*; name run folders or files/,
    );
    disposeNetworks(usable);
    assertEquals(tf.memory().numTensors, numTensors);
  }));

Deno.test("loadUsable() uses a teacher of other classes for its maps, and only a teacher", () =>
  inFolder(async (folder) => {
    const [own, other] = [
      await makeRun(folder, "own"),
      await makeRun(folder, "other", { numClasses: 4 }),
    ];
    const { usable } = await loadUsable({ networks: [own], teacher: other }, images, "paper");
    assertEquals(usable.map(({ answers }) => answers), [false, true]);
    disposeNetworks(usable);
    const error = await assertRejects(
      () => loadUsable({ networks: [other] }, images, "paper"),
      UserError,
      "it has 4 classes and there are 10",
    );
    assertEquals(error.code, "does-not-fit");
  }));

Deno.test("loadUsable() refuses an empty list", async () => {
  await assertRejects(
    () => loadUsable({ networks: [] }, images, "paper"),
    UserError,
    "none is named",
  );
});
