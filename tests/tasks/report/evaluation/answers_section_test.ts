/**
 * Tests of the sections on answers.
 *
 * @module
 */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  accuracyHtml,
  type Answered,
  confusionHtml,
} from "../../../../tasks/report/evaluation/answers_section.ts";
import { confusionOf } from "../../../../tasks/report/evaluation/confusion.ts";
import { rowsOf } from "./html.ts";

function answered(title: string, role: Answered["role"], answers: number[], classes = 3): Answered {
  const confusion = confusionOf(labels.slice(0, answers.length), Int32Array.from(answers), classes);
  return { title, role, confusion };
}

const labels = Int32Array.of(0, 0, 0, 0, 1, 1);
const names = ["cat", "<dog>", "none"];
const networks = [
  answered("big", "teacher", [0, 0, 0, 0, 1, 1]),
  answered("alone", "baseline", [0, 1, 1, 1, 1, 1]),
  answered("taught", "student", [0, 0, 0, 1, 1, 0]),
];

Deno.test("accuracyHtml() has the accuracy of each class, and what a student has more", () => {
  assertEquals(rowsOf(accuracyHtml(networks, names)), [
    ["class", "images", "big, the teacher", "alone, the baseline", "taught", "points more"],
    ["all classes", "6", "100.0%", "50.0%", "66.7%", "+16.7"],
    ["cat", "4", "100.0%", "25.0%", "75.0%", "+50.0"],
    ["&lt;dog&gt;", "2", "100.0%", "100.0%", "50.0%", "−50.0"],
    ["none", "0", "–", "–", "–", "–"],
  ]);
});

Deno.test("accuracyHtml() without a baseline compares nothing", () => {
  const html = accuracyHtml(networks.slice(2), names);
  assertEquals(rowsOf(html)[0], ["class", "images", "taught"]);
  assertStringIncludes(html, "<caption>Accuracy on each class</caption>");
});

Deno.test("confusionHtml() has a matrix for each network, shaded on one scale", () => {
  const html = confusionHtml(networks, names);
  const rows = rowsOf(html);
  assertEquals(rows.length, 3 * 4);
  assertEquals(rows.slice(4, 7), [
    ["class \\ answer", "cat", "&lt;dog&gt;", "none"],
    ["cat", "1", "3", "0"],
    ["&lt;dog&gt;", "0", "2", "0"],
  ]);
  assertStringIncludes(html, '<td class="right" style="--part: 25.0%">1</td>');
  assertStringIncludes(html, '<td class="wrong" style="--part: 100.0%">3</td>');
  assertStringIncludes(html, '<td class="wrong" style="--part: 57.7%">1</td>'); // sqrt(1 / 3)
});

Deno.test("many classes: those that differ most, the pairs confused most, and all in details", () => {
  const many = Array.from({ length: 100 }, (_, i) => `class ${i}`);
  const [taught, right] = [
    answered("taught", "student", [0, 7, 7, 0, 8, 1], 100),
    answered("right", "student", [0, 0, 0, 0, 1, 1], 100),
  ];
  const accuracy = accuracyHtml([taught, right], many);
  const rows = rowsOf(accuracy);
  assertEquals(rows.length, (2 + 20) + (2 + 100));
  assertEquals(rows.slice(2, 4), [
    ["class 0", "4", "50.0%", "100.0%"],
    ["class 1", "2", "50.0%", "100.0%"],
  ]);
  assertMatch(accuracy, /<details><summary>All 100 classes<\/summary>/);
  const confusion = confusionHtml([taught, right], many);
  assertEquals(rowsOf(confusion), [
    ["class", "answer", "images", "of the class"],
    ["class 0", "class 7", "2", "50.0%"],
    ["class 1", "class 8", "1", "50.0%"],
  ]);
  assertStringIncludes(confusion, "<p>All answers of right are right.</p>");
});
