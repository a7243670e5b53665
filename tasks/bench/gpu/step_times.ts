/**
 * The training steps of `deno task bench --gpu`: every program's first call, which compiles, and then
 * its times, in turns with the others'.
 *
 * @module
 */
import type { Precision } from "../../../lib/jit/mod.ts";
import { type Case, caseSets } from "../cases.ts";
import { type Contender, contenders, type Half, opByOp, type Surroundings } from "./halves.ts";
import { before, inLanes, lanesOf, reasonOf } from "../lanes.ts";
import type { Task } from "./plan.ts";
import type { Finding } from "./report.ts";

/** How a section gives a finding. */
export type Emit = (finding: Finding) => void;

/** A program that gets ready for a step, or has failed to. */
interface Entry {
  readonly step: string;
  readonly shape: Case;
  readonly contender: Contender;
  half?: Half;
  firstCallSeconds?: number;
  failed?: string;
  readonly milliseconds: number[];
}

/** The part of a group's time in which its programs must start and compile. */
const shareToGetReady = 0.7;
/** Milliseconds that are left to tell what was found. */
const reserve = 3000;

/** Of --quick: XLA takes half a minute for the others on two processors. */
const quickCases: Record<string, Case> = { "WRN-10-1": { depth: 10, width: 1, batch: 128 } };

/** A case of the performance set or of --quick, with so many times its batch. */
export function scaledCase(step: string, scale: number): Case {
  const shape = { ...caseSets.performance, ...quickCases }[step] as Case;
  return { ...shape, batch: Math.max(1, Math.round(shape.batch * scale)) };
}

/**
 * Times the steps of a section. With many processors the programs of all steps get ready together, which
 * takes longer than to time them; with few, those of one step after the other.
 */
export async function timeStepsOn(
  task: Extract<Task, { kind: "steps" }>,
  surroundings: Surroundings,
  end: number,
  emit: Emit,
): Promise<void> {
  const lanes = surroundings.gpu ? lanesOf(navigator.hardwareConcurrency) : 1;
  const programs = contenders(surroundings);
  const entries = task.cases.map((step) => {
    const shape = scaledCase(step, task.scale);
    return programs.filter(({ takes }) => takes(shape))
      .map((contender): Entry => ({ step, shape, contender, milliseconds: [] }));
  });
  const groups = lanes > 1 ? [entries] : entries.map((one) => [one]);
  for (const [i, group] of groups.entries()) {
    const now = performance.now();
    const groupEnd = now + (end - reserve - now) / (groups.length - i);
    await timeGroup(group, task, { lanes, end: groupEnd }, emit);
  }
}

async function timeGroup(
  steps: readonly Entry[][],
  { precision, rounds, block }: Extract<Task, { kind: "steps" }>,
  { lanes, end }: { lanes: number; end: number },
  emit: Emit,
): Promise<void> {
  const now = performance.now();
  const readyBy = now + (end - now) * shareToGetReady;
  const prepare = async (entry: Entry) => {
    try {
      await getReady(entry, precision, readyBy);
    } catch (error) {
      entry.failed = `not ready: ${reasonOf(error)}`;
      entry.half?.kill();
    }
  };
  // Our own programs first, should there be no time for all.
  const order = steps.flat().toSorted((a, b) => rankOf(a) - rankOf(b));
  await inLanes(order, lanes, prepare);
  for (const entries of steps) {
    await timeRounds(entries, { precision, rounds, block, end });
    for (const entry of entries) {
      emit(findingOf(entry, precision));
      await entry.half?.close().catch(() => {});
    }
  }
}

/** Slow compilers after what is ready at once. */
function rankOf({ contender: { name } }: Entry): number {
  return [opByOp, "PyTorch eager", "PyTorch channels_last"].includes(name) ? 0 : 1;
}

/** Starts a program and makes a first step, which compiles. */
async function getReady(entry: Entry, precision: Precision, readyBy: number): Promise<void> {
  const starting = entry.contender.start().then((half) => {
    entry.half = half;
    if (entry.failed !== undefined) half.kill(); // it came too late
    return half;
  });
  const half = await before(readyBy, starting);
  const start = performance.now();
  await before(readyBy, half.time(entry.shape, precision, 1));
  entry.firstCallSeconds = (performance.now() - start) / 1000;
}

/** Times every program that is ready once a round. */
async function timeRounds(
  entries: readonly Entry[],
  { precision, rounds, block, end }: {
    precision: Precision;
    rounds: number;
    block: number;
    end: number;
  },
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const entry of entries) {
      const { half, shape, failed, milliseconds } = entry;
      if (!half || failed !== undefined) continue;
      try {
        milliseconds.push(await before(end, half.time(shape, precision, block)));
      } catch (error) {
        if (milliseconds.length === 0) entry.failed = reasonOf(error);
        half.kill();
        delete entry.half;
      }
    }
  }
}

function findingOf(
  { step, shape, contender, firstCallSeconds, failed, milliseconds }: Entry,
  precision: Precision,
): Finding {
  return {
    ...{ step, batch: shape.batch, precision, program: contender.name },
    ...(firstCallSeconds !== undefined && { firstCallSeconds: rounded(firstCallSeconds) }),
    ...(failed === undefined ? { milliseconds: milliseconds.map(rounded) } : { failed }),
  };
}

/** To four significant digits. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
