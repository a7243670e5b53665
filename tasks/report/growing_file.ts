/**
 * Reads a growing text file: each call returns the lines that are new.
 *
 * @module
 */

/** What a file has gained since the last look. */
export interface NewLines {
  readonly lines: readonly string[];
  /** True if the file is another one, or was shortened: the lines are all of it. */
  readonly isFresh: boolean;
  /** True if there are more lines to read at once. */
  readonly hasMore: boolean;
}

/** Bytes to read at once. A longer line is no line of ours, and is passed over. */
const chunk = 2 ** 24;
const newline = 10;

/** Follows a text file, which need not be there yet. */
export class GrowingFile {
  #offset = 0;
  #identity = "";
  readonly #path: string;
  readonly #isWhole: (line: string) => boolean;

  /** @param isWhole True if a last line that no newline ends yet can be taken. */
  constructor(path: string, isWhole: (line: string) => boolean = () => false) {
    this.#path = path;
    this.#isWhole = isWhole;
  }

  /**
   * Reads what is new.
   *
   * @returns undefined if there is no such file.
   * @throws {Error} If it cannot be read.
   */
  async read(): Promise<NewLines | undefined> {
    const info = await Deno.stat(this.#path).catch((error) => {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
        return undefined;
      }
      throw error;
    });
    // A pipe could block the reader, and a device may never end.
    if (!info?.isFile) return undefined;
    const identity = `${info.dev}:${info.ino}`;
    const isFresh = identity !== this.#identity || info.size < this.#offset;
    if (isFresh) this.#offset = 0;
    this.#identity = identity;
    if (info.size === this.#offset) return { lines: [], isFresh, hasMore: false };
    const bytes = await readAt(this.#path, this.#offset, Math.min(chunk, info.size - this.#offset));
    return { isFresh, ...this.#take(bytes, info.size) };
  }

  #take(bytes: Uint8Array, size: number): Pick<NewLines, "lines" | "hasMore"> {
    const end = bytes.lastIndexOf(newline) + 1;
    const isLast = this.#offset + bytes.length >= size;
    const decoder = new TextDecoder();
    const lines = end === 0 ? [] : decoder.decode(bytes.subarray(0, end - 1)).split("\n");
    const rest = isLast ? decoder.decode(bytes.subarray(end)) : "";
    const takesRest = rest !== "" && this.#isWhole(rest);
    // A chunk without any newline is passed over.
    this.#offset += takesRest || (end === 0 && !isLast) ? bytes.length : end;
    return { lines: takesRest ? [...lines, rest] : lines, hasMore: !isLast };
  }
}

async function readAt(path: string, offset: number, length: number): Promise<Uint8Array> {
  using file = await Deno.open(path);
  await file.seek(offset, Deno.SeekMode.Start);
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const count = await file.read(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}
