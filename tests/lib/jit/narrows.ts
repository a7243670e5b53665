/**
 * Whether this machine computes in bfloat16: tests of it are left out where it does not.
 *
 * @module
 */
import { Context } from "../../../lib/tensorflow/context.ts";
import { openLibrary } from "../../../lib/tensorflow/library.ts";
import { canFuse, canNarrow } from "../../../lib/jit/probes.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";

const library = openLibrary((await useTensorFlow({ gpu: false })).library);
const context = new Context(library);

/** Whether it has oneDNN's fused ops, without which bfloat16 is slower than float32. */
export const fuses = canFuse(context);

/** Whether it computes in bfloat16. */
export const narrows = canNarrow(fuses, context);
