/**
 * A section of `deno task bench --gpu`, in the process that was started for it.
 *
 * @module
 */
import { UserError } from "../../../lib/errors.ts";
import { startOurs } from "../ours.ts";
import { workOfCeiling } from "./ceilings.ts";
import { callDoctor } from "./doctor.ts";
import { engineVariables, type Surroundings } from "./halves.ts";
import { measureImages } from "./images.ts";
import { reasonOf } from "../lanes.ts";
import { measureMemory } from "./memory.ts";
import { checkParity } from "./parity.ts";
import type { Task } from "./plan.ts";
import { type Emit, rounded, scaledCase, timeStepsOn } from "./step_times.ts";
import { trainShortly } from "./training.ts";

/** What a section's process is told. */
export interface SectionRequest {
  task: Task;
  /** Seconds after which it is ended. */
  limit: number;
  surroundings: Surroundings;
  /** The folder with CIFAR-10. */
  dataroot?: string;
  /** Of our plain step on 128 images, if it was measured. */
  stepMilliseconds?: number;
  /** The steps whose arithmetic is counted. */
  counted?: readonly string[];
}

/**
 * Runs a section, and prints each finding as a line of JSON.
 *
 * @param text a {@link SectionRequest} as JSON, as `sectionCommand` writes it.
 * @throws {UserError} If it is something else.
 */
export async function runSectionHere(text: string): Promise<void> {
  const request = parseRequest(text);
  const { task, limit, surroundings, dataroot, stepMilliseconds } = request;
  // Its parent ends it, unless the parent has been killed.
  Deno.unrefTimer(setTimeout(() => Deno.exit(1), (limit + 5) * 1000));
  const emit: Emit = (finding) => console.log(JSON.stringify(finding));
  // The moment of `performance.now()` at which the section is over: `end` of what is called below.
  const end = performance.now() + limit * 1000;
  switch (task.kind) {
    case "doctor":
      return await callDoctor({ ...surroundings, dataroot }, emit);
    case "ceilings":
      return await measureCeilings(task, surroundings, request.counted ?? [], emit);
    case "parity":
      return await checkParity(task, surroundings, end, emit);
    case "steps":
      return await timeStepsOn(task, surroundings, end, emit);
    case "memory":
      return await measureMemory(task, surroundings, end, emit);
    case "images":
      return await measureImages(task, surroundings, end, emit);
    case "training": {
      const seconds = Math.min(task.seconds, limit);
      return await trainShortly(surroundings, { seconds, dataroot, stepMilliseconds, end }, emit);
    }
  }
}

function parseRequest(text: string): SectionRequest {
  try {
    const request = JSON.parse(text);
    if (typeof request.task.kind === "string" && request.surroundings) return request;
  } catch {
    // Refused below.
  }
  throw new UserError(
    "Cannot use --section: only deno task bench --gpu itself gives it; remove it",
  );
}

const rounds = 3;
const stepsOfCeiling = 5;

/** Measures the product and the pass over memory, and counts the work of the steps. */
async function measureCeilings(
  { product, copy }: Extract<Task, { kind: "ceilings" }>,
  { threads, gpu, caches }: Surroundings,
  counted: readonly string[],
  emit: Emit,
): Promise<void> {
  const programs = [
    { name: "product", ceiling: { product }, precision: "float32", ofTf32: false },
    { name: "product, TF32", ceiling: { product }, precision: "float32", ofTf32: true },
    { name: "product", ceiling: { product }, precision: "bfloat16", ofTf32: true },
    { name: "copy", ceiling: { copy }, precision: "float32", ofTf32: true },
  ] as const;
  const able = programs.filter(({ name }) => gpu || name !== "product, TF32");
  for (const tf32 of [true, false]) {
    const env = engineVariables({ caches, tf32 });
    const half = await startOurs({ threads, opThreads: undefined, gpu, env });
    for (const { name, ceiling, precision } of able.filter(({ ofTf32 }) => ofTf32 === tf32)) {
      try {
        const times: number[] = [];
        for (let round = 0; round < rounds; round++) {
          times.push(...await half.times({ ceiling, precision, steps: stepsOfCeiling }));
        }
        const perSecond = 1000 * workOfCeiling(ceiling, precision) / Math.min(...times);
        emit({ ceiling: name, ...ceiling, precision, milliseconds: times.map(rounded), perSecond });
      } catch (error) {
        emit({ ceiling: name, ...ceiling, precision, failed: reasonOf(error) });
      }
    }
    if (tf32) {
      for (const step of counted) {
        const work = await half.work(scaledCase(step, 1));
        if (work) emit({ step, batch: scaledCase(step, 1).batch, ...work });
      }
    }
    await half.close();
  }
}
