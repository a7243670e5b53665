/**
 * Frees memory that JavaScript no longer needs.
 *
 * @module
 */

/**
 * Runs the garbage collector to free, for example, file contents and values that TensorFlow has
 * copied. V8 would only do so when JavaScript needs memory, but a training step allocates its
 * memory outside V8. Does nothing unless deno runs with `--expose-gc`, which the launcher sets.
 */
export function collectGarbage(): void {
  const { gc } = globalThis as { gc?: () => void };
  gc?.();
}
