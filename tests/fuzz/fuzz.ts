/**
 * Runs a target's inputs in other processes, so that one that crashes or hangs is seen, named, and
 * does not keep the others from being read.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import type { doneMessage, Finding, Summary } from "./child.ts";

/** Which inputs. */
export interface FuzzOptions {
  seed: number;
  /** The number of the first input. Default: 0. */
  first?: number;
  /** How many. */
  inputs: number;
  /** Milliseconds until a process that is at the same input is ended. Default: 15 s. */
  patience?: number;
}

/** What came of a target. */
export interface FuzzResult extends Summary {
  findings: Finding[];
  /** What was found once, and not when the same input was read again in a new process. */
  passing: Finding[];
}

/** Bytes of a process's memory beyond which it is ended. */
const memoryBytes = 3 * 2 ** 30;
/** More findings than anybody looks at: the target is given up. */
const mostFindings = 100;

/** Inputs that are read before one that is read again, so that the program itself has been loaded. */
const warmUp = 20;

/** Reads inputs of a target; what is found is read once more, in a process of its own. */
export async function fuzz(
  target: string,
  { seed, first = 0, inputs, patience = 15_000 }: FuzzOptions,
): Promise<FuzzResult> {
  const total: FuzzResult = {
    ...{ read: 0, refused: 0, ended: 0, seconds: 0, slowest: 0, most: 0 },
    findings: [],
    passing: [],
  };
  const candidates: Finding[] = [];
  const end = first + inputs;
  for (let from = first; from < end && candidates.length < mostFindings;) {
    const { findings, summaries, stoppedAt } = await runChild({
      target,
      seed,
      from,
      to: end,
      patience,
    });
    candidates.push(...findings);
    for (const summary of summaries) add(total, summary);
    from = stoppedAt === undefined ? end : stoppedAt + 1;
  }
  const again = async ({ index }: Finding) => {
    const others = candidates.map((other) => other.index).filter((other) => other !== index);
    const from = Math.max(0, index - warmUp);
    const job = { target, seed, from, to: index + 1, patience, skip: others };
    return (await runChild(job)).findings.find((finding) => finding.index === index);
  };
  for (const candidate of candidates) {
    const found = await again(candidate);
    // Whatever else this machine does takes its time too.
    const confirmed = found?.kind === "slow" ? await again(candidate) : found;
    (confirmed ? total.findings : total.passing).push(confirmed ?? candidate);
  }
  return total;
}

function add(
  total: FuzzResult,
  { read, refused, ended, seconds, slowest, most }: Summary,
): void {
  total.read += read;
  total.refused += refused;
  total.ended += ended;
  total.seconds += seconds;
  total.slowest = Math.max(total.slowest, slowest);
  total.most = Math.max(total.most, most);
}

/** Inputs for a process. */
interface Job {
  target: string;
  seed: number;
  from: number;
  to: number;
  patience: number;
  /** Inputs that are left out. */
  skip?: number[];
}

interface Outcome {
  findings: Finding[];
  summaries: Summary[];
  /** The input at which the process ended, where it did not come to its end. */
  stoppedAt?: number;
}

async function runChild({ target, seed, from, to, patience, skip = [] }: Job): Promise<Outcome> {
  const status = await Deno.makeTempFile({ prefix: "fuzz-status-" });
  writeStatus(status, from);
  const child = spawn([target, seed, from, to, status, skip.join()]);
  const watcher = watch(child, status, patience);
  try {
    const { code, signal, stdout, stderr } = await child.output();
    const lines = new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
    const printed = lines.map((line) => JSON.parse(line) as Finding | Summary | typeof doneMessage);
    const findings = printed.filter((line): line is Finding => "kind" in line);
    const summaries = printed.filter((line): line is Summary => "read" in line);
    if (printed.some((line) => "done" in line)) return { findings, summaries };
    const index = readStatus(status);
    const reason = watcher.reason() ?? `exit code ${code}, signal ${signal}`;
    const detail = `${reason}: ${new TextDecoder().decode(stderr).trim().slice(-600)}`;
    const kind = watcher.reason() === undefined ? "crash" : "hang";
    return { findings: [...findings, { index, kind, detail }], summaries, stoppedAt: index };
  } finally {
    watcher.stop();
    await Deno.remove(status);
  }
}

/** Writes an input to a file. */
export async function writeInput(
  target: string,
  seed: number,
  index: number,
  path: string,
): Promise<void> {
  const { success, stderr } = await spawn([target, seed, index, path]).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

function spawn(args: (string | number)[]): Deno.ChildProcess {
  const root = new URL("../../", import.meta.url);
  return new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--allow-all", "--quiet", "--v8-flags=--max-old-space-size=1024"],
      // This configuration needs no network.
      ...["--config", fileURLToPath(new URL("deno.nojsr.json", root))],
      fileURLToPath(new URL("child.ts", import.meta.url)),
      ...args.map(String),
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
}

/** Ends a process that stays at an input, or takes too much memory. */
function watch(child: Deno.ChildProcess, status: string, patience: number) {
  let [index, since] = [-1, performance.now()];
  let reason: string | undefined;
  const timer = setInterval(() => {
    const now = readStatus(status);
    if (now !== index) [index, since] = [now, performance.now()];
    if (performance.now() - since > patience) reason = `nothing for ${patience} ms`;
    const memory = residentMemory(child.pid);
    if (memory > memoryBytes) reason = `${memory} bytes of memory`;
    if (reason !== undefined) child.kill("SIGKILL");
  }, 250);
  return { stop: () => clearInterval(timer), reason: () => reason };
}

function writeStatus(path: string, index: number): void {
  Deno.writeFileSync(path, new Uint8Array(BigUint64Array.of(BigInt(index)).buffer));
}

function readStatus(path: string): number {
  return Number(new DataView(Deno.readFileSync(path).buffer).getBigUint64(0, true));
}

/** Of a process, in bytes; 0 where it has ended or the system does not tell. */
function residentMemory(pid: number): number {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    return Number(/VmRSS:\s*(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
