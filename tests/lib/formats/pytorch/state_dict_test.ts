/**
 * Where a state dictionary lies, and what becomes of its keys.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { PythonObject, TensorObject } from "../../../../lib/formats/pytorch/objects.ts";
import { selectStateDict } from "../../../../lib/formats/pytorch/state_dict.ts";

/** Plain objects as the dictionaries of a pickle. */
function dictionary(entries: Record<string, unknown>): Map<unknown, unknown> {
  return new Map(Object.entries(entries));
}

function tensors(...keys: string[]): Map<unknown, unknown> {
  return new Map(keys.map((key) => [key, new TensorObject()]));
}

function keysOf(value: unknown): string[] {
  return [...selectStateDict(value).tensors.keys()];
}

Deno.test("selectStateDict() finds the dictionary wherever programs put it", () => {
  const inner = tensors("conv1.weight", "fc.bias");
  const optimizer = dictionary({ state: new Map([[0, tensors("momentum_buffer")]]) });
  const others = { epoch: 3, best: new TensorObject(), args: new PythonObject("a.B"), optimizer };
  const places = [
    inner,
    dictionary({ ...others, state_dict: inner }),
    dictionary({ ...others, model_state_dict: inner }),
    dictionary({ ...others, model: inner, model_ema: tensors("conv1.weight") }),
    dictionary({ ...others, net: inner }),
    dictionary({ ...others, params: inner }),
    dictionary({ ...others, params: tensors("conv1.weight"), stats: tensors("fc.bias") }),
    dictionary({ ...others, "a name of their own": inner }),
    dictionary({ one: inner, other: inner }),
  ];
  for (const place of places) assertEquals(keysOf(place), ["conv1.weight", "fc.bias"]);
});

Deno.test("selectStateDict() gives the tensors themselves", () => {
  const tensor = new TensorObject();
  assert(selectStateDict(dictionary({ "module.a": tensor })).tensors.get("a") === tensor);
});

Deno.test("selectStateDict() takes off wrappers that all keys have, and no others", () => {
  assertEquals(keysOf(tensors("module.a", "module.b")), ["a", "b"]);
  assertEquals(keysOf(tensors("_orig_mod.module.model.a")), ["a"]);
  assertEquals(keysOf(tensors("module.a", "b")), ["module.a", "b"]);
  assertEquals(keysOf(tensors("module.model.a", "module.b")), ["model.a", "b"]);
  assertEquals(keysOf(tensors("modules.a")), ["modules.a"]);
  assertEquals(keysOf(tensors("module.")), ["module."]);
});

Deno.test("selectStateDict() leaves out num_batches_tracked", () => {
  const counted = tensors("module.bn1.weight", "module.bn1.num_batches_tracked");
  assertEquals(keysOf(counted), ["bn1.weight"]);
  assertEquals(keysOf(tensors("num_batches_tracked", "a")), ["a"]);
  assertEquals(keysOf(tensors("my_num_batches_tracked")), ["my_num_batches_tracked"]);
});

Deno.test("selectStateDict() takes the student of a run's parameters", () => {
  const params = tensors("student.conv0", "student.fc.bias", "teacher.conv0", "projection");
  assertEquals(keysOf(dictionary({ params })), ["conv0", "fc.bias"]);
  assertThrows(() => keysOf(tensors("teacher.conv0")), SyntaxError, "of no student");
});

const wrong: Record<string, [value: unknown, part: string]> = {
  "a tensor": [new TensorObject(), "it is a tensor"],
  "a list": [[], "it is a list"],
  "None": [null, "it is None"],
  "an object": [new PythonObject("a.Model"), "it is of type a.Model"],
  "an empty dictionary": [new Map(), "it is empty"],
  "an empty state dictionary": [dictionary({ state_dict: new Map() }), "is empty"],
  "settings alone": [dictionary({ epoch: 1, lr: 0.1 }), "but epoch, lr"],
  "several": [
    dictionary({ generator: tensors("a"), discriminator: tensors("a") }),
    "generator, discriminator",
  ],
  "a number among the tensors": [dictionary({ a: new TensorObject(), b: 1 }), "b of its"],
  "a key that is a number": [
    dictionary({ model: new Map([[7, new TensorObject()]]) }),
    "a key that is a number",
  ],
};

for (const [what, [value, part]] of Object.entries(wrong)) {
  Deno.test(`selectStateDict() throws a SyntaxError on ${what}`, () => {
    assertThrows(() => keysOf(value), SyntaxError, part);
  });
}

Deno.test("selectStateDict() finds a network however deep it lies, and leaves what lies beside it", () => {
  const keys = ["conv0", "group0.block0.conv0", "fc.bias"];
  const network = tensors(...keys.map((key) => `module.${key}`));
  const beside = { epoch: 3, best: new TensorObject(), criterion: tensors("weight") };
  const state = dictionary({ state: new Map([[0, tensors("momentum_buffer")]]) });
  const places: unknown[] = [
    dictionary({ ...beside, optimizer: state, state_dict: network }),
    dictionary({ checkpoint: dictionary({ ...beside, "any name": network }) }),
    [network, 5],
    dictionary({ runs: [dictionary({ ...beside, weights: network })] }),
    dictionary({ one: network, other: network }), // the same one under two names
    dictionary({ ...Object.fromEntries(network), n_averaged: new TensorObject(), lr: 0.1 }),
  ];
  for (const place of places) assertEquals(keysOf(place), keys);
  const { note } = selectStateDict(places[0]);
  assertEquals(
    note,
    "took 3 tensors, which lie under state_dict.module.; left best [?], criterion.weight [?], " +
      "optimizer.state.0.momentum_buffer [?]",
  );
});

Deno.test("selectStateDict() has an end where dictionaries hold themselves, or names are long", () => {
  const loop = tensors("group0.block0.conv0");
  loop.set("again", loop);
  const list: unknown[] = [loop];
  list.push(list);
  assertEquals(keysOf(list), ["group0.block0.conv0"]);
  const long = "x".repeat(1e5);
  const many = Array.from({ length: 2000 }, () => tensors(`${long}.layer1.0.conv1.weight`));
  const place = dictionary({ [long]: many, more: many, net: tensors("group0.block0.conv0") });
  assertEquals(keysOf(place), ["group0.block0.conv0"]);
});
