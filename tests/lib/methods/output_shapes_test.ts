/** Tests of the shapes of what networks give. @module */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../../lib/errors.ts";
import { classAttentionTransfer } from "../../../lib/methods/class_attention.ts";
import { checkClassMaps, outputShapes, pooledShape } from "../../../lib/methods/output_shapes.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";

await tf.setBackend("cpu");
const model = wideResNet({ depth: 10, width: 0.25, numClasses: 10 });
const params = model.init(1);
const method = classAttentionTransfer({ weight: 1 });

Deno.test("outputShapes() gives the shapes of an image's groups, and leaves no tensor behind", () => {
  const { numTensors } = tf.memory();
  assertEquals(outputShapes({ model, params }, [16, 12, 3]), {
    groups: [[1, 16, 12, 4], [1, 8, 6, 8], [1, 4, 3, 16]],
    features: [1, 4, 3, 16],
  });
  assertEquals(tf.memory().numTensors, numTensors);
});

Deno.test("checkClassMaps() wants features, and a classifier of as many channels", () => {
  const shapes = outputShapes({ model, params }, [16, 16, 3]);
  const check = (change: object, classifier: tf.Tensor = params["fc.weight"]!, given = shapes) =>
    checkClassMaps(method, "student", {
      model: { ...model, ...change },
      params: { ...params, "fc.weight": classifier },
    }, given);
  check({});
  const refused = (act: () => void, message: string) => assertThrows(act, UserError, message);
  refused(
    () => check({}, tf.zeros([10, 8])),
    "with this student: its classifier fc.weight is [10,8], and must be [classes, 16]",
  );
  refused(() => check({}, tf.zeros([1, 1, 16, 10])), "is [1,1,16,10], and must be [classes, 16]");
  refused(() => check({ classifier: "head" }), "it names head as its classifier, and has no such");
  refused(() => check({ classifier: undefined }), "it does not name its classifier");
  const without = { ...shapes, features: undefined };
  refused(() => check({}, undefined, without), "its f gives no features; it must give both");
});

Deno.test("pooledShape() is that of the features' channels", () => {
  const shapes = outputShapes({ model, params }, [16, 16, 3]);
  assertEquals(pooledShape(method, shapes), [1, 1, 1, 16]);
  assertThrows(() => pooledShape(method, { ...shapes, features: undefined }), UserError);
});
