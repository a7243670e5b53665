/**
 * What a training step and an evaluation say of functions, terms and tensors that they cannot use.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert } from "@std/assert";
import { sgd } from "../../../lib/train/sgd.ts";
import { termGradientNorms } from "../../../lib/train/term_gradients.ts";
import { evalStep } from "../../../lib/train/eval_step.ts";
import { trainStep } from "../../../lib/train/train_step.ts";
import { startState } from "../../../lib/train/train_state.ts";
import type { Tensors } from "../../../lib/params.ts";
import { jit } from "../../../lib/jit/jit.ts";
import { backends } from "../../backends.ts";

const classes = 4;
const optimizer = sgd();

/** A network of one's own. */
const model = {
  f: (x: tf.Tensor4D, { filter, weight }: Tensors) => {
    const g = tf.relu(tf.conv2d(x, filter as tf.Tensor4D, 1, "same"));
    const logits = tf.matMul(tf.mean(g, [1, 2]) as tf.Tensor2D, weight as tf.Tensor2D);
    return { logits: logits as tf.Tensor2D, groups: [g as tf.Tensor4D], stats: {} as Tensors };
  },
};

const params = (): Tensors => ({
  filter: tf.randomNormal([3, 3, 3, 5], 0, 0.2, "float32", 1),
  weight: tf.randomNormal([5, classes], 0, 0.2, "float32", 2),
});
const batch = () => ({
  images: tf.randomNormal<tf.Rank.R4>([2, 6, 6, 3], 0, 1, "float32", 3),
  labels: tf.tensor1d([0, 3], "int32"),
});
const scalars = () => ({ rate: tf.scalar(0.1) });

function disposed(tensor: tf.Tensor): tf.Tensor {
  tensor.dispose();
  return tensor;
}

/** What is wrong in what a step is made of or given; the rest is right. */
// deno-lint-ignore no-explicit-any -- wrong values are the point
type Wrong = Partial<Record<"model" | "loss" | "teacher" | "state" | "batch" | "scalars", any>>;

const size = ({ student }: { student: { logits: tf.Tensor } }) => ({
  size: tf.mean(tf.square(student.logits)),
});
const keeping = (stats: Tensors) => ({
  f: (x: tf.Tensor4D, params: Tensors) => ({ ...model.f(x, params), stats }),
});
const gives = (terms: unknown) => ({ loss: () => terms });

const steps: [what: string, wrong: () => Wrong, message: string][] = [
  ["no terms", () => gives({}), "a loss that gives no terms: it must give its terms by name"],
  ["nothing", () => gives(undefined), "a loss that gives undefined"],
  ["a bare tensor", () => gives(tf.scalar(1)), "a loss that gives a"],
  ["a list", () => gives([tf.scalar(1)]), "a loss that gives an array"],
  ["a promise", () => gives(Promise.resolve({})), "must be a function that is not asynchronous"],
  ["a number", () => gives({ ce: 1 }), "1 as the term ce: it must be a scalar tensor"],
  ["no term", () => gives({ ce: undefined }), "undefined as the term ce"],
  ["a vector", () => gives({ ce: tf.ones([2]) }), "the term ce, float32[2]: it must be a scalar"],
  ["whole numbers", () => gives({ ce: tf.scalar(1, "int32") }), "the term ce, int32[]"],
  ["a disposed term", () => gives({ ce: disposed(tf.scalar(1)) }), "the term ce: the tensor"],
  [
    "no weight",
    () => gives({ ce: { value: tf.scalar(1) } }),
    "undefined as the weight of the term",
  ],
  ["no value", () => gives({ ce: { weight: 1 } }), "undefined as the value of the term ce"],
  [
    "a weighted vector",
    () => gives({ ce: { value: tf.ones([2]), weight: 1 } }),
    "the value of the term ce, float32[2]",
  ],
  ["no loss", () => ({ loss: undefined }), "undefined as the loss: it must be a function"],
  ["no model", () => ({ model: undefined }), "undefined as f of the model"],
  ["a teacher that is no function", () => ({ teacher: model }), "an object as the teacher"],
  [
    "a teacher without output",
    () => ({ teacher: () => undefined }),
    "undefined as the logits of the",
  ],
  [
    "a teacher with other logits",
    () => ({ teacher: () => ({ logits: tf.ones([3, 4]), groups: [], stats: {} }) }),
    "logits [3,4] of the teacher: they must be [2, classes]",
  ],
  [
    "a student without logits",
    () => ({ model: { f: () => ({}) } }),
    "as the logits of the student",
  ],
  [
    "a student without stats",
    () => ({ model: { f: () => ({ logits: tf.ones([2, 4]), groups: [] }) } }),
    "there are no stats; give {}",
  ],
  [
    "statistics of no parameter",
    () => ({ model: keeping({ "bn.running_mean": tf.ones([5]) }) }),
    "Cannot keep bn.running_mean [5] of a network's stats: there is no such parameter",
  ],
  [
    "statistics of a trained parameter",
    () => ({ model: keeping({ weight: tf.ones([5, classes]) }) }),
    "Cannot keep weight [5,4] of a network's stats: it is trained; the keys of statistics end with",
  ],
  [
    "statistics of another shape",
    () => ({
      model: keeping({ "bn.running_mean": tf.ones([5]) }),
      state: startState({ ...params(), "bn.running_mean": tf.ones([3]) }, optimizer),
    }),
    "Cannot keep bn.running_mean [5] of a network's stats: the parameter is [3]",
  ],
  [
    "float labels",
    () => ({ batch: { ...batch(), labels: tf.tensor1d([0, 3]) } }),
    "labels of type float32",
  ],
  [
    "one-hot labels",
    () => ({ batch: { ...batch(), labels: tf.oneHot(tf.tensor1d([0, 3], "int32"), classes) } }),
    "these look one-hot",
  ],
  [
    "too few labels",
    () => ({ batch: { ...batch(), labels: tf.tensor1d([1], "int32") } }),
    "labels [1] with images [2,6,6,3]",
  ],
  [
    "no labels",
    () => ({ batch: { images: batch().images } }),
    "undefined as the labels of the batch",
  ],
  [
    "disposed images",
    () => ({ batch: { ...batch(), images: disposed(batch().images) } }),
    "disposed",
  ],
  ["no batch", () => ({ batch: null }), "as the images of the batch"],
  [
    "a teacher whose own parameters are disposed",
    () => {
      const own = disposed(tf.ones([5, classes]));
      return {
        teacher: ({ images }: { images: tf.Tensor4D }) =>
          model.f(images, { ...params(), weight: own }),
      };
    },
    "disposed",
  ],
  ["no scalars", () => ({ scalars: null }), "null as the scalars"],
  ["no state", () => ({ state: null }), "undefined as the parameters"],
  ["no buffers", () => ({ state: { params: params() } }), "undefined as the buffers"],
  ["no rate", () => ({ scalars: {} }), "undefined as the learningRate of the scalars"],
  ["a plain rate", () => ({ scalars: { rate: 0.1 } }), "0.1 as rate of the scalars"],
  [
    "a disposed parameter",
    () => {
      const state = startState(params(), optimizer);
      state.params.weight!.dispose();
      return { state };
    },
    "disposed",
  ],
  [
    "a disposed buffer",
    () => {
      const state = startState(params(), optimizer);
      state.buffers.filter!.dispose();
      return { state };
    },
    "disposed",
  ],
  [
    "no trainable parameters",
    () => ({ state: { params: { "bn.running_mean": tf.ones([1]) }, buffers: {} } }),
    "there are no parameters that can be trained",
  ],
];

