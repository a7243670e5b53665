/**
 * Times programs in turns, so that what disturbs the machine disturbs them alike.
 *
 * @module
 */
import { median } from "../../lib/median.ts";
import { UserError } from "../../lib/errors.ts";

/** Something that makes so many steps of its kind, and gives the milliseconds of each. */
export type Program = (steps: number) => Promise<number[]>;

/**
 * The program of what is done once a step.
 *
 * @param run may return its milliseconds itself; otherwise the call is timed.
 */
export function repeated(run: () => Promise<number | void> | void): Program {
  return async (steps) => {
    const times: number[] = [];
    for (let i = 0; i < steps; i++) {
      const start = performance.now();
      times.push(await run() ?? performance.now() - start);
    }
    return times;
  };
}

/**
 * Uncounted first steps, as in PyTorch's program: the programs that ran before have filled the
 * processor's caches.
 */
export const warmUpSteps = 2;

/** The milliseconds of each of so many steps, whose results are disposed of between them. */
export async function timeSteps<T>(
  steps: number,
  step: () => Promise<T>,
  done: (result: T) => void,
): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < warmUpSteps + steps; i++) {
    const start = performance.now();
    const result = await step();
    times.push(performance.now() - start);
    done(result);
  }
  return times.slice(warmUpSteps);
}

/**
 * The mean milliseconds of so many steps, as the only time.
 *
 * @param wait ends when the device has made the step whose result it gets.
 */
export async function timeBlock<T>(
  steps: number,
  step: () => Promise<T> | T,
  { wait, done }: { wait: (result: T) => unknown; done: (result: T) => void },
): Promise<number[]> {
  const run = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const result = await step();
      if (i === count - 1) await wait(result);
      done(result);
    }
  };
  await run(warmUpSteps);
  const start = performance.now();
  await run(steps);
  return [(performance.now() - start) / steps];
}

/** Milliseconds, by the name of the program. */
export type Times = Record<string, number[]>;

/** The name of our own program. */
export const ours = "ours";

/** Programs that do the same, by their names. */
export type Programs = Readonly<Record<string, Program>>;

/**
 * Times every program once a round. A first round, which compiles, is not counted; a program that fails
 * in it is left out, with a line that says so.
 *
 * @throws {UserError} If our own program fails, or another one later.
 */
export async function timeInTurns(
  programs: Programs,
  rounds: number,
  steps: number,
): Promise<Times> {
  const able = await tryOut(programs, steps);
  return (await timeRounds({ able }, rounds, steps)).able ?? {};
}

/**
 * Runs every program once, uncounted.
 *
 * @returns the programs that did not fail; for each of the others a line is printed.
 * @throws {UserError} If our own program fails.
 */
export async function tryOut(programs: Programs, steps: number): Promise<Programs> {
  const able = { ...programs };
  for (const [name, program] of Object.entries(programs)) {
    const times = name === ours
      ? await program(steps)
      : await orNote(() => program(steps), (why) => `without ${name}: ${why}`);
    if (!times) delete able[name];
  }
  return able;
}

/** Undefined, with a note that says why, where something that is not ours cannot be done. */
export async function orNote<T>(
  act: () => Promise<T>,
  note: (why: string) => string,
): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(`note: ${note(error.message)}`);
    return undefined;
  }
}

/** Times every program of every set once a round. */
export async function timeRounds(
  sets: Readonly<Record<string, Programs>>,
  rounds: number,
  steps: number,
): Promise<Record<string, Times>> {
  const times: Record<string, Times> = {};
  for (let round = 0; round < rounds; round++) {
    for (const [set, programs] of Object.entries(sets)) {
      const ofSet = times[set] ??= {};
      for (const [name, program] of Object.entries(programs)) {
        (ofSet[name] ??= []).push(...await program(steps));
      }
    }
  }
  return times;
}

/** The name of the other program that has the least median; undefined where we are alone. */
export function fastestOther(times: Times): string | undefined {
  // NaN has no place in an order.
  const others = Object.keys(times).filter((name) => name !== ours && median(times[name]) > 0);
  return others.sort((a, b) => median(times[a]) - median(times[b]))[0];
}
