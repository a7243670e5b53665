/**
 * Captures what native code prints to standard error. libjpeg reports damage there, without a file
 * name, and TensorFlow announces there that it listens on a port.
 *
 * @module
 */

/** Functions of glibc, found through any library that uses it. */
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
/** More than is written between two calls of `take`. Anything more is lost. */
const capacity = 2 ** 16;

/** The C variable `stderr`. Between `hold` and `release` it is a buffer that nothing displays. */
export interface NativeStderr {
  /** Starts capturing. */
  hold(): void;
  /** What was written since the last call. */
  take(): string;
  /** Ends capturing. */
  release(): void;
}

let opened: NativeStderr | undefined;

/**
 * Opens the C stream of this process. Programs that do not use C streams, such as Deno, are not
 * affected. Undefined if the system is not Linux with glibc: then nothing is captured.
 *
 * @param path an open library.
 */
export function openNativeStderr(path: string): NativeStderr | undefined {
  if (Deno.build.os !== "linux") return undefined;
  try {
    return opened ??= open(path);
  } catch {
    return undefined; // the C library lacks one of these functions
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
      c.flockfile(held); // no other thread can write meanwhile
      const bytes = new Uint8Array(Number(c.__fpending(held)));
      if (bytes.length > 0) written.copyInto(bytes);
      c.__fpurge(held);
      c.funlockfile(held);
      return new TextDecoder().decode(bytes);
    },
    release: () => void (variable[0] = visible),
  };
}
