/**
 * Every method between any two kinds of networks, whose groups differ in number, size and channels.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../../lib/errors.ts";
import { attentionTransfer } from "../../../lib/methods/attention.ts";
import { distill } from "../../../lib/methods/distill.ts";
import { outputShapes } from "../../../lib/methods/output_shapes.ts";
import { methodTable } from "../../../lib/methods/table.ts";
import { sgd } from "../../../lib/train/sgd.ts";
import { trainStep } from "../../../lib/train/train_step.ts";
import { startState } from "../../../lib/train/train_state.ts";
import { cifarResNet } from "../../../models/cifar_res_net.ts";
import type { LibraryModel } from "../../../models/model.ts";
import { resNet } from "../../../models/res_net.ts";
import { vgg } from "../../../models/vgg.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { backends } from "../../backends.ts";
import { long } from "../../long.ts";

const numClasses = 10;
const image = [16, 16, 3] as const;
const networks: Record<string, LibraryModel> = {
  "WRN": wideResNet({ depth: 10, width: 0.25, numClasses }),
  "CIFAR ResNet": cifarResNet({ depth: 8, widths: [4, 6, 8, 10], numClasses }),
  "VGG": vgg({ depth: 8, width: 1 / 8, numClasses }),
  "ResNet": resNet({ depth: 18, width: 1 / 16, numClasses, stem: "small" }),
};
const names = Object.keys(networks);
const backendOf = (wanted: string) => backends.find(({ name }) => name === wanted)!;

/** Student and teacher of a pair, and the pairs of groups of equal sizes. */
function pairOf(student: string, teacher: string) {
  const [own, other] = [networks[student]!, networks[teacher]!];
  const pair = {
    student: { model: own, params: own.init(1) },
    teacher: { model: other, params: other.init(2) },
  };
  const [ours, theirs] = [pair.student, pair.teacher].map((network) =>
    outputShapes(network, image).groups
  );
  const groups = ours!.flatMap((shape, i) => {
    const same = theirs!.findIndex((other) => other[1] === shape[1]);
    return same < 0 ? [] : [[i, same] as const];
  });
  return { ...pair, groups, counts: [ours!.length, theirs!.length] as const };
}

for (const student of names) {
  for (const teacher of names) {
    // Only one pair is compiled: for one step, that takes most of the time.
    const isQuick = student === "VGG" && teacher === "CIFAR ResNet";
    const { use } = backendOf(isQuick ? "TensorFlow compiled" : "TensorFlow op by op");
    const test = isQuick ? Deno.test : long.test;
    test(`distill() trains a ${student} by every method from a ${teacher}`, async () => {
      const { groups, counts: _, ...pair } = pairOf(student, teacher);
      assert(groups.length >= 2);
      const settings = { temperature: 4, attention: {} };
      const methods = Object.values(methodTable)
        .map((entry) => entry.method(entry.usualWeight, settings));
      const { lossParams, ...transfer } = distill({ ...pair, methods, groups, image });
      const { model, params } = pair.student;
      const optimizer = sgd({});
      const step = use(trainStep({ model, optimizer, ...transfer }));
      const batch = {
        images: tf.randomNormal<tf.Rank.R4>([4, ...image], 0, 1, "float32", 3),
        labels: tf.tensor1d([3, 5, 0, 9], "int32"),
      };
      const scalars = { learningRate: tf.scalar(0.01) };
      const { state, terms } = await step(
        startState(params, optimizer, lossParams),
        batch,
        scalars,
      );
      const ofPairs = methods.filter(({ of }) => of === "each pair").length;
      const count = 1 + methods.length + ofPairs * (groups.length - 1);
      assertEquals(Object.keys(terms).length, count);
      for (const [term, value] of Object.entries(terms)) {
        const [number] = value.dataSync();
        assert(Number.isFinite(number) && number! > 0, `${term} is ${number}`);
      }
      const values = Object.values(state.params).map((tensor) => tensor.dataSync());
      assert(values.every((array) => array.every(Number.isFinite)));
    });
  }
}

Deno.test("distill() pairs as many groups, whatever their sizes; of others it says which to name", () => {
  const methods = [attentionTransfer({ weight: 1 })];
  for (const student of names) {
    for (const teacher of names) {
      const { counts: [own, other], groups: _, ...pair } = pairOf(student, teacher);
      if (own === other) {
        distill({ ...pair, methods, image });
        continue;
      }
      assertThrows(
        () => distill({ ...pair, methods, image }),
        UserError,
        `Cannot pair the student's ${own} groups with the teacher's ${other}: name the pairs with ` +
          "the option groups, as student:teacher, such as 0:0,1:1,2:2; their sizes are ",
      );
    }
  }
});
