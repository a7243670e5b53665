/**
 * What methods and distill() refuse.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { assertThrows } from "@std/assert";
import { UserError } from "../../../lib/errors.ts";
import { attentionTransfer } from "../../../lib/methods/attention.ts";
import { distill } from "../../../lib/methods/distill.ts";
import { classAttentionTransfer } from "../../../lib/methods/class_attention.ts";
import { decoupledDistillation, knowledgeDistillation } from "../../../lib/methods/distillation.ts";
import { gradientSymmetry } from "../../../lib/methods/gradient.ts";
import type { Method, NetworkWithParams, OutputMethod } from "../../../lib/methods/method.ts";
import { similarityPreserving } from "../../../lib/methods/relations.ts";
import { sgd } from "../../../lib/train/sgd.ts";
import { trainStep } from "../../../lib/train/train_step.ts";
import { startState } from "../../../lib/train/train_state.ts";
import type { AnyModel } from "../../../models/model.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";

Deno.test("methods refuse an alpha and a temperature out of range, and distill() what is no method", () => {
  for (const alpha of [-1, 1.5, NaN]) {
    assertThrows(() => knowledgeDistillation({ alpha }), RangeError, `alpha ${alpha}`);
  }
  for (const temperature of [0, -4, NaN]) {
    const message = `temperature ${temperature}`;
    assertThrows(() => knowledgeDistillation({ alpha: 0.9, temperature }), RangeError, message);
    assertThrows(() => decoupledDistillation({ weight: 1, temperature }), RangeError, message);
  }
  const model = wideResNet({ depth: 10, width: 0.25, numClasses: 10 });
  const network = { model, params: model.init(0) };
  for (const wrong of [undefined, {}, attentionTransfer]) {
    const methods = [knowledgeDistillation({ alpha: 0.5 }), wrong] as OutputMethod[];
    assertThrows(
      () => distill({ student: network, teacher: network, methods }),
      TypeError,
      "Cannot use undefined as term of method 1: it must be a function",
    );
  }
});

const model = wideResNet({ depth: 10, width: 0.25, numClasses: 10 });
const network = { model, params: model.init(0) };

/** The network, with another model around its `f`. */
function changed(change: (model: AnyModel) => object): NetworkWithParams {
  const { f, classifier } = model;
  return { ...network, model: { f, classifier, ...change(model) } as AnyModel };
}

Deno.test("distill() refuses two methods of one name, and names it", () => {
  const methods = [attentionTransfer({ weight: 1 }), attentionTransfer({ weight: 2, p: 4 })];
  const make = (methods: Method[]) => distill({ student: network, teacher: network, methods });
  assertThrows(() => make(methods), TypeError, "two terms of the name attention_0:");
  const [first, second] = methods as [Method, Method];
  make([first, { ...second, name: "attention_p4" } as Method]);
  const similarity = similarityPreserving({ weight: 1 });
  for (const name of ["cross_entropy", "attention_2"]) {
    assertThrows(
      () => make([first, { ...similarity, name }]),
      TypeError,
      `two terms of the name ${name}: give a method another name`,
    );
  }
});

Deno.test("distill() refuses methods that take more than all of the cross entropy's weight", () => {
  const methods = [2, 4].map((temperature) => ({
    ...knowledgeDistillation({ alpha: 0.9, temperature }),
    name: `distillation_${temperature}`,
  }));
  assertThrows(
    () => distill({ student: network, teacher: network, methods }),
    RangeError,
    "Cannot take 1.8 of the cross entropy's weight (0.9 + 0.9)",
  );
});

Deno.test("distill() refuses groups and weights of groups that have no effect", () => {
  const [similarity, distillation] = [
    similarityPreserving({ weight: 1 }),
    knowledgeDistillation({ alpha: 0.5 }),
  ];
  const refuse = (methods: Method[], options: object, why: string) =>
    assertThrows(
      () => distill({ student: network, teacher: network, methods, ...options }),
      TypeError,
      why,
    );
  refuse([distillation], { groups: [[9, 9]] }, "the option groups: no method compares groups");
  refuse([similarity], { groupWeights: [1] }, "groupWeights: no method weighs pairs of groups");
  const symmetry = [gradientSymmetry({ weight: 1 })];
  assertThrows(
    () => distill({ student: network, methods: symmetry, groups: [[0, 0]] }),
    TypeError,
    "no method compares groups",
  );
});

