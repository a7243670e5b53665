/**
 * Tells which image libjpeg speaks of, when it prints that something is damaged.
 *
 * @module
 */
import { Budget } from "./budget.ts";
import { type NativeStderr, openNativeStderr } from "./native_stderr.ts";

/** What a piece of work gave, and what libjpeg printed meanwhile. */
export interface Heard<T> {
  result: T;
  words: readonly string[];
}

/** A piece of work under way. */
interface UnderWay {
  words: string[];
  /** Whether other work may have been meant. */
  isUnsure: boolean;
}

/** Lines of TensorFlow's log that are not about images: they are for the terminal. */
const logLine = /^(\d{4}-\d\d-\d\d \d\d:|[IWEF]\d{4} \d\d:|WARNING: All log)/;
const ofImages = /\b(jpeg|png|decode_\w*image)/i;

/** More than pieces of work that are ever under way: who takes all of them is alone. */
const turns = 2 ** 30;

/** Listens while images are decoded, several at a time. */
export class LibjpegWords {
  readonly #stderr: NativeStderr | undefined;
  readonly #underWay = new Set<UnderWay>();
  readonly #turns = new Budget(turns);

  /** @param stderr where libjpeg prints; undefined where that cannot be held back. */
  constructor(stderr: NativeStderr | undefined) {
    this.#stderr = stderr;
  }

  /**
   * Does work that may make libjpeg print.
   *
   * @param mustKnow whether the words must be about this work: where they may be about other work that
   * was under way at the same time, it is done once more, alone.
   */
  async hear<T>(work: () => Promise<T>, mustKnow: boolean): Promise<Heard<T>> {
    const { result, words, isUnsure } = await this.#turns.spend(1, () => this.#once(work));
    if (!mustKnow || words.length === 0 || !isUnsure) return { result, words };
    const alone = await this.#turns.spend(turns, () => this.#once(work));
    return { result: alone.result, words: alone.words };
  }

  async #once<T>(work: () => Promise<T>): Promise<Heard<T> & UnderWay> {
    const mine: UnderWay = { words: [], isUnsure: false };
    if (this.#underWay.size === 0) this.#stderr?.hold();
    this.#underWay.add(mine);
    try {
      const result = await work();
      this.#listen();
      return { result, ...mine };
    } finally {
      this.#listen();
      this.#underWay.delete(mine);
      if (this.#underWay.size === 0) this.#stderr?.release();
    }
  }

  #listen(): void {
    const lines = this.#stderr?.take().split("\n").filter((line) => line !== "") ?? [];
    const isOther = (line: string) => logLine.test(line) && !ofImages.test(line);
    for (const line of lines.filter(isOther)) console.error(line);
    const words = lines.filter((line) => !isOther(line));
    if (words.length === 0) return;
    for (const each of this.#underWay) {
      each.words.push(...words);
      each.isUnsure ||= this.#underWay.size > 1;
    }
  }
}

/** One for all decoders of a process, since they print to one place. */
let shared: LibjpegWords | undefined;

/** Opens what all decoders of this process share. */
export function libjpegWords(library: string): LibjpegWords {
  return shared ??= new LibjpegWords(openNativeStderr(library));
}
