/**
 * Turns out-of-memory errors into advice.
 *
 * @module
 */
import { outOfMemory, TensorFlowError } from "../../lib/tensorflow/mod.ts";
import { UserError } from "../../lib/errors.ts";
import type { Place } from "../../lib/train/position.ts";

/**
 * Returns a UserError with advice if memory ran out, otherwise the error unchanged.
 *
 * @param advice What the user can do.
 */
export function explainMemory(error: unknown, advice: string): unknown {
  const what = missing(error);
  if (what === undefined) return error;
  return new UserError(`Cannot go on: there is no memory for ${what}; ${advice}`, {
    cause: error,
    code: "no-memory",
  });
}

/** Awaits the work. If memory runs out, fails as in {@link explainMemory}. */
export async function explainingMemory<T>(advice: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explainMemory(error, advice);
  }
}

/** Advice for training batches that are too large, in a run at this position. */
export function smallerBatches({ batch }: Pick<Place, "batch">): string {
  return batch === 0
    ? "use a smaller --batch-size"
    : "free some memory, or start a new run with a smaller --batch-size, which cannot change " +
      "within an epoch";
}

function missing(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof TensorFlowError && error.code === outOfMemory) {
    const [, shape] = error.message.match(/shape ?(\[[\d,]*\])/) ?? [];
    return shape === undefined ? "a tensor" : describeTensor(shape, error.message);
  }
  // V8's messages for a typed array.
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
