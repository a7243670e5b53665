/**
 * Tests of a section's process: what becomes of it when it ends, fails, crashes, or takes too long.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  parseFinding,
  startSection,
  whyFailed,
} from "../../../../tasks/bench/gpu/section_process.ts";

const ignore = Deno.build.os === "windows";

function run(script: string, limit = 60) {
  return startSection(["/bin/sh", "-c", script], limit).report;
}

Deno.test({
  name: "startSection() reads findings, and leaves out other lines",
  ignore,
  fn: async () => {
    const { state, findings, words, limit } = await run(
      `echo '{"a": 1}'; echo hello; echo '{"b": 2}'; echo '{"cut'; echo note >&2`,
    );
    assertEquals([state, findings, words, limit], ["done", [{ a: 1 }, { b: 2 }], ["note"], 60]);
  },
});

Deno.test({
  name: "startSection() keeps the findings and the reason of what fails",
  ignore,
  fn: async () => {
    const failed = await run(`echo '{"a": 1}'; echo 'error: no memory' >&2; echo bye >&2; exit 1`);
    assertEquals([failed.state, failed.reason], ["failed", "no memory"]);
    assertEquals(failed.findings, [{ a: 1 }]);
    const crashed = await run("kill -SEGV $$");
    assertEquals([crashed.state, crashed.reason], ["failed", "it was ended by SIGSEGV"]);
  },
});

Deno.test({
  name: "startSection() ends what takes too long, with what it started",
  ignore,
  fn: async () => {
    const start = performance.now();
    const report = await run(`sleep 60 & echo "{\\"pid\\": $!}"; wait`, 1);
    assert(performance.now() - start < 30_000);
    assertEquals([report.state, report.reason], ["cut off", "its 1 s were over"]);
    const [{ pid } = {}] = report.findings;
    await until(() => hasEnded(pid as number));
  },
});

Deno.test({
  name: "startSection() ends what a section leaves running",
  ignore,
  fn: async () => {
    const { findings: [{ pid } = {}], state } = await run(
      `sleep 60 >/dev/null 2>&1 & echo "{\\"pid\\": $!}"`,
    );
    assertEquals(state, "done");
    await until(() => hasEnded(pid as number));
  },
});

/** True if there is no such process, or only what its parent has not taken note of. */
function hasEnded(pid: number): boolean {
  const { stdout } = new Deno.Command("ps", { args: ["-o", "stat=", "-p", String(pid)] })
    .outputSync();
  const stat = new TextDecoder().decode(stdout).trim();
  return stat === "" || stat.startsWith("Z");
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("it did not happen in 10 s");
}

Deno.test("parseFinding() takes JSON objects only", () => {
  assertEquals(parseFinding('{"a": [1]}'), { a: [1] });
  for (const line of ["", "words", '{"a": [1', "[1]"]) assertEquals(parseFinding(line), undefined);
});

Deno.test("whyFailed() prefers the last error to the last line, and that to the signal", () => {
  assertEquals(whyFailed(["error: one", "error: two", "more"], 1, null), "two");
  assertEquals(whyFailed(["one", "two"], 1, null), "two");
  assertEquals(whyFailed([], 134, "SIGABRT"), "it was ended by SIGABRT");
  assertEquals(whyFailed([], 3, null), "it ended with exit code 3");
});
