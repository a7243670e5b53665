/**
 * Tests of all sections together, on real networks and images.
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
  assertThrows,
} from "@std/assert";
import { join } from "@std/path";
import { SaxesParser } from "saxes";
import { useTensorFlow } from "../../../../lib/backend/use_tensorflow.ts";
import { evalBatches } from "../../../../lib/data/batches.ts";
import { loadCifar } from "../../../../lib/data/cifar.ts";
import { UserError } from "../../../../lib/errors.ts";
import { loadNetwork } from "../../../../lib/networks/network.ts";
import { evalStep } from "../../../../lib/train/eval_step.ts";
import { NORMALIZATION } from "../../../../lib/data/normalize.ts";
import {
  evaluationSections,
  evaluationStyles,
  imagesOfSet,
  type Section,
} from "../../../../tasks/report/evaluation/sections.ts";
import { long } from "../../../long.ts";
import { inFolder } from "../../../folders.ts";
import { rowsOf } from "./html.ts";
import { makeRun, overflowingMaps, sampleImages } from "./networks.ts";

await useTensorFlow({ gpu: false });
const { test } = await loadCifar({ dataset: "CIFAR10-sample" });

/** Checks that a fragment is well-formed, self-contained and described; returns its `id`s. */
function check({ html }: Section): string[] {
  const ids: string[] = [];
  const open: { name: string; titled: boolean; isImage: boolean }[] = [];
  const parser = new SaxesParser();
  parser.on("opentag", ({ name, attributes }) => {
    if (name === "title" && open.at(-1)?.isImage) open.at(-1)!.titled = true;
    if (name === "th") assert(attributes.scope !== undefined);
    assert(!["script", "link", "style", "iframe"].includes(name));
    for (const [key, value] of Object.entries(attributes)) {
      assert(!key.startsWith("on"));
      if (key === "href" || key === "src") {
        assertMatch(String(value), /^(#|data:image\/png;base64,)/);
      }
      if (key === "id") ids.push(String(value));
    }
    open.push({ name, titled: false, isImage: attributes.role === "img" });
  });
  parser.on("closetag", () => {
    const { isImage, titled } = open.pop()!;
    assert(!isImage || titled, "an image without a title");
  });
  parser.write(`<r>${html}</r>`).close(); // throws if it is not well-formed
  assertEquals(html.replace(/data:[^"]*/g, "").match(/NaN|undefined|Infinity/), null);
  return ids;
}

/** The number of right answers among the first `count` test images, by the library's evaluation. */
async function countRight(folder: string, count: number): Promise<number> {
  const { model, params } = await loadNetwork(join(folder, "model.safetensors"));
  const [batch] = evalBatches(test, { batchSize: count, normalization: NORMALIZATION.paper });
  const { images, labels, shape } = batch!;
  const tensors = { images: tf.tensor4d(images, shape), labels: tf.tensor1d(labels, "int32") };
  const { correct } = evalStep(model)(params, tensors);
  return correct.dataSync()[0]!;
}

async function makeRuns(folder: string) {
  return {
    teacher: await makeRun(folder, "big", { width: 0.5, seed: 4 }),
    baseline: await makeRun(folder, "alone", { seed: 1 }),
    student: await makeRun(folder, '<i>&"taught"', { seed: 5 }),
  };
}

Deno.test("evaluationSections() counts and compares like the library's evaluation", () =>
  inFolder(async (folder) => {
    const { teacher, baseline, student } = await makeRuns(folder);
    const { numTensors } = tf.memory();
    const sections = await evaluationSections(
      { networks: [student, join(folder, "missing")], teacher, baseline },
      await sampleImages(30),
      { drawn: 0 },
    );
    assertEquals(tf.memory().numTensors, numTensors);
    assertEquals(sections.map(({ id }) => id), ["by-class", "confusion", "changes", "distance"]);
    assertEquals(sections.flatMap(check), []);
    const [accuracy, confusion, changes, distance] = sections.map(({ html }) => html);
    assertStringIncludes(accuracy!, "On the first 30 of the 500 test images of CIFAR10-sample.");
    assertMatch(accuracy!, /Left out: Cannot compare .*missing: there is no /);

    const right = [];
    for (const place of [teacher, baseline, student]) right.push(await countRight(place, 30));
    const percent = (count: number) => `${(100 * count / 30).toFixed(1)}%`;
    const [, total] = rowsOf(accuracy!);
    assertEquals(total!.slice(0, 5), ["all classes", "30", ...right.map(percent)]);

    const diagonal = [0, 1, 2].map((network) =>
      test.classes.reduce(
        (sum, _, label) => sum + Number(rowsOf(confusion!)[network * 11 + 1 + label]![label + 1]),
        0,
      )
    );
    assertEquals(diagonal, right);

    const cells = rowsOf(changes!).slice(1).map((row) =>
      row.slice(1).map((text) => parseInt(text))
    );
    const [[bothRight, gained], [lost, bothWrong]] = cells as [[number, number], [number, number]];
    assertEquals(
      [bothRight + lost, bothRight + gained, bothRight + gained + lost + bothWrong],
      [right[1]!, right[2]!, 30],
    );
    assertStringIncludes(changes!, `gains ${gained} and loses ${lost} against alone (WRN-10-0.25)`);
    assert(gained > 1 && lost > 0, `${gained} and ${lost}`);
    assertEquals(rowsOf(distance!).length, 1 + 2 * 3);
  }));

long.test("evaluationSections() draws what is gained, lost and farthest from the teacher", () =>
  inFolder(async (folder) => {
    const { teacher, baseline, student } = await makeRuns(folder);
    const { numTensors } = tf.memory();
    const sections = await evaluationSections(
      { networks: [student], teacher, baseline },
      await sampleImages(30),
      { drawn: 2 },
    );
    assertEquals(tf.memory().numTensors, numTensors);
    const ids = sections.flatMap(check);
    const [, , changes, distance] = sections.map(({ html }) => html);
    const [, gained, lost] = changes!.match(/gains (\d+) and loses (\d+)/)!.map(Number);
    assertStringIncludes(changes!, `The first 2 of ${gained} images gained: only &lt;i&gt;&amp;`);
    assertMatch(distance!, /test image \d+: \w+; distances [\d.]{4}, [\d.]{4}, [\d.]{4}</);
    const figures = Math.min(gained!, 2) + Math.min(lost!, 2) + 2 * 2;
    assertEquals(ids, Array.from({ length: figures }, (_, i) => `photo${i}`));
    const maps = changes!.match(/<title>attention map of group 2 of /g)?.length;
    assertEquals(maps, 3 * (figures - 4)); // of student, baseline and teacher
  }));

Deno.test("evaluationSections() without baseline and teacher has only the answers", () =>
  inFolder(async (folder) => {
    const networks = [await makeRun(folder, "a"), await makeRun(folder, "b", { seed: 2 })];
    const sections = await evaluationSections({ networks }, await sampleImages(5));
    assertEquals(sections.map(({ id }) => id), ["by-class", "confusion"]);
    sections.forEach(check);
  }));

Deno.test("evaluationSections() says which image cannot be drawn, and goes on", () =>
  inFolder(async (folder) => {
    const wild = await makeRun(folder, "wild", overflowingMaps);
    const baseline = await makeRun(folder, "alone");
    const sections = await evaluationSections(
      { networks: [wild], baseline },
      await sampleImages(12),
      { drawn: 1 },
    );
    assertMatch(
      sections[2]!.html,
      /Cannot show the attention map of group 2 of .* for test image \d+/,
    );
  }));

Deno.test("evaluationSections() refuses networks of which none can be used", () =>
  inFolder(async (folder) => {
    const bad = await makeRun(folder, "bad", {
      change: (params) => ({ "fc.weight": tf.fill(params["fc.weight"]!.shape, 3e38) }),
    });
    for (const [networks, says] of [[[join(folder, "x")], "no "], [[bad], "not finite"]] as const) {
      await assertRejects(
        async () => await evaluationSections({ networks }, await sampleImages(5)),
        UserError,
        says,
      );
    }
  }));

Deno.test("imagesOfSet() refuses no images", () => {
  const images = () => imagesOfSet(test, { dataset: "CIFAR10-sample", first: 0 });
  assertThrows(images, UserError, "0 test images were chosen");
});

Deno.test("evaluationStyles concern nothing outside the sections, and fetch nothing", () => {
  const selectors = [...evaluationStyles.matchAll(/([^{}]+)\{[^{}]*\}/g)].map(([, names]) =>
    names!
  );
  assert(selectors.length > 10);
  for (const name of selectors.flatMap((names) => names.trim().split(/,(?![^(]*\))/))) {
    assertMatch(name.trim(), /^\.evaluation( |$)/);
  }
  assertEquals(evaluationStyles.match(/url|@import|<\//), null);
});
