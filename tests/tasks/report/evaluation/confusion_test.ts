/**
 * Tests of counted answers.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import {
  accuracyOf,
  confusionOf,
  mostConfused,
  scoresOf,
  totalScore,
} from "../../../../tasks/report/evaluation/confusion.ts";

const labels = Int32Array.of(0, 0, 0, 1, 1, 3, 3);
const answers = Int32Array.of(0, 1, 1, 1, 0, 0, 3);
const confusion = confusionOf(labels, answers, 4);

Deno.test("confusionOf() counts labels in rows and answers in columns", () => {
  assertEquals([...confusion.counts], [1, 2, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1]);
});

Deno.test("confusionOf() refuses other numbers of answers, and what is no class", () => {
  const count = (labels: number[], answers: number[]) => () =>
    confusionOf(Int32Array.from(labels), Int32Array.from(answers), 2);
  assertThrows(count([0, 1], [0]), RangeError, "Cannot compare 1 answers with 2 labels");
  assertThrows(count([0], [2]), RangeError, "Cannot count class 2: there are 2 classes");
  assertThrows(count([-1], [0]), RangeError, "Cannot count class -1");
});

Deno.test("scoresOf() and totalScore() count right answers, also of a class without images", () => {
  const scores = scoresOf(confusion);
  const expected = [[3, 1], [2, 1], [0, 0], [2, 1]].map(([images, correct]) => ({
    images,
    correct,
  }));
  assertEquals(scores as unknown[], expected);
  assertEquals(totalScore(scores), { images: 7, correct: 3 });
  assertEquals(scores.map(accuracyOf), [1 / 3, 1 / 2, undefined, 1 / 2]);
});

Deno.test("mostConfused() orders wrong answers by number, then by class", () => {
  const pairs = mostConfused(confusion, 9);
  assertEquals(pairs, [
    { label: 0, answer: 1, count: 2, images: 3 },
    { label: 1, answer: 0, count: 1, images: 2 },
    { label: 3, answer: 0, count: 1, images: 2 },
  ]);
  assertEquals(mostConfused(confusion, 1), pairs.slice(0, 1));
});
