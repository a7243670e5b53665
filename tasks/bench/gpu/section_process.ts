/**
 * Runs a section of `deno task bench --gpu` in a process of its own, for a limited time.
 *
 * @module
 */
import { readLines } from "../../cli/read_lines.ts";
import { launcherArgs } from "../child.ts";
import type { Finding, SectionReport } from "./report.ts";
import type { SectionRequest } from "./section.ts";

/** The last lines of a section that are kept. */
const keptLines = 12;

/** The command line of a section. */
export function sectionCommand(request: SectionRequest): string[] {
  const words = ["bench", "--gpu", "--section", JSON.stringify(request)];
  return [Deno.execPath(), ...launcherArgs(...words)];
}

/**
 * Starts a section's process, which writes each finding as a line of JSON. A process that fails, crashes
 * or takes too long becomes a report that says so.
 *
 * @param limit seconds after which it is ended.
 * @returns its report, and `kill`, which ends it and all that it started.
 */
export function startSection([program = "", ...args]: string[], limit: number) {
  const start = performance.now();
  // A group of its own, so that what the section starts ends with it.
  const detached = Deno.build.os !== "windows";
  const child = new Deno.Command(program, {
    args,
    detached,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const kill = () => killGroup(child, detached);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    kill();
  }, limit * 1000);
  return { report: follow(), kill };

  async function follow(): Promise<SectionReport> {
    const findings: Finding[] = [];
    const words: string[] = [];
    await Promise.all([
      forEachLine(child.stdout, (line) => {
        const finding = parseFinding(line);
        if (finding) findings.push(finding);
      }),
      forEachLine(child.stderr, (line) => {
        if (line.trim() !== "") words.push(line);
        if (words.length > keptLines) words.shift();
      }),
    ]);
    const { code, signal } = await child.status;
    clearTimeout(timer);
    kill(); // what it may have left running
    const seconds = Math.round((performance.now() - start) / 100) / 10;
    const known = { seconds, limit: Math.round(limit), findings, words };
    if (isLate) {
      return { state: "cut off", reason: `its ${Math.round(limit)} s were over`, ...known };
    }
    if (code === 0) return { state: "done", ...known };
    return { state: "failed", reason: whyFailed(words, code, signal), ...known };
  }
}

async function forEachLine(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  act: (line: string) => void,
): Promise<void> {
  for await (const line of readLines(stream)) act(line);
}

/** A line that is a JSON object; other lines are no findings. */
export function parseFinding(line: string): Finding | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // it was cut off
  }
}

/** The reason of a failure in one line: its last error, or else its last line. */
export function whyFailed(
  words: readonly string[],
  code: number,
  signal: Deno.Signal | null,
): string {
  const error = words.findLast((line) => /^error: /i.test(line));
  const line = error?.replace(/^error: /i, "") ?? words.at(-1);
  return line ?? (signal ? `it was ended by ${signal}` : `it ended with exit code ${code}`);
}

function killGroup(child: Deno.ChildProcess, detached: boolean): void {
  try {
    if (detached) Deno.kill(-child.pid, "SIGKILL");
    else child.kill("SIGKILL");
  } catch {
    // All of it has ended.
  }
}
