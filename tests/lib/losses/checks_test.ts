/**
 * What the losses refuse: what is no tensor, disposed, no label, or in PyTorch's layout.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertThrows } from "@std/assert";
import { activationTransferLoss } from "../../../lib/losses/activation.ts";
import { attentionMap, attentionTransferLoss } from "../../../lib/losses/attention.ts";
import { checkLayout } from "../../../lib/losses/checks.ts";
import { crossEntropy } from "../../../lib/losses/cross_entropy.ts";
import { decoupledDistillationLoss } from "../../../lib/losses/decoupled.ts";
import { distillationLoss } from "../../../lib/losses/distillation.ts";
import {
  gradientAttentionLoss,
  gradientSymmetryLoss,
  inputGradient,
} from "../../../lib/losses/gradient.ts";
import { relationalDistillationLoss } from "../../../lib/losses/relational.ts";
import { similarityPreservingLoss } from "../../../lib/losses/similarity.ts";
import { backends } from "../../backends.ts";

// deno-lint-ignore no-explicit-any -- wrong arguments are the point
type Loss = (...args: any[]) => tf.Tensor;

const options = { temperature: 4, alpha: 0.9 };
const activation = () => tf.randomNormal([2, 4, 4, 3]);
const logits = () => tf.randomNormal([2, 3]);
const labels = () => tf.tensor1d([0, 2], "int32");

/** Each loss with good arguments: tensors, and lists of them. */
const losses: Record<string, { loss: Loss; args: () => unknown[] }> = {
  attentionMap: { loss: attentionMap, args: () => [activation()] },
  "attentionTransferLoss of a pair": {
    loss: attentionTransferLoss,
    args: () => [activation(), activation()],
  },
  "attentionTransferLoss of lists": {
    loss: attentionTransferLoss,
    args: () => [[activation(), activation()], [activation(), activation()]],
  },
  activationTransferLoss: {
    loss: activationTransferLoss,
    args: () => [[activation()], [activation()], tf.ones([1, 1, 3, 3])],
  },
  similarityPreservingLoss: {
    loss: similarityPreservingLoss,
    args: () => [[activation(), activation()], [activation(), logits()]],
  },
  relationalDistillationLoss: {
    loss: relationalDistillationLoss,
    args: () => [logits(), activation()],
  },
  gradientAttentionLoss: {
    loss: gradientAttentionLoss,
    args: () => [activation(), activation()],
  },
  gradientSymmetryLoss: { loss: gradientSymmetryLoss, args: () => [activation(), activation()] },
  crossEntropy: { loss: crossEntropy, args: () => [logits(), labels()] },
  distillationLoss: {
    loss: (...args: Parameters<Loss>) => distillationLoss(args[0], args[1], args[2], options),
    args: () => [logits(), logits(), labels()],
  },
  decoupledDistillationLoss: {
    loss: decoupledDistillationLoss,
    args: () => [logits(), logits(), labels()],
  },
  inputGradient: {
    loss: (x) => inputGradient((x) => tf.sum(tf.square(x)), x),
    args: () => [activation()],
  },
};

/** The arguments with each tensor in turn, those of lists too, replaced. */
function* replaced(args: () => unknown[], f: (tensor: tf.Tensor) => unknown) {
  for (const [i, arg] of args().entries()) {
    const places = Array.isArray(arg) ? arg.keys() : [undefined];
    for (const place of places) {
      const all = args();
      const list = place === undefined ? all : all[i] as unknown[];
      const at = place ?? i;
      list[at] = f(list[at] as tf.Tensor);
      yield all;
    }
  }
}

const wrong: Record<string, (tensor: tf.Tensor) => unknown> = {
  "undefined as ": () => undefined,
  "null as ": () => null,
  "Array as ": (tensor) => tensor.dataSync().slice(),
  "must be ": (tensor) => tf.cast(tensor, tensor.dtype === "int32" ? "float32" : "int32"),
  "is disposed": (tensor) => {
    tensor.dispose();
    return tensor;
  },
};

Deno.test("crossEntropy refuses a batch of no example, whose mean is no number", () => {
  const none = [tf.zeros([0, 3]), tf.zeros([0], "int32")] as [tf.Tensor2D, tf.Tensor1D];
  assertThrows(() => crossEntropy(...none), TypeError, "of one example or more");
});

