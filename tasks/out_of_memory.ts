/**
 * Says what to do where memory does not suffice.
 *
 * @module
 */
import { TensorFlowError } from "../lib/engine/library.ts";
import { UserError } from "../lib/errors.ts";

/** TensorFlow's code for what is used up. */
const resourceExhausted = 8;

/**
 * The error that the user can mend, where memory was what lacked; any other as it is.
 *
 * @param batch what the batch's size is set by, in words.
 */
export function explainMemory(error: unknown, batch: string): unknown {
  const what = missing(error);
  if (what === undefined) return error;
  return new UserError(`Cannot go on: there is no memory for ${what}; use ${batch}`, {
    cause: error,
  });
}

function missing(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof TensorFlowError && error.code === resourceExhausted) {
    const [, shape] = error.message.match(/shape ?(\[[\d,]*\])/) ?? [];
    return shape === undefined ? "a tensor" : describeTensor(shape, error.message);
  }
  // V8's words for a typed array.
  return /[Aa]rray buffer allocation failed|Invalid typed array length/.test(error.message)
    ? "a batch of images"
    : undefined;
}

function describeTensor(shape: string, message: string): string {
  const sizes = shape.slice(1, -1).split(",").filter((size) => size !== "").map(Number);
  const bytesPerValue = /type (half|bfloat16)/.test(message) ? 2 : 4;
  const bytes = sizes.reduce((product, size) => product * size, bytesPerValue);
  return `a tensor of shape [${sizes.join(", ")}], ${(bytes / 1e9).toPrecision(3)} GB`;
}
