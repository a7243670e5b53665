/**
 * Tests of the counted work of a training step.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { caseSets, plainCase } from "../../../../tasks/bench/cases.ts";
import { numbersOfForward, numbersOfStep, workOfStep } from "../../../../tasks/bench/gpu/work.ts";
import { startForParams } from "../../../../tasks/cli/engine.ts";

await startForParams();

const first = { size: 4, kernel: 3, stride: 1, inputs: 3, outputs: 2, count: 1 };
const second = { size: 2, kernel: 3, stride: 2, inputs: 2, outputs: 5, count: 2 };

Deno.test("numbersOfForward() and numbersOfStep() count operands, results and batch norms", () => {
  // 48 numbers become 32; then twice 32 become 20, with a batch norm of the 32 before.
  const forward = 48 + 32 + 2 * (32 + 20 + 2 * 32);
  assertEquals(numbersOfForward([first, second]), forward);
  const step = 3 * (48 + 32) + 2 * (3 * (32 + 20) + 8 * 32);
  assertEquals(numbersOfStep([first, second]), step);
});

Deno.test("workOfStep() grows with the batch, and by the teacher's forward pass", () => {
  const plain = workOfStep({ ...plainCase, depth: 10, batch: 1 })!;
  assertEquals(workOfStep({ ...plainCase, depth: 10, batch: 3 }), {
    multiplyAdds: 3 * plain.multiplyAdds,
    bytes: 3 * plain.bytes,
  });
  const own = { teacherDepth: 10, teacherWidth: 1, beta: 1 };
  const taught = workOfStep({ ...plainCase, depth: 10, batch: 1, ...own })!;
  const teacher = taught.multiplyAdds - plain.multiplyAdds;
  // A step is about three forward passes.
  assert(teacher > plain.multiplyAdds * 0.3 && teacher < plain.multiplyAdds * 0.36);
});

Deno.test("workOfStep() does not count what it does not know", () => {
  const { performance } = caseSets;
  assertEquals(workOfStep(performance["ResNet-18 <- folded ResNet-34, AT"]!), undefined);
  assertEquals(workOfStep(performance["WRN-16-1 <- WRN-16-2, gradient-AT"]!), undefined);
});
