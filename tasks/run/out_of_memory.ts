/**
 * Says what to do where memory does not suffice.
 *
 * @module
 */
import { outOfMemory, TensorFlowError } from "../../lib/tensorflow/mod.ts";
import { UserError } from "../../lib/errors.ts";
import type { Place } from "../../lib/train/loop.ts";

/**
 * The error that the user can mend, where memory was what lacked; any other as it is.
 *
 * @param advice what to do then.
 */
export function explainMemory(error: unknown, advice: string): unknown {
  const what = missing(error);
  if (what === undefined) return error;
  return new UserError(`Cannot go on: there is no memory for ${what}; ${advice}`, {
    cause: error,
    code: "no-memory",
  });
}

/** What work gives; where it lacks memory, it fails as {@link explainMemory} has it. */
export async function explainingMemory<T>(advice: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explainMemory(error, advice);
  }
}

/** What helps where batches to train on are too large, in a run that stands there or goes on from there. */
export function smallerBatches({ batch }: Pick<Place, "batch">): string {
  return batch === 0
    ? "use a smaller --batch-size"
    : "free some memory, or start a new run with a smaller --batch-size: within an epoch that " +
      "cannot change";
}

function missing(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof TensorFlowError && error.code === outOfMemory) {
    const [, shape] = error.message.match(/shape ?(\[[\d,]*\])/) ?? [];
    return shape === undefined ? "a tensor" : describeTensor(shape, error.message);
  }
  // V8's words for a typed array.
  return /[Aa]rray buffer allocation failed|Invalid typed array length/.test(error.message)
    ? "images"
    : undefined;
}

function describeTensor(shape: string, message: string): string {
  const sizes = shape.slice(1, -1).split(",").filter((size) => size !== "").map(Number);
  const bytesPerValue = /type (half|bfloat16)/.test(message) ? 2 : 4;
  const bytes = sizes.reduce((product, size) => product * size, bytesPerValue);
  return `a tensor of shape [${sizes.join(", ")}], ${(bytes / 1e9).toPrecision(3)} GB`;
}
