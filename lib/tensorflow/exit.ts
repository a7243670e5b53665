/**
 * Lets the process end while TensorFlow computes.
 *
 * @module
 */

/** Functions of the C library, which is found through any library that uses it; not on every platform. */
const symbols = {
  dlsym: { parameters: ["pointer", "buffer"], result: "pointer", optional: true },
  on_exit: { parameters: ["pointer", "pointer"], result: "i32", optional: true },
} as const;

/**
 * Has the process end without the destructors of libraries: TensorFlow's and oneDNN's take away what
 * their threads may still use, and the process would end with a crash in place of its exit code. What
 * is registered last runs first, and so this waits until the program ends. Only glibc can do it.
 *
 * @param path a library that is open.
 */
export function endWithoutDestructors(path: string): void {
  globalThis.addEventListener("unload", () => {
    const { dlsym, on_exit } = Deno.dlopen(path, symbols).symbols;
    const exit = dlsym?.(null, new TextEncoder().encode("_exit\0")) ?? null;
    // It is called with the exit code, and with what `_exit` does not take.
    if (exit !== null) on_exit?.(exit, null);
  });
}
