/**
 * Reads a range of a target's inputs, in a process of its own: `child.ts TARGET SEED FROM TO STATUS SKIP`;
 * or writes one to a file: `child.ts TARGET SEED INDEX FILE`.
 *
 * The number of the input at hand is written to the file STATUS before it is read, so that whoever
 * started this process knows which one ended it. Findings are printed, a line of JSON each.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { randomStream } from "../../lib/random.ts";
import type { Bytes } from "./bytes.ts";
import { MemoryMeter } from "./memory.ts";
import { judge, type Target } from "./target.ts";
import { targets } from "./targets/all.ts";

/** What is wrong with how an input was read. */
export interface Finding {
  index: number;
  kind: "error" | "slow" | "memory" | "crash" | "hang";
  detail: string;
  /** Of the input, in bytes. */
  size?: number;
}

/** What is printed every so often, of the inputs since the last time. */
export interface Summary {
  read: number;
  refused: number;
  /** Given up after the reader's time limit. */
  ended: number;
  /** Seconds for all inputs, without their making. */
  seconds: number;
  /** Milliseconds of the slowest. */
  slowest: number;
  /** The most memory that an input took beyond what there was before, in bytes. */
  most: number;
}

/** Inputs to a line of figures: so many are left out of the figures where the process is ended. */
const inputsPerSummary = 500;

/** What is printed when all inputs are done. */
export const doneMessage = { done: true };

async function makeInput(target: Target, seed: number, index: number): Promise<Bytes> {
  return await target.make(randomStream(seed, index));
}

/** Inputs of a target. */
interface Range {
  name: string;
  seed: number;
  from: number;
  to: number;
  /** Left out. */
  skip: ReadonlySet<number>;
}

async function run({ name, seed, from, to, skip }: Range, status: string): Promise<void> {
  const target = await targets[name]!();
  const file = await Deno.open(status, { write: true });
  const place = new BigUint64Array(1);
  const bytes = new Uint8Array(place.buffer);
  let index = from;
  const print = (line: Finding | Summary | typeof doneMessage) => console.log(JSON.stringify(line));
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    const detail = event.reason instanceof Error ? event.reason.stack : String(event.reason);
    print({ index, kind: "error", detail: `after the reading: ${detail}` });
  });
  const none: Summary = { read: 0, refused: 0, ended: 0, seconds: 0, slowest: 0, most: 0 };
  let summary = { ...none };
  for (; index < to; index++) {
    if (skip.has(index)) continue;
    place[0] = BigInt(index);
    file.seekSync(0, Deno.SeekMode.Start);
    file.writeSync(bytes);
    const input = await makeInput(target, seed, index);
    const size = input.length;
    const meter = new MemoryMeter();
    const start = performance.now();
    const verdict = await judge(target, input);
    const time = performance.now() - start;
    const { resident, arrays } = meter.taken();
    await setImmediate(); // what fails late is to be found before the next input
    if (typeof verdict === "object") {
      print({ index, kind: "error", detail: verdict.problem, size });
    } else {
      summary[verdict]++;
    }
    if (time > (target.slow ?? 1000)) {
      print({ index, kind: "slow", detail: `${Math.round(time)} ms`, size });
    }
    const taken = Math.max(resident, arrays);
    if (taken > target.memory(size)) {
      const detail = `${resident} bytes resident, ${arrays} in arrays, for ${size}`;
      print({ index, kind: "memory", detail, size });
    }
    summary.seconds += time / 1000;
    summary.slowest = Math.max(summary.slowest, time);
    summary.most = Math.max(summary.most, taken);
    if ((index + 1 - from) % inputsPerSummary === 0 || index + 1 === to) {
      print(summary);
      summary = { ...none };
    }
  }
  await target.close?.();
  print(doneMessage);
}

async function write(name: string, seed: number, index: number, path: string) {
  await Deno.writeFile(path, await makeInput(await targets[name]!(), seed, index));
}

if (import.meta.main) {
  const [name = "", seed, from, to = "", status, skip] = Deno.args;
  if (status === undefined) {
    await write(name, Number(seed), Number(from), to);
  } else {
    const skipped = new Set((skip ?? "").split(",").filter((index) => index !== "").map(Number));
    const range = { name, seed: Number(seed), from: Number(from), to: Number(to), skip: skipped };
    await run(range, status);
  }
  Deno.exit(0); // the libraries' own threads and workers would go on
}
