/**
 * ReviewKD: its fusion against PyTorch, and how it becomes a part of a training step.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../../lib/errors.ts";
import { hierarchicalContextLoss } from "../../../lib/losses/hierarchical_context.ts";
import { distill } from "../../../lib/methods/distill.ts";
import { fuseLevels, reviewDistillation } from "../../../lib/methods/review.ts";
import type { Tensors } from "../../../lib/params.ts";
import { valueAndGradients } from "../../../lib/train/gradients.ts";
import { sgd } from "../../../lib/train/sgd.ts";
import { trainStep } from "../../../lib/train/train_step.ts";
import { startState } from "../../../lib/train/train_state.ts";
import { resNet } from "../../../models/res_net.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { backends } from "../../backends.ts";
import { assertParity, readFixture, toTensors } from "../../parity.ts";
import { assertSame } from "../../same.ts";

const fixture = await readFixture("recent_losses");
const cases = { "WideResNet": 4, "unequal sizes": 3 };

/** The term by the method, and its gradients by the student's levels and the method's parameters. */
function termAndGradients(student: Tensors, teacher: Tensors, params: Tensors) {
  const { term } = reviewDistillation({ weight: 1 });
  const { loss, gradients } = valueAndGradients(({ levels, params }) => ({
    loss: term({
      student: Object.values(levels) as tf.Tensor4D[],
      teacher: Object.values(teacher) as tf.Tensor4D[],
      params,
    }) as tf.Scalar,
    extras: {},
  }), { levels: student, params });
  const ofLevels = Object.entries(gradients.levels).map(([i, x]) => [`student/${i}`, x] as const);
  return { value: loss, gradients: { ...gradients.params, ...Object.fromEntries(ofLevels) } };
}

for (const { name, use } of backends) {
  Deno.test(`reviewDistillation() is PyTorch's, with its gradients (${name})`, async () => {
    for (const [label, count] of Object.entries(cases)) {
      const [student, teacher, params] = ["student", "teacher", "params"].map((part) =>
        toTensors(fixture.under(`fusion/${label}/${part}`))
      ) as [Tensors, Tensors, Tensors];
      assertEquals([Object.keys(student).length, Object.keys(teacher).length], [count, count]);
      assertParity(
        await use(termAndGradients)(student, teacher, params),
        {
          value: fixture.get(`fusion/${label}/value`),
          gradients: fixture.under(`fusion/${label}/gradients`),
        },
        // Batch norm in float32; make_fixtures.py prints 4e-6 for PyTorch's own.
        { value: { rtol: 1e-5 }, gradients: { ofMax: 2e-5, atol: 1e-7 } },
        label,
      );
    }
  });
}

const numClasses = 3;
const student = wideResNet({ depth: 10, width: 0.25, numClasses });
const teacher = wideResNet({ depth: 10, width: 0.5, numClasses });
const image = [16, 16, 3] as const;

function setUp(seed = 5) {
  tf.setBackend("tensorflow");
  const params = student.init(1);
  return {
    params,
    ...distill({
      student: { model: student, params },
      teacher: { model: teacher, params: teacher.init(2) },
      methods: [reviewDistillation({ weight: 2 })],
      image,
      seed,
    }),
  };
}

Deno.test("distill() gives ReviewKD parameters for its levels, which follow from the seed", () => {
  const { lossParams } = setUp();
  assertEquals(
    Object.entries(lossParams).filter(([key]) => key.startsWith("review.level1"))
      .map(([key, { shape }]) => [key, shape]),
    [
      ["review.level1.conv0", [1, 1, 8, 16]],
      ["review.level1.bn0.weight", [16]],
      ["review.level1.bn0.bias", [16]],
      ["review.level1.conv1", [3, 3, 16, 16]],
      ["review.level1.bn1.weight", [16]],
      ["review.level1.bn1.bias", [16]],
      ["review.level1.attention.weight", [1, 1, 32, 2]],
      ["review.level1.attention.bias", [2]],
    ],
  );
  const levels = new Set(Object.keys(lossParams).map((key) => key.split(".")[1]));
  assertEquals([...levels], ["level0", "level1", "level2", "level3"]);
  assert(!("review.level3.attention.bias" in lossParams));
  assertSame(setUp().lossParams, lossParams);
  const largest = tf.max(tf.abs(lossParams["review.level2.conv1"]!)).dataSync()[0]!;
  const bound = Math.sqrt(3 / (9 * 16));
  assert(largest <= bound && largest > 0.9 * bound, `${largest}, not ${bound}`);
  const other = setUp(6).lossParams["review.level0.conv0"]!;
  assert(tf.max(tf.abs(tf.sub(other, lossParams["review.level0.conv0"]!))).dataSync()[0]! > 0.01);
});

