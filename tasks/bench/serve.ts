/**
 * What our half of the benchmark does: it answers requests on standard input, one JSON text a line.
 *
 * @module
 */
import { describeFailure } from "../cli/failure.ts";
import { readLines } from "../cli/read_lines.ts";
import { allReduceProgram } from "./all_reduce.ts";
import { epochTimes } from "./epoch.ts";
import { ceilingProgram } from "./gpu/ceilings.ts";
import { writeParityValues } from "./gpu/parity_values.ts";
import { type Work, workOfStep } from "./gpu/work.ts";
import { kernelProgram } from "./kernels.ts";
import type { Program } from "./in_turns.ts";
import type { Request } from "./request.ts";
import { stepProgram } from "./step.ts";

/** Answers until the end of standard input. TensorFlow has been started. */
export async function serve(): Promise<void> {
  const print = console.log;
  console.log = console.error; // what a task prints is no answer
  const prepared = new Map<string, Program>();
  print(JSON.stringify({ ready: true }));
  for await (const line of readLines(Deno.stdin.readable)) {
    print(JSON.stringify(await answerLine(line, prepared)));
  }
}

async function answerLine(line: string, prepared: Map<string, Program>): Promise<unknown> {
  try {
    return await answer(JSON.parse(line), prepared);
  } catch (error) {
    const { text } = describeFailure(error);
    return { error: text.split("\n")[0]!.replace(/^error: /, "") };
  }
}

async function answer(
  request: Request,
  prepared: Map<string, Program>,
): Promise<
  { times: number[] } | { work: Work | null } | { written: true } | { peakBytes: number }
> {
  if ("memory" in request) return { peakBytes: await ownPeakBytes() };
  if ("work" in request) return { work: workOfStep(request.work) ?? null };
  if ("parity" in request) {
    await writeParityValues(request);
    return { written: true };
  }
  if ("epoch" in request) return { times: await epochTimes(request) };
  const { steps, ...what } = request;
  const key = JSON.stringify(what);
  const program = prepared.get(key) ??
    ("case" in request
      ? stepProgram(request.case, request.precision, request)
      : "ceiling" in request
      ? ceilingProgram(request.ceiling, request.precision)
      : "allReduce" in request
      ? allReduceProgram(request.allReduce)
      : kernelProgram(request.kernel, request.precision));
  prepared.set(key, program);
  return { times: await program(steps) };
}

/** The most bytes of memory that this process had. */
async function ownPeakBytes(): Promise<number> {
  const [, kilobytes] = (await Deno.readTextFile("/proc/self/status")).match(/VmHWM:\s+(\d+) kB/)!;
  return Number(kilobytes) * 1024;
}
