/**
 * The keys and shapes of a WideResNet, and which parameters are taken for one.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals } from "@std/assert";
import { filterParams } from "../../lib/params.ts";
import { wideResNet, wideResNetOptions, wideResNetShapes } from "../../models/wide_resnet.ts";

tf.setBackend("cpu");

Deno.test("wideResNetShapes() gives the keys and shapes that init() makes, in its order", () => {
  for (
    const options of [
      { depth: 10, width: 1, numClasses: 10 },
      { depth: 16, width: 0.3, numClasses: 3, sge: { groups: 1 } },
      { depth: 22, width: 2, numClasses: 7, sge: { groups: 8 } },
    ]
  ) {
    const made = Object.entries(wideResNet(options).init(0));
    assertEquals([...wideResNetShapes(options)], made.map(([key, { shape }]) => [key, shape]));
  }
});

Deno.test("wideResNetOptions() is undefined where any key is missing, too many or of another shape", () => {
  const options = { depth: 10, width: 0.25, numClasses: 3, sge: { groups: 2 } };
  const params = wideResNet(options).init(0);
  assertEquals(wideResNetOptions(params), options);
  for (const [key, tensor] of Object.entries(params)) {
    assertEquals(wideResNetOptions(filterParams(params, (other) => other !== key)), undefined, key);
    const wrong = { ...params, [key]: tf.zeros([...tensor.shape, 1]) };
    assertEquals(wideResNetOptions(wrong), undefined, key);
  }
  for (const name of ["constructor", "conv1", "group0.block1.bn0.weight"]) {
    assertEquals(wideResNetOptions({ ...params, [name]: tf.zeros([1]) }), undefined);
  }
});
