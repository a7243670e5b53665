/** Tests of messages about a program that a signal ended. @module */
import { assertEquals, assertMatch } from "@std/assert";
import { describeCrash } from "../../../tasks/launch/crash.ts";

const goOn = "; the run goes on from its last checkpoint with --resume";
const lessMemory =
  "; it takes less with a smaller --batch-size, which cannot change within an epoch";

Deno.test("describeCrash() says why a signal may have come, and advises less memory only for want of it", () => {
  for (const signal of ["SIGABRT", "SIGBUS", "SIGKILL", "SIGSEGV", "SIGTRAP"] as const) {
    const line = describeCrash(signal, true)!;
    assertMatch(line, new RegExp(`^error: the task was ended by ${signal}, most often .*memory`));
    assertMatch(line, new RegExp(`${goOn}${lessMemory}$`));
  }
  for (const signal of ["SIGILL", "SIGFPE", "SIGSYS", "SIGXCPU", "SIGXFSZ"] as const) {
    const line = describeCrash(signal, true)!;
    assertMatch(line, new RegExp(`^error: the task was ended by ${signal}, .*${goOn}$`));
  }
  assertEquals(describeCrash("SIGUSR2"), "error: the task was ended by SIGUSR2");
});

Deno.test("describeCrash() says nothing of a request to end", () => {
  for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"] as const) {
    assertEquals(describeCrash(signal, true), undefined);
  }
});