Deno.test("distill() trains ReviewKD's parameters with the student, apart from it", async () => {
  const { params, ...transfer } = setUp();
  const optimizer = sgd();
  const step = trainStep({ model: student, optimizer, ...transfer });
  const batch = {
    images: tf.randomNormal<tf.Rank.R4>([4, ...image], 0, 1, "float32", 3),
    labels: tf.tensor1d([0, 1, 2, 0], "int32"),
  };
  const scalars = { learningRate: tf.scalar(0.1) };
  const start = startState(params, optimizer, transfer.lossParams);
  const { state, terms, loss } = await step(start, batch, scalars);
  assertEquals(Object.keys(terms), ["cross_entropy", "review"]);
  const [ce, review, total] = [terms.cross_entropy!, terms["review"]!, loss].map((x) =>
    x.dataSync()[0]!
  ) as [number, number, number];
  assert(Math.abs(ce + 2 * review - total) < 1e-4 * total);
  assertEquals(Object.keys(state.params).sort(), Object.keys(params).sort());
  for (const [key, before] of Object.entries(transfer.lossParams)) {
    const moved = tf.max(tf.abs(tf.sub(state.loss!.params[key]!, before))).dataSync()[0]!;
    assert(moved > 1e-9, `${key} moved by ${moved}`);
  }

  const output = student.f(batch.images, params, "train");
  const known = transfer.teacher!(batch);
  const levels = ({ groups, features }: { groups: readonly tf.Tensor[]; features?: tf.Tensor }) =>
    [...groups, tf.mean(features!, [1, 2], true)] as tf.Tensor4D[];
  const fused = fuseLevels(levels(output), [[16, 16], [8, 8], [4, 4], [1, 1]], transfer.lossParams);
  const [expected] = hierarchicalContextLoss(fused, levels(known)).dataSync();
  assert(Math.abs(review - expected!) < 1e-4 * expected!, `${review}, not ${expected}`);
});

Deno.test("distill() compares the pairs of groups that are named, and needs features", () => {
  const methods = [reviewDistillation({ weight: 1 })];
  const other = resNet({ depth: 18, width: 1 / 32, numClasses });
  const networks = {
    student: { model: student, params: student.init(0) },
    teacher: { model: other, params: other.init(0) },
  };
  const { lossParams } = distill({
    ...networks,
    methods,
    groups: [[0, 1], [2, 3]],
    image: [64, 64, 3],
  });
  assertEquals(lossParams["review.level0.conv1"]!.shape, [3, 3, 16, 4]);
  assertEquals(lossParams["review.level1.conv1"]!.shape, [3, 3, 16, 16]);
  for (
    const [groups, listed] of [[[[2, 3], [0, 1]], "2:3,0:1"], [
      [[0, 2], [1, 0]],
      "0:2,1:0",
    ]] as const
  ) {
    assertThrows(
      () => distill({ ...networks, methods, groups, image: [64, 64, 3] }),
      UserError,
      `Cannot use the method review with the pairs ${listed}: it goes through the groups in their ` +
        "order, so no number may be below the one before it; see the option groups",
    );
  }
  distill({ ...networks, methods, groups: [[0, 1], [0, 2], [1, 2]], image: [64, 64, 3] });
  assertThrows(
    // @ts-expect-error: the numbers of groups differ, and no pairs are named
    () => distill({ ...networks, methods, image: [64, 64, 3] }),
    UserError,
    "3 groups with the teacher's 4",
  );
  const bare = {
    f: (...[images, params, mode]: Parameters<typeof student.f>) => {
      const { features: _, ...output } = student.f(images, params, mode);
      return output;
    },
  };
  assertThrows(
    () => distill({ ...networks, teacher: { ...networks.student, model: bare }, methods }),
    UserError,
    "the method review: student and teacher must give their features",
  );
});
