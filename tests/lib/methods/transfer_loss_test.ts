/**
 * The loss that the options ask for, against the library's functions on the same outputs.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { jit } from "../../../lib/jit/jit.ts";
import { crossEntropy } from "../../../lib/losses/cross_entropy.ts";
import { decoupledDistillationLoss } from "../../../lib/losses/decoupled.ts";
import { distillationLoss } from "../../../lib/losses/distillation.ts";
import { mapValues } from "../../../lib/params.ts";
import { valueOf, weighted } from "../../../lib/train/loss.ts";
import { sgd } from "../../../lib/train/sgd.ts";
import { trainStep } from "../../../lib/train/train_step.ts";
import { startState } from "../../../lib/train/train_state.ts";
import { classAttentionTransfer } from "../../../lib/methods/class_attention.ts";
import { decoupledDistillation, knowledgeDistillation } from "../../../lib/methods/distillation.ts";
import { type GroupPair, initProjections } from "../../../lib/methods/groups.ts";
import { chosenMethods, noTransfer } from "../../../lib/methods/table.ts";
import { teacherFunction } from "../../../lib/methods/teacher.ts";
import { transferLoss } from "../../../lib/methods/transfer_loss.ts";
import { backends } from "../../backends.ts";
import { assertClose } from "../../parity.ts";
import { assertSame } from "../../same.ts";
import {
  assertTerms,
  beta,
  evaluate,
  type Expected,
  type Inputs,
  methods,
  optionsOf,
  pairs,
  settings,
  setUp,
  show,
  student,
  teacher,
  teacherOptions,
  termsOf,
} from "./method_terms.ts";

for (const name of ["no method", ...Object.keys(methods)]) {
  Deno.test(`transferLoss() gives the terms of ${name} and no other`, () => {
    tf.setBackend("tensorflow");
    const names = name in methods ? [name] : [];
    const [options, inputs] = [optionsOf(names), setUp()];
    assertTerms(evaluate(options, inputs), termsOf(names, show(inputs)));
  });
}

for (const { name, use } of backends) {
  Deno.test(`transferLoss() gives the terms of all methods at once (${name})`, async () => {
    const names = Object.keys(methods);
    const options = optionsOf(names);
    const run = use((inputs: Inputs) => evaluate(options, inputs));
    const inputs = setUp();
    assertTerms(await run(inputs), termsOf(names, show(inputs)));
  });
}

Deno.test("transferLoss() needs no teacher for plain training and the symmetry of gradients", () => {
  tf.setBackend("tensorflow");
  const name = "the symmetry of gradients";
  const inputs = setUp();
  const shown = show(inputs);
  assertTerms(evaluate(noTransfer, inputs, false), termsOf([], shown));
  assertThrows(
    () => evaluate({ ...noTransfer, alpha: 0.9 }, inputs, false),
    TypeError,
    "Cannot use the method distillation without a teacher: give the step the teacher, too",
  );
  assertTerms(evaluate(optionsOf([name]), inputs, false), termsOf([name], shown));
});

Deno.test("transferLoss() multiplies a method's weight, and what it takes of cross entropy's, by its factor", () => {
  tf.setBackend("tensorflow");
  const names = ["knowledge distillation", "attention transfer", "ReviewKD"];
  const inputs = setUp();
  const factors = { distillation: 0.5, attention: 0.1, review: 0 };
  const scheduled = Object.entries(factors).map(([name, factor]) => [name, tf.scalar(factor)]);
  const shown = show(inputs);
  const terms = termsOf(names, shown);
  const { values, weighted } = evaluate(optionsOf(names), {
    ...inputs,
    scalars: { ...inputs.scalars, factors: Object.fromEntries(scheduled) },
  });
  assertEquals(Object.keys(values).sort(), Object.keys(terms).sort());
  const weights = {
    ...{ cross_entropy: 1 - 0.75 / 2, distillation: 0.75 / 2, review: 0 },
    ...{ attention_0: beta * 0.5 * 0.1, attention_1: beta * 2 * 0.1 },
  };
  for (const [name, weight] of Object.entries(weights)) {
    const [value] = terms[name]!;
    assertClose(values[name]!, value, { rtol: 1e-4 }, name);
    assertClose(weighted[name]!, tf.mul(value, weight), { rtol: 1e-4 }, `weighted ${name}`);
  }
});

Deno.test("transferLoss() standardises logits, and gives distillation a weight of its own", () => {
  tf.setBackend("tensorflow");
  const inputs = setUp();
  const { student, teacher, labels } = show(inputs);
  const methods = [
    knowledgeDistillation({ alpha: 0.9, weight: 9, temperature: 2, standardize: true }),
    decoupledDistillation({ weight: 2, standardize: true }),
  ];
  const terms = transferLoss({ methods, pairs: [] })({
    ...{ student, teacher, batch: inputs.batch, params: {}, scalars: inputs.scalars },
    apply: () => student,
  });
  const expected: Expected = {
    cross_entropy: [crossEntropy(student.logits, labels), 0.1],
    distillation: [
      distillationLoss(student.logits, teacher.logits, labels, {
        ...{ temperature: 2, alpha: 1, standardize: true },
      }),
      9,
    ],
    decoupled: [
      decoupledDistillationLoss(student.logits, teacher.logits, labels, { standardize: true }),
      2,
    ],
  };
  assertTerms({
    values: mapValues(terms, valueOf),
    weighted: mapValues(terms, weighted),
  }, expected);
});

Deno.test("classAttentionTransfer() says which network gives no features", () => {
  tf.setBackend("tensorflow");
  const inputs = setUp();
  const { student, teacher: shown, classifiers: [classifier, ofTeacher] } = show(inputs);
  const teacher = { ...shown, classifier: ofTeacher! };
  const loss = transferLoss({ methods: [classAttentionTransfer({ weight: 1 })], pairs: [] });
  const given = { batch: inputs.batch, params: {}, scalars: inputs.scalars, apply: () => student };
  const { features: _, ...bare } = student;
  loss({ ...given, student, classifier, teacher });
  assertThrows(() => loss({ ...given, student, teacher }), TypeError, "the student must give");
  const wrong = { ...given, student: bare, classifier };
  assertThrows(() => loss({ ...wrong, teacher }), TypeError, "the student must give");
  const untold = { ...given, student, classifier, teacher: shown };
  assertThrows(() => loss(untold), TypeError, "the teacher must give");
});

Deno.test("transferLoss() of all methods trains the projections too, compiled as op by op", async () => {
  tf.setBackend("tensorflow");
  const { params, lossParams, teacherParams, batch, scalars } = setUp();
  const weights = { ...optionsOf(Object.keys(methods)), similarityBeta: 1, gradientBeta: 1e-3 };
  const chosen = chosenMethods(weights, settings);
  const network = { model: teacher, params: teacherParams, options: teacherOptions };
  const optimizer = sgd();
  const step = trainStep({
    model: student,
    optimizer,
    teacher: teacherFunction(network, chosen),
    loss: transferLoss({ methods: chosen, pairs }),
  });
  const state = startState(params, optimizer, lossParams);
  const [eager, compiled] = [
    step(state, batch, scalars),
    await jit(step)(state, batch, scalars),
  ];
  assertEquals(Object.keys(eager.state.params).sort(), Object.keys(params).sort());
  assertEquals(Object.keys(eager.state.loss!.params), Object.keys(lossParams));
  for (const part of ["params", "buffers"] as const) {
    const [actual, expected] = [compiled, eager].map(({ state }) => ({
      ...state[part],
      ...state.loss?.[part],
    }));
    for (const [key, tensor] of Object.entries(expected!)) {
      assertClose(actual![key]!, tensor, { ofMax: 1e-4, atol: 1e-6 }, key);
    }
  }
  for (const key of Object.keys(lossParams)) {
    const moved = tf.max(tf.abs(tf.sub(compiled.state.loss!.params[key]!, lossParams[key]!)))
      .dataSync()[0]!;
    assert(moved > 1e-6, `${key} moved by ${moved}`);
  }
});

const shapes = {
  student: [[1, 32, 32, 16], [1, 16, 16, 32], [1, 8, 8, 64]],
  teacher: [[1, 32, 32, 32], [1, 16, 16, 32], [1, 8, 8, 128]],
};
const allPairs = [0, 1, 2].map((i) => ({ student: i, teacher: i, weight: 1 }));

Deno.test("initProjections() makes a filter for each pair whose channels differ", () => {
  tf.setBackend("tensorflow");
  const shapesOf = (pairs: GroupPair[]) =>
    Object.entries(initProjections(pairs, shapes, 0)).map(([key, { shape }]) => [key, shape]);
  assertEquals(shapesOf(allPairs), [
    ["projection0", [1, 1, 16, 32]],
    ["projection2", [1, 1, 64, 128]],
  ]);
  assertEquals(shapesOf(allPairs.slice(1, 2)), []);
  assertEquals(shapesOf([{ student: 1, teacher: 2, weight: 1 }]), [
    ["projection0", [1, 1, 32, 128]],
  ]);
});

Deno.test("initProjections() draws Kaiming normal numbers that follow from the seed alone", () => {
  tf.setBackend("tensorflow");
  const first = initProjections(allPairs, shapes, 5);
  assertSame(first, initProjections(allPairs, shapes, 5));
  assert(!isMultiple(first.projection0!, initProjections(allPairs, shapes, 6).projection0!));
  assert(!isMultiple(first.projection0!, first.projection2!));
  const { variance } = tf.moments(first.projection2!);
  assertClose(variance, tf.scalar(2 / 64), { rtol: 0.1 }, "variance");
});

Deno.test("initProjections() shares no numbers with a network of the same seed", () => {
  tf.setBackend("tensorflow");
  for (const seed of [0, 5]) {
    const projections = Object.entries(initProjections(allPairs, shapes, seed));
    const filters = Object.entries(student.init(seed)).filter(([, tensor]) => tensor.rank > 1);
    for (const [key, projection] of projections) {
      for (const [name, filter] of filters) {
        assert(!isMultiple(projection, filter), `${key} starts as a copy of ${name}`);
      }
    }
  }
});

/** Whether the first numbers of one are those of the other, times a factor. */
function isMultiple(a: tf.Tensor, b: tf.Tensor): boolean {
  const [x, y] = [a.dataSync().slice(0, 8), b.dataSync().slice(0, 8)];
  return y.every((value, i) => Math.abs(value * x[0]! - x[i]! * y[0]!) < 1e-6);
}
