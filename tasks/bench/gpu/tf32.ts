/**
 * Turns TF32 off in TensorFlow.
 *
 * @module
 */

/** A C++ function of TensorFlow, `tsl::enable_tensor_float_32_execution(bool)`: its C interface has none. */
const enable = "_ZN3tsl32enable_tensor_float_32_executionEb";

/**
 * Tells TensorFlow to compute float32 products in float32, which it passes on to NVIDIA's libraries and
 * to XLA.
 *
 * @param library the path of libtensorflow, which has been opened.
 * @returns false if it has no such function; then only NVIDIA's own variable has an effect.
 */
export function forbidTf32(library: string): boolean {
  try {
    const { symbols } = Deno.dlopen(library, {
      [enable]: { parameters: ["bool"], result: "void" },
    });
    symbols[enable]!(false);
    return true;
  } catch {
    return false;
  }
}
