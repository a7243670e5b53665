/**
 * Finds out which image a message of libjpeg is about, when it reports damage.
 *
 * @module
 */
import { Budget } from "./budget.ts";
import { type NativeStderr, openNativeStderr } from "../tensorflow/mod.ts";

/** The result of a task, and what libjpeg printed meanwhile. */
export interface Heard<T> {
  result: T;
  words: readonly string[];
}

/** A running task. */
interface UnderWay {
  words: string[];
  /** True if the message may be about another task. */
  isUnsure: boolean;
}

/** Log lines of TensorFlow that are not about images. They are passed on to the terminal. */
const logLine = /^(\d{4}-\d\d-\d\d \d\d:|[IWEF]\d{4} \d\d:|WARNING: All log)/;
const ofImages = /\b(jpeg|png|decode_\w*image)/i;

/** More than the tasks that ever run at the same time. Taking all of them means running alone. */
const turns = 2 ** 30;

/** Captures messages while several images are decoded at a time. */
export class LibjpegWords {
  readonly #stderr: NativeStderr | undefined;
  readonly #underWay = new Set<UnderWay>();
  readonly #turns = new Budget(turns);

  /** @param stderr where libjpeg prints; undefined if it cannot be captured. */
  constructor(stderr: NativeStderr | undefined) {
    this.#stderr = stderr;
  }

  /**
   * Runs a task that may make libjpeg print.
   *
   * @param mustKnow if true, the messages must belong to this task: if they may belong to another one,
   * this task runs again, alone.
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
    let result: T;
    try {
      result = await work();
    } finally {
      this.#listen();
      this.#underWay.delete(mine);
      if (this.#underWay.size === 0) this.#stderr?.release();
    }
    // Not before the last listening: another task may print until then.
    return { result, ...mine };
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

/** One for all decoders of a process, because all print to the same place. */
let shared: LibjpegWords | undefined;

/** Returns the instance shared by all decoders of this process. */
export function libjpegWords(library: string): LibjpegWords {
  return shared ??= new LibjpegWords(openNativeStderr(library));
}
