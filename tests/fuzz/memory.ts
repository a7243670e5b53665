/**
 * How much memory an input took.
 *
 * Two things are measured. What the process had resident at its highest, less what it had before: the
 * kernel counts it (`VmHWM`, which writing 5 to `clear_refs` sets back), so it is of all threads, of
 * WebAssembly and of native code too. And how many bytes of arrays JavaScript asked for: an array that
 * is never written takes no memory, and its size is of the file's choosing all the same.
 *
 * @module
 */

/** Bytes of an input's reading. */
export interface Taken {
  /** Resident memory beyond what there was before, at its highest; 0 where that is not known. */
  resident: number;
  /** Arrays that were asked for by length. */
  arrays: number;
}

/** Measures from its making on. */
export class MemoryMeter {
  readonly #before: number;
  readonly #arraysBefore: number;

  constructor() {
    countArrays();
    resetPeak();
    this.#before = peak();
    this.#arraysBefore = arrayBytes;
  }

  taken(): Taken {
    return { resident: peak() - this.#before, arrays: arrayBytes - this.#arraysBefore };
  }
}

function resetPeak(): void {
  if (Deno.build.os === "linux") Deno.writeTextFileSync("/proc/self/clear_refs", "5");
}

/** The highest resident memory, in bytes, since the last reset; of Linux alone. */
function peak(): number {
  if (Deno.build.os !== "linux") return 0;
  const status = Deno.readTextFileSync("/proc/self/status");
  return Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}

let arrayBytes = 0;
let counting = false;

/** Has every array counted that is made by its length, from now on. */
function countArrays(): void {
  if (counting) return;
  counting = true;
  const world = globalThis as unknown as Record<string, unknown>;
  for (const name of ["Uint8Array", "Int32Array", "Float32Array", "ArrayBuffer"]) {
    const original = world[name] as typeof Uint8Array;
    const bytes = name === "ArrayBuffer" ? 1 : original.BYTES_PER_ELEMENT;
    world[name] = new Proxy(original, {
      construct(target, args, newTarget) {
        const [length] = args;
        if (typeof length === "number" && length > 0) arrayBytes += length * bytes;
        return Reflect.construct(target, args, newTarget);
      },
    });
  }
}
