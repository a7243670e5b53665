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
 * @param run gives its own milliseconds, where they are not those of the call.
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
 * @returns those that did not fail; of others, a line is printed.
 * @throws {UserError} If our own program fails.
 */
export async function tryOut(programs: Programs, steps: number): Promise<Programs> {
  const able = { ...programs };
  for (const [name, program] of Object.entries(programs)) {
    try {
      await program(steps);
    } catch (error) {
      if (name === ours || !(error instanceof UserError)) throw error;
      console.error(`note: without ${name}: ${error.message}`);
      delete able[name];
    }
  }
  return able;
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
