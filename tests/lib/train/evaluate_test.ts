/**
 * Evaluation over many batches, and its end by a signal.
 *
 * @module
 */
import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { evalBatches } from "../../../lib/data/batches.ts";
import { loadCifar } from "../../../lib/data/cifar.ts";
import { NORMALIZATION } from "../../../lib/data/normalize.ts";
import { partOfSet } from "../../../lib/data/split.ts";
import { jit } from "../../../lib/jit/jit.ts";
import { evalStep } from "../../../lib/train/eval_step.ts";
import { evaluateAll, evaluateUnlessAborted } from "../../../lib/train/evaluate.ts";
import { meanLoss } from "../../../lib/train/meter.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";

await useTensorFlow({ gpu: false });
const { test } = await loadCifar({ dataset: "CIFAR10-sample" });
const set = partOfSet(test, { rank: 0, parts: 4 });
const model = wideResNet({ depth: 10, width: 0.5, numClasses: 10 });
const [params, evaluate] = [model.init(4), jit(evalStep(model))];
const batches = (batchSize: number) =>
  evalBatches(set, { batchSize, normalization: NORMALIZATION.paper });

Deno.test("evaluateAll() is the mean over all examples, whatever the batches", async () => {
  const one = await evaluateAll(evaluate, params, batches(125));
  const many = await evaluateAll(evaluate, params, batches(40));
  assertEquals(one.examples, 125);
  assertEquals(many.correct, one.correct);
  assertAlmostEquals(meanLoss(many), meanLoss(one), 1e-5);
});

Deno.test("evaluateUnlessAborted() gives nothing for its signal, and throws what else fails", async () => {
  const none = AbortSignal.abort();
  assertEquals(await evaluateUnlessAborted(evaluate, params, batches(125), none), undefined);
  const whole = await evaluateUnlessAborted(evaluate, params, batches(125));
  assertEquals(whole, await evaluateAll(evaluate, params, batches(125)));
  const fails = () => Promise.reject(new TypeError("no"));
  await assertRejects(() => evaluateUnlessAborted(fails, params, batches(125), none), TypeError);
});