for (const tfjs of ["tensorflow", "cpu"]) {
  for (const [name, { loss, args }] of Object.entries(losses)) {
    Deno.test(`${name} refuses what is no tensor, or disposed (${tfjs})`, () => {
      tf.setBackend(tfjs);
      loss(...args()).dispose();
      for (const [message, f] of Object.entries(wrong)) {
        for (const all of replaced(args, f)) {
          // A filter may be left out.
          if (name === "activationTransferLoss" && message === "undefined as " && !all[2]) continue;
          assertThrows(() => loss(...all), TypeError, message);
        }
      }
    });
  }
}

for (const { name, use } of backends) {
  Deno.test(`losses refuse labels that are floats, or one-hot (${name})`, async () => {
    const floats = tf.tensor1d([0, 2]);
    const bools = tf.tensor1d([0, 1], "bool");
    const oneHot = [tf.oneHot(labels(), 3), tf.oneHot(labels(), 3, 1, 0, "float32")];
    for (const key of ["crossEntropy", "distillationLoss", "decoupledDistillationLoss"]) {
      const { loss, args } = losses[key]!;
      const run = use(loss);
      const refused = async (labels: tf.Tensor, message: string) => {
        const error = await run(...args().slice(0, -1), labels).catch((error) => error);
        assert(error instanceof TypeError && error.message.includes(message), `${key}: ${error}`);
      };
      await refused(
        floats,
        `labels of type float32: they must be the numbers of the classes, int32`,
      );
      await refused(bools, "labels of type bool");
      for (const labels of oneHot) {
        await refused(labels, "these look one-hot; use tf.argMax(labels, 1)");
      }
    }
  });
}

Deno.test("losses refuse a teacher in PyTorch's layout, where sizes tell it", () => {
  const student = tf.zeros<tf.Rank.R4>([2, 16, 16, 32]);
  const of = (...shape: [number, number, number, number]) => tf.zeros<tf.Rank.R4>(shape);
  const message = "[N, H, W, C] is expected, and the teacher's looks like [N, C, H, W]; use " +
    "tf.transpose(x, [0, 2, 3, 1])";
  type Pairs = tf.Tensor4D | tf.Tensor4D[];
  const losses: ((student: Pairs, teacher: Pairs) => tf.Scalar)[] = [
    attentionTransferLoss,
    activationTransferLoss,
  ];
  for (const loss of losses) {
    const given = [of(2, 64, 16, 16), of(2, 32, 16, 16), of(2, 8, 16, 16), of(2, 512, 8, 8)];
    for (const teacher of given) {
      assertThrows(() => loss(student, teacher), TypeError, message);
      assertThrows(() => loss([student], [teacher]), TypeError, message);
    }
  }
  const wide = of(2, 12, 20, 32);
  assertThrows(() => attentionTransferLoss(wide, of(2, 64, 12, 20)), TypeError, message);
  assertThrows(() => attentionTransferLoss(wide, of(2, 64, 6, 10)), TypeError, message);
  assertThrows(
    () => attentionTransferLoss(of(2, 32, 16, 16), of(2, 8, 8, 64)),
    TypeError,
    "student's",
  );
  assertThrows(
    () => attentionTransferLoss(of(2, 32, 16, 16), of(2, 64, 8, 8)),
    TypeError,
    "both look",
  );
});

Deno.test("checkLayout() lets all pass that networks give for the same images", () => {
  const strides = [1, 2, 4, 8];
  let pairs = 0;
  for (const height of [7, 28, 30, 32, 33, 56, 224]) {
    for (const width of [7, 24, 32, 45, 224]) {
      for (const s of strides) {
        for (const t of strides) {
          for (const round of [Math.ceil, Math.floor, Math.round]) {
            for (const channels of [3, 16, 32, 64, 512]) {
              const sizes = (stride: number) =>
                [height, width].map((side) => Math.max(1, round(side / stride)));
              checkLayout(
                { rank: 4, shape: [2, ...sizes(s), 16] } as tf.Tensor,
                { rank: 4, shape: [2, ...sizes(t), channels] } as tf.Tensor,
              );
              pairs++;
            }
          }
        }
      }
    }
  }
  assert(pairs > 8000);
});