Deno.test("distill() refuses a label smoothing out of range at once", () => {
  for (const labelSmoothing of [-0.1, 1.1, NaN]) {
    assertThrows(
      () => distill({ student: network, methods: [], labelSmoothing }),
      RangeError,
      `Cannot smooth labels by ${labelSmoothing}: it must be from 0 to 1`,
    );
  }
  for (const labelSmoothing of [0, 1]) distill({ student: network, methods: [], labelSmoothing });
});

Deno.test("a step of distill() refuses a factor of no method", () => {
  const methods = [gradientSymmetry({ weight: 1 })];
  const transfer = distill({ student: network, methods });
  const optimizer = sgd();
  const step = trainStep({ model, optimizer, ...transfer });
  const batch = { images: tf.ones([1, 8, 8, 3]), labels: tf.tensor1d([0], "int32") };
  const run = (name: string) =>
    step(startState(network.params, optimizer), batch, {
      ...{ rate: tf.scalar(0.1), factors: { [name]: tf.scalar(1) } },
    });
  assertThrows(
    () => run("symmetry"),
    TypeError,
    "Cannot use a factor for symmetry: no method has this name; there are gradient_symmetry",
  );
  run("gradient_symmetry");
});

Deno.test("attentionTransfer() has no weights of pairs, and says where they are", () => {
  const options = { weight: 1, weights: [1, 2, 3] };
  assertThrows(
    () => attentionTransfer(options),
    TypeError,
    "the weights of the pairs are groupWeights of distill()",
  );
});

Deno.test("distill() refuses methods that compare groups where there is no pair", () => {
  const bare = changed(({ f }) => ({
    f: (...args: Parameters<typeof f>) => ({ ...f(...args), groups: [] }),
  }));
  for (const method of [attentionTransfer({ weight: 1 }), similarityPreserving({ weight: 1 })]) {
    const methods = [knowledgeDistillation({ alpha: 0.5 }), method] as Method[];
    const refuse = (student: NetworkWithParams, teacher: NetworkWithParams, why: string) =>
      assertThrows(
        () => distill({ student, teacher, methods }),
        UserError,
        `Cannot use the method ${method.name}, which compares groups: ${why}`,
      );
    refuse(bare, bare, "the student has none");
    refuse(bare, network, "the student has none");
    refuse(network, bare, "the teacher has none");
    assertThrows(
      () => distill({ student: network, teacher: network, methods, groups: [] }),
      UserError,
      "the option groups names no pair",
    );
  }
});

Deno.test("distill() takes whole group numbers from 0 only", () => {
  const methods = [attentionTransfer({ weight: 1 })];
  for (const wrong of [-1, 0.5, NaN]) {
    for (const pair of [[wrong, 0], [0, wrong]] as const) {
      assertThrows(
        () => distill({ student: network, teacher: network, methods, groups: [pair] }),
        UserError,
        `Cannot use group ${wrong} of the ${pair[0] === 0 ? "teacher" : "student"}`,
      );
    }
  }
});

Deno.test("distill() says at once what CAT-KD lacks of a network", () => {
  const make = (student: NetworkWithParams, teacher: NetworkWithParams) =>
    distill({ student, teacher, methods: [classAttentionTransfer({ weight: 1 })] });
  make(network, network);
  const flat = changed(({ f }) => ({
    f: (...args: Parameters<typeof f>) => ({ ...f(...args), features: undefined }),
  }));
  const unnamed = changed(() => ({ classifier: undefined }));
  const misnamed = changed(() => ({ classifier: "fc.w" }));
  const refuse = (student: NetworkWithParams, teacher: NetworkWithParams, message: string) =>
    assertThrows(() => make(student, teacher), UserError, message);
  const cannot = "Cannot use the method class_attention with this";
  refuse(flat, network, `${cannot} student: its f gives no features;`);
  refuse(network, unnamed, `${cannot} teacher: it does not name its classifier;`);
  refuse(misnamed, network, `${cannot} student: it names fc.w as its classifier, and has no such`);
});
