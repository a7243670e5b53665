/**
 * Loads the test files that the launcher names, as one module.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

const paths = Deno.env.get("ATTENTION_TRANSFER_TEST_FILES")?.split(" ") ?? [];
let backend: string | undefined;
for (const path of paths) {
  await import(new URL(`../${path}`, import.meta.url).href);
  const started = tf.engine().backendName;
  if (backend !== undefined && started !== backend) {
    throw new Error(`${path} starts ${started}, and files before it ${backend}: see testGroups()`);
  }
  backend = started;
}

// Some tests use several backends; each begins with the one that its file started.
if (backend !== undefined) Deno.test.beforeEach(() => void tf.setBackend(backend));
