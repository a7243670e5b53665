/**
 * Memory that JavaScript holds and does not need any more.
 *
 * @module
 */

/**
 * Gives back what was read and made and is not needed any more: files of parameters, values that
 * TensorFlow has copies of. V8 itself would do so when JavaScript needs memory, and a training step takes
 * all of its own elsewhere. Does nothing where deno was started without `--expose-gc`, which the launcher
 * gives it.
 */
export function collectGarbage(): void {
  const { gc } = globalThis as { gc?: () => void };
  gc?.();
}