async function failureOf(call: () => unknown): Promise<Error> {
  try {
    await call();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was refused");
}

for (const { name, tfjs, use } of backends) {
  Deno.test(`trainStep() refuses with one TypeError what it cannot use (${name})`, async () => {
    tf.setBackend(tfjs);
    for (const [what, wrong, message] of steps) {
      const given = {
        ...{ model, loss: size, teacher: undefined, batch: batch(), scalars: scalars() },
        state: startState(params(), optimizer),
        ...wrong(),
      };
      const error = await failureOf(() => {
        const { model, loss, teacher } = given;
        const step = use(trainStep({ model, loss, teacher, optimizer }));
        return step(given.state, given.batch, given.scalars);
      });
      assert(error instanceof TypeError, `${what}: ${error.stack}`);
      assert(error.message.includes(message), `${what}: ${error.message}`);
      assert(!error.message.includes("\n"), error.message);
    }
  });

  Deno.test(`evalStep() and termGradientNorms() refuse the same (${name})`, async () => {
    tf.setBackend(tfjs);
    const state = params();
    const evaluate = use(evalStep(model));
    const floats = { ...batch(), labels: tf.tensor1d([0, 3]) };
    const norms = use(termGradientNorms({ model, loss: () => ({}) }));
    const failures = [
      await failureOf(() => evaluate(state, floats as never)),
      await failureOf(() => evaluate({ ...state, weight: undefined as never }, batch())),
      await failureOf(() => evaluate({ ...state, weight: disposed(params().weight!) }, batch())),
      await failureOf(() => norms(state, batch(), scalars())),
      await failureOf(() => evalStep(undefined as never)),
    ];
    for (const error of failures) assert(error instanceof TypeError, error.stack);
  });

  Deno.test(`a weight that is NaN is refused, and not minimised (${name})`, async () => {
    tf.setBackend(tfjs);
    const loss = () => ({ ce: { value: tf.scalar(1), weight: NaN } });
    const step = use(trainStep({ model, loss, optimizer }));
    const error = await failureOf(() => step(startState(params(), optimizer), batch(), scalars()));
    assert(
      error instanceof RangeError && error.message.includes("the term ce by NaN"),
      error.stack,
    );
  });
}

Deno.test("sgd() and startState() refuse tensors that are disposed or missing", async () => {
  tf.setBackend("cpu");
  const { init, update } = sgd();
  const good = params();
  const bad = { ...good, weight: disposed(params().weight!) };
  const failures = [
    await failureOf(() => init(bad)),
    await failureOf(() => startState(bad, optimizer)),
    await failureOf(() => startState(undefined as never, optimizer)),
    await failureOf(() => update(good, bad, init(good), tf.scalar(1))),
    await failureOf(() => update(bad, good, init(good), tf.scalar(1))),
  ];
  for (const error of failures) assert(error instanceof TypeError, error.stack);
});

for (const backend of ["tensorflow", "cpu"]) {
  Deno.test(`jit() refuses disposed arguments, wrong precisions and what is no function (${backend})`, async () => {
    tf.setBackend(backend);
    const f = jit((x: tf.Tensor, _more: { list: tf.Tensor[] }) => tf.square(x));
    const x = tf.ones([2]);
    (await f(x, { list: [x] })).dispose();
    const error = await failureOf(() => f(x, { list: [x, disposed(tf.ones([3]))] }));
    assert(
      error instanceof TypeError && error.message.includes("arguments[1].list[1]"),
      error.stack,
    );
    const precision = await failureOf(() => jit(() => x, { precision: "float16" as "float32" }));
    assert(
      precision instanceof RangeError && precision.message.includes(`"float16"`),
      `${precision}`,
    );
    assert(await failureOf(() => jit(undefined as never)) instanceof TypeError);
    assert(await failureOf(() => jit(() => x, "bfloat16" as never)) instanceof TypeError);
  });
}
