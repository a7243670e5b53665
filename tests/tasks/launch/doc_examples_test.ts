/** Tests of finding the examples in doc comments. @module */
import { assertEquals } from "@std/assert";
import { docExamples, needsOwnProcess } from "../../../tasks/launch/doc_examples.ts";

const source = `/**
 * Adds.
 *
 * @example
 * \`\`\`ts
 * const sum = add(1, 2);
 *
 * if (sum > 2) {
 *   console.log(sum);
 * }
 * \`\`\`
 */
export class A {
  /**
   * \`\`\`ts
   * await useTensorFlow({ gpu: false });
   * \`\`\`
   *
   * \`\`\`sh
   * ls
   * \`\`\`
   */
}
`;

Deno.test("docExamples() finds the code of each example, and its line", () => {
  assertEquals(docExamples(source), [
    { line: 6, code: "const sum = add(1, 2);\n\nif (sum > 2) {\n  console.log(sum);\n}\n" },
    { line: 16, code: "await useTensorFlow({ gpu: false });\n" },
  ]);
  assertEquals(docExamples("/** `ts` */\nconst x = 1;\n"), []);
});

Deno.test("needsOwnProcess() is true where TensorFlow is started with options", () => {
  assertEquals(docExamples(source).map(needsOwnProcess), [false, true]);
  assertEquals(needsOwnProcess({ line: 1, code: "await useTensorFlow();" }), false);
});
