/**
 * Tests of what networks make of many images.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import { useTensorFlow } from "../../../../lib/backend/use_tensorflow.ts";
import { evalBatches } from "../../../../lib/data/batches.ts";
import { loadCifar } from "../../../../lib/data/cifar.ts";
import { attentionTransferLoss } from "../../../../lib/losses/attention.ts";
import { comparedMaps, outcomesOf } from "../../../../tasks/report/evaluation/outcomes.ts";
import {
  disposeNetworks,
  loadUsable,
  type NamedNetworks,
} from "../../../../tasks/report/evaluation/usable.ts";
import { inFolder } from "../../../folders.ts";
import { makeResNet, makeRun, overflowingMaps, sampleImages } from "./networks.ts";

await useTensorFlow({ gpu: false });
const images = await sampleImages(6);

async function outcomes(named: NamedNetworks, onImages?: (done: number) => void) {
  const { usable } = await loadUsable(named, images, "paper");
  const { numTensors } = tf.memory();
  const results = await outcomesOf(usable, images, onImages);
  assertEquals(tf.memory().numTensors, numTensors);
  return { usable, ...results };
}

Deno.test("outcomesOf() is what each image alone gives, with its own normalisation", () =>
  inFolder(async (folder) => {
    const teacher = await makeRun(folder, "big", { width: 0.5, normalization: "repdistiller" });
    const networks = [
      await makeRun(folder, "a", { seed: 2 }),
      await makeRun(folder, "b", { seed: 3 }),
    ];
    const done: number[] = [];
    const results = await outcomes({ networks, teacher }, (count) => done.push(count));
    assertEquals(done, [4, 6]);
    const { test } = await loadCifar({ dataset: "CIFAR10-sample" });
    assertEquals(results.labels, test.labels.slice(0, 6));
    const [big, ...others] = results.outcomes;
    assertEquals(big!.distances, []);
    const alone = results.usable.map(({ model, params, constants }) =>
      evalBatches(test, { batchSize: 1, normalization: constants }).take(6).toArray()
        .map(({ images, shape }) => model.f(tf.tensor4d(images, shape), params, "eval"))
    );
    for (const [network, outcome] of results.outcomes.entries()) {
      const answers = alone[network]!.map(({ logits }) => tf.argMax(logits, 1).dataSync()[0]!);
      assertEquals([...outcome.answers], answers);
    }
    for (const [network, { distances }] of others.entries()) {
      assertEquals(distances.map(({ length }) => length), [6, 6, 6]);
      for (const [group, values] of distances.entries()) {
        for (const [image, value] of values.entries()) {
          const [own, other] = [network + 1, 0].map((i) => alone[i]![image]!.groups[group]!);
          const loss = attentionTransferLoss(own!, other!, { ...comparedMaps, form: "paper" });
          assertAlmostEquals(value, 2 * loss.dataSync()[0]!, 1e-4);
        }
      }
    }
    disposeNetworks(results.usable);
  }));

Deno.test("outcomesOf() leaves out a network whose logits overflow, and goes on", () =>
  inFolder(async (folder) => {
    const good = await makeRun(folder, "good", { seed: 2 });
    const bad = await makeRun(folder, "bad", {
      change: (params) => ({ "fc.weight": tf.fill(params["fc.weight"]!.shape, 3e38) }),
    });
    const asStudent = await outcomes({ networks: [bad, good], teacher: good });
    assertEquals(asStudent.outcomes.map(({ network }) => network.id), [good]);
    assertMatch(asStudent.leftOut.join(), /^Cannot compare .*bad: its logits are not finite/);
    const asTeacher = await outcomes({ networks: [good], teacher: bad });
    assertEquals(asTeacher.outcomes.map(({ distances }) => distances), [[]]);
    assertEquals(asTeacher.leftOut.length, 1);
    disposeNetworks([...asStudent.usable, ...asTeacher.usable]);
  }));

Deno.test("outcomesOf() keeps the answers of networks whose maps cannot be compared, and says why", () =>
  inFolder(async (folder) => {
    const teacher = await makeRun(folder, "teacher", { seed: 2 });
    const networks = [
      await makeRun(folder, "wild", overflowingMaps),
      await makeResNet(folder, "four"),
    ];
    const { outcomes: [, wild, four], leftOut, usable } = await outcomes({ networks, teacher });
    assertEquals([wild!.answers.length, four!.answers.length], [6, 6]);
    assertEquals([wild!.distances, four!.distances], [[], []]);
    assertMatch(
      leftOut[0]!,
      /^Cannot compare where .*wild and the teacher .*: a map of group 2 is not /,
    );
    assertMatch(
      leftOut[1]!,
      /^Cannot compare where .*four and the teacher .*: they have 4 and 3 groups$/,
    );
    disposeNetworks(usable);
  }));
