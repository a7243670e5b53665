/**
 * Loads the test files that the launcher names, as one module.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

const paths = Deno.env.get("ATTENTION_TRANSFER_TEST_FILES")?.split(" ") ?? [];
for (const path of paths) await import(new URL(`../${path}`, import.meta.url).href);

// Some tests use several backends; each begins with the one that its file started.
const backend = tf.engine().backendName;
if (backend !== undefined) Deno.test.beforeEach(() => void tf.setBackend(backend));
