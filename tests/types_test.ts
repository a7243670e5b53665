/**
 * The types help in programs of users: what is right needs no cast, and mistakes are found before the
 * program runs. `deno check` runs over this file: each `@ts-expect-error` must be an error, and
 * each `same` must hold. The functions with types alone are not called.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import * as at from "../mod.ts";
import { ownNetwork } from "./lib/train/own.ts";
import { long } from "./long.ts";

/** True if both types are the same, not only assignable. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;

/** Compiles only if the types are the same. */
function same<A, B>(..._are: Same<A, B> extends true ? [] : [never]): void {}

await tf.setBackend("cpu");
const numClasses = 10;
const wide = at.wideResNet({ depth: 10, width: 0.25, numClasses });
const deep = at.resNet({ depth: 18, width: 0.125, numClasses });
const optimizer = at.sgd();

Deno.test("a step of networks of one's own keeps names and ranks, and runs", () => {
  const [student, teacher] = [ownNetwork(4), ownNetwork(8)];
  const teacherParams = teacher.init(1);
  const step = at.trainStep({
    model: student,
    optimizer,
    loss: ({ student, teacher, batch }) => {
      same<typeof student, at.ModelOutput>();
      same<typeof teacher, at.TeacherOutput>(); // given below, so not undefined
      same<typeof batch.images, tf.Tensor4D>();
      return {
        ce: at.crossEntropy(student.logits, batch.labels),
        at: { value: at.attentionTransferLoss(student.groups, teacher.groups), weight: 100 },
      };
    },
    teacher: ({ images }) => teacher.f(images, teacherParams),
  });
  tf.tidy(() => {
    const batch = { images: tf.randomNormal([2, 8, 8, 3]), labels: tf.tensor1d([0, 1], "int32") };
    const { terms, state } = step(at.startState(student.init(0), optimizer), batch, {
      rate: tf.scalar(0.05),
    });
    same<typeof terms.at, tf.Scalar>();
    same<keyof typeof terms, "ce" | "at">();
    same<typeof state.params, at.Tensors>();
    // @ts-expect-error The loss has no term of that name.
    terms.att;
    assertEquals(Object.keys(terms), ["ce", "at"]);
    return state.params;
  });
});

Deno.test("the number of groups is known, and the features are there", () => {
  tf.tidy(() => {
    const output = wide.f(tf.zeros([1, 8, 8, 3]), wide.init(0), "eval");
    same<typeof output.groups, at.ThreeGroups>();
    same<typeof output.features, tf.Tensor4D>();
    // @ts-expect-error A WideResNet has the groups 0, 1 and 2.
    const none = output.groups[3];
    assertEquals([none, output.groups[2].shape[3], output.features.shape], [
      undefined,
      16,
      [1, 2, 2, 16],
    ]);
    return output.logits;
  });
});

/** The mistakes below throw when they run, or are only about types. */
export function mistakes(): void {
  // @ts-expect-error A WideResNet's depth is 6n + 4.
  at.wideResNet({ depth: 17, width: 1, numClasses });
  // @ts-expect-error There is no ResNet-17.
  at.resNet({ depth: 17, numClasses });
  at.wideResNet({ depth: Number("17"), width: 1, numClasses }); // known only when it runs
  same<ReturnType<typeof deep.f>["groups"], at.FourGroups>();

  // @ts-expect-error A parameter is a tensor.
  at.startState({ conv: 5 }, optimizer);
  // @ts-expect-error A network's parameters are a dictionary, and not one tensor.
  at.startState(tf.scalar(1), optimizer);
}

/** Losses between groups. */
export function pairs(
  three: at.ThreeGroups,
  four: at.FourGroups,
  any: tf.Tensor4D[],
  maps: tf.Tensor3D[],
  one: tf.Tensor4D,
): void {
  at.attentionTransferLoss(three, three);
  at.attentionTransferLoss(three, any);
  at.attentionTransferLoss(any, four);
  at.attentionTransferLoss(three, maps);
  at.attentionTransferLoss([three[0], three[2]], [four[0], four[3]], { p: 1 });
  at.attentionTransferLoss(one, one);
  at.activationTransferLoss(three, any);
  at.similarityPreservingLoss(three[2], four[3]);
  // @ts-expect-error Three groups cannot be paired with four.
  at.attentionTransferLoss(three, four);
  // @ts-expect-error Four groups cannot be paired with three.
  at.attentionTransferLoss(four, three);
  // @ts-expect-error The same for whole activations ...
  at.activationTransferLoss(three, four);
  // @ts-expect-error ... and for similarities.
  at.similarityPreservingLoss(four, three);
  // @ts-expect-error An attention map is made of an activation [N, H, W, C].
  at.attentionMap(tf.zeros<tf.Rank.R2>([2, 3]));
}

