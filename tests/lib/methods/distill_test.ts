/**
 * What methods and distill() refuse.
 *
 * @module
 */
import "@tensorflow/tfjs";
import { assertThrows } from "@std/assert";
import { attentionTransfer } from "../../../lib/methods/attention.ts";
import { distill } from "../../../lib/methods/distill.ts";
import { decoupledDistillation, knowledgeDistillation } from "../../../lib/methods/distillation.ts";
import type { OutputMethod } from "../../../lib/methods/method.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";

Deno.test("methods refuse an alpha and a temperature out of range, and distill() what is no method", () => {
  for (const alpha of [-1, 1.5, NaN]) {
    assertThrows(() => knowledgeDistillation({ alpha }), RangeError, `alpha ${alpha}`);
  }
  for (const temperature of [0, -4, NaN]) {
    const message = `temperature ${temperature}`;
    assertThrows(() => knowledgeDistillation({ alpha: 0.9, temperature }), RangeError, message);
    assertThrows(() => decoupledDistillation({ weight: 1, temperature }), RangeError, message);
  }
  const model = wideResNet({ depth: 10, width: 0.25, numClasses: 10 });
  const network = { model, params: model.init(0) };
  for (const wrong of [undefined, {}, attentionTransfer]) {
    const methods = [knowledgeDistillation({ alpha: 0.5 }), wrong] as OutputMethod[];
    assertThrows(
      () => distill({ student: network, teacher: network, methods }),
      TypeError,
      "Cannot use undefined as term of method 1: it must be a function",
    );
  }
});
