/**
 * What is fuzzed: inputs that are made from real files, a reader, and what the reader may do with them.
 *
 * @module
 */
import type { Random } from "../../lib/random.ts";
import type { Bytes } from "./bytes.ts";

/** A reader of files that may be damaged or hostile. */
export interface Target {
  /** Makes an input: the same random numbers, the same input. */
  make(random: Random): Bytes | Promise<Bytes>;
  /**
   * Reads an input, and checks that what was read is sound.
   *
   * @throws what the reader throws, or an {@link Unsound}.
   */
  read(input: Bytes): Promise<void>;
  /** Whether an error is one that the reader's documentation names. */
  isNamed(error: unknown): boolean;
  /** The most bytes of memory that may be taken for an input of so many bytes. */
  memory(size: number): number;
  /** Milliseconds that an input may take. Default: 1000. */
  readonly slow?: number;
  /** Gives back what reading needed. */
  close?(): Promise<void>;
}

/** Says what is wrong with what was read, or with what a reader left behind. */
export class Unsound extends Error {
  override name = "Unsound";
}

/** Thrown by a target where the reader gave an input up, and ended what read it, after its time limit. */
export class Ended extends Error {
  override name = "Ended";
}

/** @throws {Unsound} with this message, unless the condition holds. */
export function sound(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Unsound(message);
}

/** What became of an input. */
export type Verdict = "read" | "refused" | "ended" | { problem: string };

/** Reads an input and judges the outcome, but for its time and memory. */
export async function judge(target: Target, input: Bytes): Promise<Verdict> {
  try {
    await target.read(input);
    return "read";
  } catch (error) {
    return judgeError(target, error);
  }
}

function judgeError({ isNamed }: Target, error: unknown): Verdict {
  if (error instanceof Ended) return "ended";
  if (!isNamed(error)) {
    return { problem: error instanceof Error ? error.stack ?? error.message : String(error) };
  }
  const { message } = error as Error;
  // One line that a terminal can show: a name out of a file may be long, or hold an escape sequence.
  if (/^[^\p{Cc}\u2028\u2029]{1,600}$/u.test(message)) return "refused";
  return {
    problem: `a message that is not one short line: ${JSON.stringify(message.slice(0, 900))}`,
  };
}

/** For {@linkcode Target.isNamed}, where one class of errors is named. */
export function isA(kind: new (...args: never[]) => Error): (error: unknown) => boolean {
  return (error) => error instanceof kind;
}
