/**
 * Tests of the words about gains and losses.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { statementOf } from "../../../../tasks/report/evaluation/changes_section.ts";

function changes(gained: number, lost: number, bothRight: number, bothWrong: number) {
  const some = (length: number) => Array.from({ length }, (_, i) => i);
  return { gained: some(gained), lost: some(lost), bothRight, bothWrong };
}

Deno.test("statementOf() says what was gained, and how probable that is by chance", () => {
  assertEquals(
    statementOf(changes(5, 1, 40, 4), "taught", "alone"),
    "Of 50 images, taught gains 5 and loses 1 against alone: +8.0 percentage points. If both were " +
      "equally good, chance would split these 6 at least as unevenly with a probability of 0.22 " +
      "(McNemar's exact test). That is about these two trainings; others, with other seeds, differ too.",
  );
});

Deno.test("statementOf() has words for tiny probabilities, losses and no difference", () => {
  const of = (gained: number, lost: number) => statementOf(changes(gained, lost, 1, 0), "a", "b");
  assertEquals(of(0, 99).match(/: (.*?) percentage.*probability of (.*?) \(/)?.slice(1), [
    "−99.0",
    "less than 0.0001",
  ]);
  assertEquals(of(0, 0), "a and b are right on the same images: none of 1 gained, none lost.");
});
