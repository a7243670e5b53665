/**
 * Einstein sums, protected from equations that crash TensorFlow (2.20).
 *
 * @module
 */
import type { Guard } from "./kernel.ts";

/** TensorFlow crashes if the result has an index that no operand has. */
export const einsum: Guard = (params, run) => {
  const { equation } = params.attrs as unknown as { equation: string };
  const [operands = "", result = ""] = equation.split("->");
  const wrong = [...result.replace(/[\s.]/g, "")].find((index, i, all) =>
    !operands.includes(index) || all.indexOf(index) !== i
  );
  if (wrong !== undefined) {
    throw new RangeError(
      `Cannot sum by "${equation}": the result's index ${wrong} must be one of an operand's, once`,
    );
  }
  return run(params);
};
