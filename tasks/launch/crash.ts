/**
 * What to say of a program that a signal ended: it could not tell itself.
 *
 * @module
 */
import { endedBy } from "../cli/parent.ts";

/** What to do where a program crashes, in a few words each. */
export interface CrashAdvice {
  /** How to go on. */
  readonly goOn: string;
  /** How it takes less memory. */
  readonly lessMemory: string;
}

const outOfMemory = "most often because memory ran out";
const causes: Readonly<Partial<Record<string, string>>> = {
  SIGABRT: outOfMemory,
  SIGBUS: outOfMemory,
  SIGKILL: outOfMemory,
  SIGSEGV: outOfMemory,
  SIGTRAP: "most often because the memory of JavaScript ran out",
  SIGILL: "most often because this processor lacks an instruction that a library uses",
  SIGFPE: "because a library divided by zero; please report it with the command line",
  SIGSYS: "because the system forbids a call that a library makes",
  SIGXCPU: "because it used all the processor time that ulimit -t allows",
  SIGXFSZ: "because a file grew larger than ulimit -f allows",
};

/** The line on a program that ended so; undefined where none is needed. */
export function describeCrash(
  signal: Deno.Signal,
  advice: CrashAdvice | undefined,
): string | undefined {
  if (signal in endedBy) return undefined; // who sent it knows
  const cause = causes[signal];
  const lacksMemory = cause === outOfMemory || signal === "SIGTRAP";
  const crash = `error: the task was ended by ${signal}${cause === undefined ? "" : `, ${cause}`}`;
  if (advice === undefined) return crash;
  return [crash, advice.goOn, ...(lacksMemory ? [advice.lessMemory] : [])].join("; ");
}
