/**
 * Lets the process end while TensorFlow is computing.
 *
 * @module
 */

/** Functions of the C library, found through any library that uses it. Not on every platform. */
const symbols = {
  dlsym: { parameters: ["pointer", "buffer"], result: "pointer", optional: true },
  on_exit: { parameters: ["pointer", "pointer"], result: "i32", optional: true },
} as const;

/**
 * Ends the process without running library destructors. Those of TensorFlow and oneDNN free memory that
 * their threads may still use, so the process would crash instead of returning its exit code. Exit
 * handlers run in reverse order, so this registers one when the program ends. Only works with glibc.
 *
 * @param path an open library.
 */
export function endWithoutDestructors(path: string): void {
  globalThis.addEventListener("unload", () => {
    const { dlsym, on_exit } = Deno.dlopen(path, symbols).symbols;
    const exit = dlsym?.(null, new TextEncoder().encode("_exit\0")) ?? null;
    // Called with the exit code, and with an argument that `_exit` ignores.
    if (exit !== null) on_exit?.(exit, null);
  });
}