/** distill() between networks of three and of four groups. */
export function distillations(params: at.Params, own: at.Model): void {
  const student = { model: wide, params };
  const teacher = { model: deep, params };
  const attention = at.attentionTransfer({ weight: 1000 });
  const knowledge = at.knowledgeDistillation({ alpha: 0.9 });
  const similarity = at.similarityPreserving({ weight: 3000 });
  at.distill({ student, teacher, methods: [knowledge, similarity] });
  at.distill({ student, teacher, methods: [attention], groups: [[0, 0], [2, 3]] });
  at.distill({ student, teacher: { model: own, params }, methods: [attention] });
  at.distill({ student, teacher: student, methods: [attention, knowledge] });
  at.distill({ student, methods: [] });
  at.distill({ student, teacher, methods: [] as at.Method[] });
  // @ts-expect-error Which of the three groups to compare with which of the four?
  at.distill({ student, teacher, methods: [attention] });
  // @ts-expect-error The same beside other methods.
  at.distill({ student, teacher, methods: [knowledge, attention] });

  const transfer = at.distill({ student, teacher, methods: [knowledge] });
  const { terms } = at.trainStep({ model: wide, optimizer, ...transfer })(
    at.startState(params, optimizer),
    { images: tf.zeros([1, 8, 8, 3]), labels: tf.tensor1d([0], "int32") },
    { learningRate: tf.scalar(0.1) },
  );
  same<typeof terms.cross_entropy, tf.Scalar>();
}

/** Steps with and without a teacher. */
export function steps(state: at.TrainState, batch: at.TensorBatch, rate: tf.Scalar): void {
  at.trainStep({
    model: wide,
    optimizer,
    loss: ({ student, teacher, batch }) => {
      same<typeof student, at.ModelOutput<at.ThreeGroups>>();
      // @ts-expect-error No teacher is given.
      teacher.logits;
      return { ce: at.crossEntropy(student.logits, batch.labels) };
    },
  });
  at.trainStep({
    model: wide,
    optimizer,
    teacher: ({ images }) => deep.f(images, {}, "eval"),
    loss: ({ student: { groups }, teacher }) => ({
      // @ts-expect-error Three groups cannot be paired with the teacher's four.
      at: at.attentionTransferLoss(groups, teacher.groups),
    }),
  });
  // @ts-expect-error A term is a tensor, or one with a weight.
  at.trainStep({ model: wide, optimizer, loss: () => ({ ce: 1 }) });
  // @ts-expect-error A network gives logits.
  at.trainStep({ model: { f: () => ({ groups: [], stats: {} }) }, optimizer, loss: () => ({}) });
  const step = at.jit(at.trainStep({ model: wide, optimizer, loss: () => ({ ce: tf.scalar(1) }) }));
  step(state, batch, { rate }).then(({ terms }) => same<typeof terms, { ce: tf.Scalar }>());
  // @ts-expect-error A step needs its learning rate.
  step(state, batch, {});
  // @ts-expect-error Labels are numbers [N], and not one-hot.
  step(state, { ...batch, labels: tf.zeros<tf.Rank.R2>([1, 10]) }, { rate });
  at.evalStep(ownNetwork(4))(state.params, { ...batch, images: tf.randomNormal([1, 8, 8, 3]) });
}

/** What a project of a user may leave off. This one has all of them on. */
const lax = {
  noUncheckedIndexedAccess: false,
  exactOptionalPropertyTypes: false,
  noImplicitOverride: false,
};

long.test("the types are the same in a project with laxer settings", async () => {
  const path = (name: string) => fromFileUrl(new URL(`../${name}`, import.meta.url));
  const config = JSON.parse(Deno.readTextFileSync(path("deno.nojsr.json")));
  const compilerOptions = { ...config.compilerOptions, ...lax };
  // Elsewhere it would not apply to this file.
  const file = await Deno.makeTempFile({ dir: path(""), prefix: ".types-", suffix: ".json" });
  try {
    await Deno.writeTextFile(file, JSON.stringify({ imports: config.imports, compilerOptions }));
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", "--no-lock", "--config", file, path("tests/types_test.ts")],
      env: { NO_COLOR: "1" },
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(file);
  }
});
