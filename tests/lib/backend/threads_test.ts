/**
 * The engine in several threads, and beside a context that decodes images.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals } from "@std/assert";
import { jit } from "../../../lib/jit/jit.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { openImageDecoder } from "../../../lib/images/decoder.ts";
import { IMAGENET_NORMALIZATION } from "../../../lib/data/normalize.ts";
import { centerView } from "../../../lib/images/view.ts";
import { runProgram } from "../../processes.ts";
import { long } from "../../long.ts";
import { fixtureImage } from "../images/setup.ts";
import { take } from "../jit/counts.ts";

const file = new URL("threads.ts", import.meta.url);
// What other processors' kernels do, as far as this one's can: oneDNN's for AVX2, and none of oneDNN.
const kernels: Record<string, string>[] = [
  {},
  { ONEDNN_MAX_CPU_ISA: "AVX2" },
  { TF_ENABLE_ONEDNN_OPTS: "0" },
];
const endings: [mode: string, what: string, code: number, kernels: Record<string, string>[]][] = [
  ["together", "computes in three threads at once", 0, [{}]],
  ["terminate", "goes on where workers are ended while they compute", 0, [{}]],
  ["exit", "lets the process end while functions run", 7, kernels],
];

for (const [mode, what, expected, environments] of endings) {
  const test = mode === "together" ? Deno.test : long.test;
  test(`the engine ${what}`, async () => {
    for (const env of environments) {
      const { code, signal, err } = await runProgram(file, [mode], { env });
      assertEquals([code, signal], [expected, null], `${JSON.stringify(env)}: ${err}`);
    }
  });
}

Deno.test("the engine computes while another context decodes images", async () => {
  const { library } = await useTensorFlow({ gpu: false });
  const size = 32;
  const decoder = openImageDecoder({ library, size, normalization: IMAGENET_NORMALIZATION });
  const image = fixtureImage("colour.jpg");
  const decode = () => decoder.decode(image, (whole) => centerView(whole, { size, resize: 40 }));
  const f = jit((x: tf.Tensor2D) => tf.sum(tf.matMul(x, x)));
  const first = await decode();
  const decoded = Array.from({ length: 20 }, decode);
  const computed = Array.from({ length: 20 }, () => f(tf.ones([64, 64]) as tf.Tensor2D));
  for (const pixels of await Promise.all(decoded)) assertEquals(pixels, first);
  for (const sum of await Promise.all(computed)) assertEquals(take(sum), [[64 ** 3]]);
  f.dispose();
  decoder.close();
});
