/**
 * Which inputs of an op are lists.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import type { OpAttr } from "../../../lib/tensorflow/attributes.ts";
import { openLibrary, TensorFlowError } from "../../../lib/tensorflow/library.ts";
import { groupInputs, isStateful } from "../../../lib/tensorflow/op_inputs.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";

const library = openLibrary((await useTensorFlow({ gpu: false })).library);

/** The inputs `a`, `b`, ... of an op, grouped. */
function group(op: string, inputs: string, attrs: OpAttr[] = []): (string | string[])[] {
  return groupInputs(library, op, attrs, [...inputs]);
}

Deno.test("groupInputs() leaves plain inputs alone", () => {
  assertEquals(group("Add", "ab"), ["a", "b"]);
  assertEquals(group("Placeholder", ""), []);
});

Deno.test("groupInputs() makes the one list of an op as long as the inputs are", () => {
  assertEquals(group("AddN", "abc"), [["a", "b", "c"]]);
  assertEquals(group("AddN", "a"), [["a"]]);
  assertEquals(group("ConcatV2", "abcx"), [["a", "b", "c"], "x"]);
});

Deno.test("groupInputs() knows lists of mixed types", () => {
  assertEquals(group("IdentityN", "ab"), [["a", "b"]]);
});

Deno.test("groupInputs() takes the lengths of several lists from the attributes", () => {
  // DynamicStitch(indices: N * int32, data: N * T)
  const attrs = [{ name: "N", type: 1, value: 2 }];
  assertEquals(group("DynamicStitch", "abcd", attrs), [["a", "b"], ["c", "d"]]);
  assertThrows(() => group("DynamicStitch", "abcd"), TypeError, "its attribute N is not given");
});

Deno.test("groupInputs() takes the lengths of lists of mixed types from their types", () => {
  // MapDefun(arguments: Targuments, captured_inputs: Tcaptured)
  const attrs = [
    { name: "Targuments", type: 4, value: [1, 3] },
    { name: "Tcaptured", type: 4, value: [1] },
  ];
  assertEquals(group("MapDefun", "abc", attrs), [["a", "b"], ["c"]]);
});

Deno.test("groupInputs() refuses another number of inputs", () => {
  const cases = [["Add", "a"], ["Add", "abc"], ["ConcatV2", ""], ["Placeholder", "a"]] as const;
  for (const [op, inputs] of cases) {
    assertThrows(() => group(op, inputs), TypeError, `and ${inputs.length} were given`);
  }
});

Deno.test("groupInputs() refuses an op that TensorFlow does not know", () => {
  assertThrows(() => group("Sub2", "ab"), TensorFlowError, "Sub2 in a trace: not found");
});

Deno.test("isStateful() says which ops may give something else each time", () => {
  for (const op of ["Multinomial", "RandomUniform", "TruncatedNormal", "ReadVariableOp"]) {
    assertEquals(isStateful(library, op), true, op);
  }
  for (const op of ["Mul", "Conv2D", "_FusedConv2D", "StatelessRandomUniform", "Fill", "Const"]) {
    assertEquals(isStateful(library, op), false, op);
  }
});
