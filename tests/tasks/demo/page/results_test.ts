/**
 * Tests of what is said of the network's answer. How it is shown is tested in a browser.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { NORMALIZATION } from "../../../../lib/data/normalize.ts";
import { answerOf, topClasses } from "../../../../tasks/demo/page/results.ts";

const probabilities = Float32Array.of(0.05, 0.6, 0.05, 0.2, 0, 0.1);

Deno.test("topClasses() orders classes by probability, equal ones by number", () => {
  assertEquals(topClasses(probabilities), [1, 3, 5, 0, 2]);
  assertEquals(topClasses(probabilities, 2), [1, 3]);
  assertEquals(topClasses([1]), [0]);
});

Deno.test("answerOf() names the most probable class", () => {
  const settings = {
    ...{ title: "", parameters: 1, sgeNormalizes: true, size: 32, resize: 32, samples: [] },
    normalization: NORMALIZATION.paper,
    classes: ["a", "b", "c", "d", "e", "f"],
  };
  assertEquals(answerOf({ probabilities, maps: [] }, settings), "b, 60.0%");
});
