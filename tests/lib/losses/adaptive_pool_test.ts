/**
 * Pooling to a given size, in windows that overlap where the sizes do not divide.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals } from "@std/assert";
import { adaptiveAveragePool } from "../../../lib/losses/adaptive_pool.ts";
import { backends } from "../../backends.ts";
import { assertClose } from "../../parity.ts";

for (const { name, use } of backends) {
  Deno.test(`adaptiveAveragePool() has PyTorch's windows (${name})`, async () => {
    // torch: F.adaptive_avg_pool2d(torch.arange(7.)[None, None, :, None] ** 2, (4, 1))
    const x = tf.square(tf.range(0, 7)).reshape([1, 7, 1, 1]) as tf.Tensor4D;
    const pooled = await use((x: tf.Tensor4D) => adaptiveAveragePool(x, 4, 1))(x);
    const expected = [0.5, (1 + 4 + 9) / 3, (9 + 16 + 25) / 3, (25 + 36) / 2];
    assertClose(pooled, tf.tensor4d(expected, [1, 4, 1, 1]), { rtol: 1e-6 }, "windows");
  });

  Deno.test(`adaptiveAveragePool() averages equal windows where the sizes divide (${name})`, async () => {
    const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 4, 1]);
    const pooled = await use((x: tf.Tensor4D) => adaptiveAveragePool(x, 1, 2))(x);
    assertEquals([...pooled.dataSync()], [3.5, 5.5]);
  });
}
