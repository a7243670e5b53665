/**
 * Keeps what native code writes to standard error while images are decoded: libjpeg prints there, and
 * names no file.
 *
 * @module
 */

/** Functions of glibc, which is found through any library that uses it. */
const symbols = {
  stderr: { type: "pointer" },
  fopen: { parameters: ["buffer", "buffer"], result: "pointer" },
  malloc: { parameters: ["usize"], result: "pointer" },
  setvbuf: { parameters: ["pointer", "pointer", "i32", "usize"], result: "i32" },
  flockfile: { parameters: ["pointer"], result: "void" },
  funlockfile: { parameters: ["pointer"], result: "void" },
  __fpending: { parameters: ["pointer"], result: "usize" },
  __fpurge: { parameters: ["pointer"], result: "void" },
} as const;

/** An argument of `setvbuf`. */
const fullyBuffered = 0;
/** More than is written between two looks: what does not fit in is lost. */
const capacity = 2 ** 16;

/** The variable `stderr` of C. Between `hold` and `release` it is another stream, of which nobody sees. */
export interface NativeStderr {
  /** Begins to hold back. */
  hold(): void;
  /** What has been written since the last look. */
  take(): string;
  /** Lets everything pass again. */
  release(): void;
}

let opened: NativeStderr | undefined;

/**
 * Opens the stream of this process; what programs in other languages write past C, as Deno does, is not
 * in it. Undefined where the system is not Linux with glibc: then nothing is held back.
 *
 * @param path a library that is open.
 */
export function openNativeStderr(path: string): NativeStderr | undefined {
  if (Deno.build.os !== "linux") return undefined;
  try {
    return opened ??= open(path);
  } catch {
    return undefined; // a C library without one of these functions
  }
}

function open(path: string): NativeStderr {
  const c = Deno.dlopen(path, symbols).symbols;
  const text = (text: string) => new TextEncoder().encode(`${text}\0`);
  const [held, buffer] = [c.fopen(text("/dev/null"), text("w")), c.malloc(BigInt(capacity))];
  if (!c.stderr || !held || !buffer) throw new Error("there is no stream, or no memory for it");
  c.setvbuf(held, buffer, fullyBuffered, BigInt(capacity));
  const written = new Deno.UnsafePointerView(buffer);
  const variable = new BigUint64Array(Deno.UnsafePointerView.getArrayBuffer(c.stderr, 8));
  const visible = variable[0]!;
  return {
    hold: () => void (variable[0] = Deno.UnsafePointer.value(held)),
    take() {
      c.flockfile(held); // no thread writes meanwhile
      const bytes = new Uint8Array(Number(c.__fpending(held)));
      if (bytes.length > 0) written.copyInto(bytes);
      c.__fpurge(held);
      c.funlockfile(held);
      return new TextDecoder().decode(bytes);
    },
    release: () => void (variable[0] = visible),
  };
}
