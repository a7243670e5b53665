/**
 * The table of methods, and that what adds a method is one entry.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { distill } from "../../../lib/methods/distill.ts";
import type { MethodEntry, PairMethod } from "../../../lib/methods/method.ts";
import {
  chosenMethods,
  methodFacts,
  methodTable,
  noTransfer,
  weightNames,
} from "../../../lib/methods/table.ts";
import { sgd } from "../../../lib/train/sgd.ts";
import { trainStep } from "../../../lib/train/train_step.ts";
import { startState } from "../../../lib/train/train_state.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { methodsTable } from "../../../scripts/methods_table.ts";
import { assertClose } from "../../parity.ts";

const settings = { temperature: 4, attention: {} };
const student = wideResNet({ depth: 10, width: 0.25, numClasses: 5 });
const teacher = wideResNet({ depth: 10, width: 0.5, numClasses: 5 });
const image = [8, 8, 3] as const;

Deno.test("docs/methods.md has the table of methods", () => {
  const page = Deno.readTextFileSync(new URL("../../../docs/methods.md", import.meta.url));
  const rows = (text: string) => text.split("\n").map((row) => row.replace(/\s*\|\s*/g, "|"));
  const stated = rows(page);
  for (const row of rows(methodsTable()).slice(2)) {
    assert(stated.includes(row), `missing: ${row}; run scripts/methods_table.ts and paste it`);
  }
});

Deno.test("the table of methods names each term, label and option once", () => {
  const facts = weightNames.map(methodFacts);
  for (const names of [facts.map(({ term }) => term), facts.map(({ label }) => label)]) {
    assertEquals(new Set(names).size, weightNames.length);
  }
});

Deno.test("chosenMethods() gives the methods with a weight, in the order of the table", () => {
  assertEquals(chosenMethods(noTransfer, settings), []);
  const chosen = chosenMethods({ ...noTransfer, relationalBeta: 2, alpha: 0.5 }, settings);
  assertEquals(chosen.map(({ name }) => name), ["distillation", "relational"]);
  assertEquals(chosen.map(({ weight }) => weight), [0.5, 2]);
});

/** All that a new method of a user, or of this library, takes. */
const channelMeans: PairMethod = {
  name: "channel_means",
  of: "last pair",
  weight: 3,
  term: ({ student, teacher }) => tf.square(tf.sub(tf.mean(student), tf.mean(teacher))),
};
const channelMeansEntry: MethodEntry = {
  label: "CM",
  help: "weight of the means over all channels",
  usualWeight: 3,
  loss: "channelMeansLoss",
  formula: "the squared difference of the means over all channels",
  method: (weight) => ({ ...channelMeans, weight }),
};

Deno.test("distill() trains by a method of one's own beside the library's", () => {
  tf.setBackend("cpu");
  const entries: Record<string, MethodEntry> = { ...methodTable, means: channelMeansEntry };
  const methods = ["alpha", "beta", "means"].map((name) => entries[name]!.method(0.5, settings));
  const params = student.init(0);
  const teacherParams = teacher.init(1);
  const { lossParams, ...transfer } = distill({
    student: { model: student, params },
    teacher: { model: teacher, params: teacherParams },
    methods,
    image,
  });
  const optimizer = sgd();
  const step = trainStep({ model: student, optimizer, ...transfer });
  const images = tf.randomNormal<tf.Rank.R4>([2, ...image], 0, 1, "float32", 1);
  const batch = { images, labels: tf.tensor1d([0, 4], "int32") };
  const { terms } = step(startState(params, optimizer, lossParams), batch, {
    learningRate: tf.scalar(0.1),
  });
  assertEquals(Object.keys(terms), [
    ...["cross_entropy", "distillation", "attention_0", "attention_1", "attention_2"],
    "channel_means",
  ]);
  const [own, other] = [
    student.f(images, params, "train").groups[2]!,
    teacher.f(images, teacherParams, "eval").groups[2]!,
  ];
  const difference = tf.sub(tf.mean(own), tf.mean(other));
  assertClose(terms["channel_means"]!, tf.square(difference), { rtol: 1e-4 }, "channel_means");
});

Deno.test("distill() refuses a method that lacks its teacher, and what is no network", () => {
  tf.setBackend("cpu");
  const own = { model: student, params: student.init(0) };
  assertThrows(
    () => distill({ student: own, methods: [channelMeans] }),
    TypeError,
    "Cannot use the method channel_means without a teacher: give distill() one",
  );
  assertThrows(
    () => distill({ student: own, teacher: { ...own, params: null as never }, methods: [] }),
    TypeError,
    "the teacher's parameters",
  );
  const { teacher, lossParams } = distill({ student: own, methods: [] });
  assertEquals([teacher, lossParams], [undefined, {}]);
});
