/**
 * Dictionaries of parameters.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import {
  addPrefix,
  checkParams,
  fillParams,
  filterParams,
  findMismatch,
  isSgeKey,
  isTrainable,
  likeness,
  underPrefix,
} from "../../lib/params.ts";

tf.setBackend("cpu");

const params = {
  "conv0": tf.zeros([3, 3, 3, 16]),
  "bn.weight": tf.zeros([16]),
  "bn.running_mean": tf.zeros([16]),
};

Deno.test("isTrainable() is false for running statistics only", () => {
  for (const key of ["conv0", "bn.weight", "fc.bias", "running_mean", "bn.running_means"]) {
    assert(isTrainable(key), key);
  }
  for (const key of ["bn.running_mean", "student.group0.block0.bn1.running_var"]) {
    assert(!isTrainable(key), key);
  }
});

Deno.test("filterParams() keeps the same tensors in their order", () => {
  const kept = filterParams(params, isTrainable);
  assertEquals(Object.keys(kept), ["conv0", "bn.weight"]);
  assert(kept["conv0"] === params["conv0"]);
});

Deno.test("underPrefix() undoes addPrefix() and leaves out what has another prefix", () => {
  const both = {
    ...addPrefix("student.", params),
    ...addPrefix("teacher.", { conv0: params.conv0 }),
  };
  assertEquals(Object.keys(both).length, 4);
  const student = underPrefix("student.", both);
  assertEquals(Object.keys(student), Object.keys(params));
  assert(student["conv0"] === params["conv0"]);
  assertEquals(underPrefix("nobody.", both), {});
});

Deno.test("checkParams() accepts the same keys in any order", () => {
  checkParams(Object.fromEntries(Object.entries(params).reverse()), params, "them");
});

/** The one line that refuses parameters. */
function refusal(given: Record<string, tf.Tensor>): string {
  const error = assertThrows(() => checkParams(given, params, "model.safetensors"), UserError);
  assertEquals(error.message.split("\n").length, 1);
  return error.message;
}

Deno.test("checkParams() names the first key that does not fit, and both shapes", () => {
  const { "bn.weight": _, ...missing } = params;
  assertEquals(
    refusal(missing),
    "Cannot use model.safetensors: it has no bn.weight [16]; check depth, width and classes",
  );
  assertEquals(
    refusal({ ...params, conv0: tf.zeros([3, 3, 3, 8]) }),
    "Cannot use model.safetensors: conv0 has shape [3,3,3,8] and the network wants [3,3,3,16]; " +
      "check depth, width and classes",
  );
  assertEquals(
    refusal({ ...params, "fc.bias": tf.zeros([10]) }),
    "Cannot use model.safetensors: the network has no fc.bias [10]; check depth, width and classes",
  );
});

Deno.test("fillParams() takes what may be missing from the first parameters, and nothing else", () => {
  const { "bn.weight": _, ...without } = params;
  const initial = Object.fromEntries(
    Object.entries(params).map(([key, tensor]) => [key, tf.onesLike(tensor)]),
  );
  const isWeight = (key: string) => key === "bn.weight";
  const filled = fillParams(without, initial, isWeight, "them");
  assertEquals(Object.keys(filled).sort(), Object.keys(params).sort());
  assert(filled["bn.weight"] === initial["bn.weight"]);
  assert(filled["conv0"] === params.conv0);
  assertEquals(Object.keys(without), ["conv0", "bn.running_mean"]);

  const whole = fillParams(params, initial, isWeight, "them");
  assert(whole["bn.weight"] === params["bn.weight"], "what is there stays");
});

Deno.test("fillParams() refuses what does not fit and may not be missing", () => {
  const refused = (given: Record<string, tf.Tensor>, line: string) =>
    assertThrows(
      () => fillParams(given, params, (key) => key === "bn.weight", "x"),
      UserError,
      line,
    );
  const { conv0: _, ...withoutConv } = params;
  refused(withoutConv, "Cannot use x: it has no conv0 [3,3,3,16]");
  refused({ ...params, "bn.weight": tf.zeros([4]) }, "bn.weight has shape [4]");
  refused({ ...params, other: tf.zeros([4]) }, "the network has no other [4]");
});

Deno.test("isSgeKey() tells SGE's keys from all others", () => {
  for (const key of ["group0.block1.sge.weight", "student.layer1.0.sge.bias", "sge.weight"]) {
    assert(isSgeKey(key), key);
  }
  for (
    const key of ["bn.weight", "sge", "layer1.0.sge.weight.x", "message.weight", "sge.running"]
  ) {
    assert(!isSgeKey(key), key);
  }
});

Deno.test("checkParams() and fillParams() know a stranger's key from what every object has", () => {
  for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
    const entries = [...Object.entries(params), [name, tf.zeros([1])] as const];
    const given = Object.fromEntries(entries);
    assertEquals(
      refusal(given),
      `Cannot use model.safetensors: the network has no ${name} [1]; check depth, width and classes`,
    );
    // A network that has such a key does not find it in every object.
    const wants = Object.fromEntries([[name, tf.zeros([1])]]);
    assertThrows(() => checkParams({}, wants, "x"), UserError, `it has no ${name} [1]`);
    const filled = fillParams({}, wants, () => true, "x");
    assert(Object.hasOwn(filled, name));
  }
});

Deno.test("checkParams() shows a stranger's key as text, and short", () => {
  const message = refusal({ ...params, [`\x1b[2J${"x".repeat(1e5)}`]: tf.zeros([1]) });
  assert(/^[^\p{Cc}]{1,300}$/u.test(message), message.slice(0, 500));
});

Deno.test("findMismatch() takes as long as the parameters have keys, however many are expected", () => {
  function* endless(): Generator<[string, number[]]> {
    for (let i = 0;; i++) yield [`layer${i}`, [1]];
  }
  assertEquals(findMismatch({ layer0: { shape: [1] } }, endless()), "it has no layer1 [1]");
});

Deno.test("likeness() is 1 for the same keys and shapes, half for the same keys, else 0", () => {
  const shapes: [string, number[]][] = [["a", [1]], ["b", [2, 3]]];
  assertEquals(likeness({ a: { shape: [1] }, b: { shape: [2, 3] } }, shapes), 1);
  assertEquals(likeness({ a: { shape: [2] }, b: { shape: [3, 2] } }, shapes), 0.5);
  assertEquals(likeness({ a: { shape: [1] } }, shapes), 0.5);
  assertEquals(likeness({ constructor: { shape: [1] } }, shapes), 0);
  assertEquals(likeness({}, []), 0);
});
