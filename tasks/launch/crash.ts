/**
 * Messages about a program that was ended by a signal and so could not report anything itself.
 *
 * @module
 */
import { endedBy } from "../cli/parent.ts";

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

const goOn = "the run goes on from its last checkpoint with --resume";
const lessMemory = "it takes less with a smaller --batch-size, which cannot change within an epoch";

/** The message for a program that this signal ended; undefined if none is needed. */
export function describeCrash(
  signal: Deno.Signal,
  trains = false,
  name = "the task",
): string | undefined {
  if (signal in endedBy) return undefined; // whoever sent it knows
  const cause = causes[signal];
  const lacksMemory = cause === outOfMemory || signal === "SIGTRAP";
  const crash = `error: ${name} was ended by ${signal}${cause === undefined ? "" : `, ${cause}`}`;
  if (!trains) return crash;
  return [crash, goOn, ...(lacksMemory ? [lessMemory] : [])].join("; ");
}
