/**
 * Tests of the picture of a run's curves.
 *
 * @module
 */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { curvesSvg } from "../../../tasks/run/curves.ts";
import type { EpochStats } from "../../../tasks/run/run_log.ts";

const trainColor = "#94a3b8";
const testColor = "#2563eb";

function run(epochs: number): EpochStats[] {
  return Array.from({ length: epochs }, (_, i) => ({
    epoch: i + 1,
    train_loss: 2 / (i + 1),
    test_loss: 2.5 / (i + 1),
    train_acc: 90 - 60 / (i + 1),
    test_acc: 85 - 60 / (i + 1),
    at_losses: [],
    train_time: 30,
    test_time: 2,
    n_parameters: 175066,
    num_classes: 10,
  }));
}

/** The curves of a color: unfilled paths of at least two points. */
function curves(svg: string, color: string): string[] {
  const paths = svg.match(/<path [^>]*>/g) ?? [];
  return paths.filter((path) =>
    path.includes(`stroke="${color}"`) && path.includes('fill="none"') && /d="M[^"]*L/.test(path)
  );
}

function texts(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text!);
}

Deno.test("curvesSvg() draws train and test in two panels with names, legend and last metrics", async () => {
  const svg = await curvesSvg(run(200), "at_16_1_16_2");
  assert(svg.startsWith("<svg "), svg.slice(0, 80));
  const shown = texts(svg);
  for (const text of ["at_16_1_16_2", "Loss", "Accuracy", "per cent", "epoch", "train", "test"]) {
    assert(shown.includes(text), `${text} is not among ${shown}`);
  }
  assertStringIncludes(svg, "epoch 200: test accuracy 84.70%, test loss 0.013");
  assertEquals(curves(svg, trainColor).length, 2);
  assertEquals(curves(svg, testColor).length, 2);
});

Deno.test("curvesSvg() shows one epoch as points, also of a run that stopped within it", async () => {
  for (const epoch of [1, 0.13]) {
    const svg = await curvesSvg([{ ...run(1)[0]!, epoch }], "first");
    const points = svg.match(new RegExp(`<path [^>]*(fill|stroke)="${testColor}"`, "g")) ?? [];
    assert(points.length >= 3, `${points.length} points and legend marks`);
    assertStringIncludes(svg, `epoch ${epoch}: test accuracy 25.00%`);
    assert(!svg.includes("NaN"));
  }
});

Deno.test("curvesSvg() keeps accuracies of 0 and 100 per cent on the axis", async () => {
  for (const accuracy of [0, 100]) {
    const svg = await curvesSvg(
      run(2).map((epoch) => ({ ...epoch, train_acc: accuracy, test_acc: accuracy })),
      "constant",
    );
    assert(!svg.includes("NaN"));
    assert(texts(svg).includes(String(accuracy)));
  }
});

Deno.test("curvesSvg() escapes its title", async () => {
  const svg = await curvesSvg(run(2), "a < b & c");
  assert(texts(svg).includes("a &lt; b &amp; c"));
});

Deno.test("curvesSvg() refuses a run without an epoch", async () => {
  await assertRejects(() => curvesSvg([], "none"), RangeError, "no epoch");
});
