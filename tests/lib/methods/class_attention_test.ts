/**
 * Class attention transfer: what it takes of the networks, and what that costs where it is not used.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals } from "@std/assert";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { jit } from "../../../lib/jit/mod.ts";
import { attentionTransfer } from "../../../lib/methods/attention.ts";
import { classAttentionTransfer, classMapsOf } from "../../../lib/methods/class_attention.ts";
import { distill } from "../../../lib/methods/distill.ts";
import type { Method } from "../../../lib/methods/method.ts";
import type { Tensors } from "../../../lib/params.ts";
import { classifierOf } from "../../../lib/train/loss.ts";
import { sgd } from "../../../lib/train/sgd.ts";
import { trainStep } from "../../../lib/train/train_step.ts";
import { startState } from "../../../lib/train/train_state.ts";
import { fold, foldedResNet } from "../../../models/folded_res_net.ts";
import type { LibraryModel } from "../../../models/model.ts";
import { resNet } from "../../../models/res_net.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { long } from "../../long.ts";
import { assertClose } from "../../parity.ts";

await useTensorFlow({ gpu: false });
const numClasses = 5;
const student = wideResNet({ depth: 10, width: 0.25, numClasses });

/** The ops of a compiled step, for a student that may leave features out. */
async function opsOf(method: Method, leavesOut: boolean): Promise<string[]> {
  const model = {
    f: (...args: Parameters<typeof student.f>) => {
      const { features, ...output } = student.f(...args);
      return leavesOut ? output : { ...output, features };
    },
    ...(!leavesOut && { classifier: "fc.weight" }),
  };
  const params = student.init(0);
  const network = { model, params };
  const transfer = distill({ student: network, teacher: network, methods: [method] });
  const optimizer = sgd();
  const step = jit(trainStep({ model, optimizer, ...transfer }));
  const batch = { images: tf.ones([2, 8, 8, 3]), labels: tf.tensor1d([0, 1], "int32") };
  await step(startState(params, optimizer), batch, { learningRate: tf.scalar(0.1) });
  const [trace] = step.printTraces();
  step.dispose();
  return trace!.match(/= \w+/g) as string[];
}

long.test("features and classifier cost nothing in a compiled step that does not use them", async () => {
  const method = attentionTransfer({ weight: 1 });
  const [bare, full] = [await opsOf(method, true), await opsOf(method, false)];
  assert(bare.length > 100);
  assertEquals(full, bare);
  assert((await opsOf(classAttentionTransfer({ weight: 1 }), false)).length !== bare.length);
});

Deno.test("classMapsOf() are those of the unfolded network for a folded teacher", () => {
  const model = resNet({ depth: 18, width: 1 / 32, numClasses });
  const params = model.init(1);
  const folded = fold(params);
  const images = tf.randomNormal<tf.Rank.R4>([2, 64, 64, 3], 0, 1, "float32", 1);
  const [own, other] = [[model, params], [foldedResNet(folded), folded]].map((network) => {
    const [model, params] = network as [LibraryModel, Tensors];
    return classMapsOf(model.f(images, params, "eval"), classifierOf(model, params), {
      resolution: 1,
    });
  });
  assertEquals(own!.shape, [2, 1, 1, numClasses]);
  assertClose(other!, own!, { ofMax: 1e-4 }, "maps");
  assertEquals(classMapsOf({}, undefined), undefined);
});
