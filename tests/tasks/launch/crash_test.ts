/** Tests of messages about a program that a signal ended. @module */
import { assertEquals, assertMatch } from "@std/assert";
import { describeCrash } from "../../../tasks/launch/crash.ts";

const advice = { goOn: "go on so", lessMemory: "take less so" };

Deno.test("describeCrash() says why a signal may have come, and advises less memory only for want of it", () => {
  for (const signal of ["SIGABRT", "SIGBUS", "SIGKILL", "SIGSEGV", "SIGTRAP"] as const) {
    const line = describeCrash(signal, advice)!;
    assertMatch(line, new RegExp(`^error: the task was ended by ${signal}, most often .*memory`));
    assertMatch(line, /; go on so; take less so$/);
  }
  for (const signal of ["SIGILL", "SIGFPE", "SIGSYS", "SIGXCPU", "SIGXFSZ"] as const) {
    const line = describeCrash(signal, advice)!;
    assertMatch(line, new RegExp(`^error: the task was ended by ${signal}, .*; go on so$`));
  }
  assertEquals(describeCrash("SIGUSR2", undefined), "error: the task was ended by SIGUSR2");
});

Deno.test("describeCrash() says nothing of a request to end", () => {
  for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"] as const) {
    assertEquals(describeCrash(signal, advice), undefined);
  }
});
