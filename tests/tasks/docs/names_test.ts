/**
 * Tests of the check of names in the guide of the library.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { nameProblems, namesIn } from "../../../tasks/docs/names.ts";

const guide = `# Names

Text with \`code\` and a table:

| name       | what it is |
| ---------- | ---------- |
| \`a\`, \`b\` | \`not\` it |
| \`c\`      |            |
`;

Deno.test("namesIn() takes the code in first columns", () => {
  assertEquals(namesIn(guide), ["a", "b", "c"]);
});

Deno.test("nameProblems() finds names that are missing, unknown, or there twice", () => {
  assertEquals(nameProblems(guide, ["c", "b", "a"]), []);
  assertEquals(nameProblems(guide + "| `a` | again |\n", ["a", "c", "d"]), [
    "docs/library.md: the public name d is missing in its tables",
    "docs/library.md: b is no public name",
    "docs/library.md: a is explained twice",
  ]);
});
