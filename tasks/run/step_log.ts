/**
 * The losses of a run's steps, `steps.txt` in its folder: a line `STEP LOSS` per step, with all
 * digits, so that two runs can be compared.
 *
 * @module
 */
import { join } from "@std/path";
import { cannotRead, cannotWrite, readTextFile, writeWhole } from "../../lib/files.ts";

/**
 * Opens the log of a run after `steps` steps, and removes the lines of later steps.
 *
 * @returns Adds steps, counted from 1. Throws a UserError if the file cannot be written.
 * @throws {UserError} If the log cannot be read or written.
 */
export async function openStepLog(
  folder: string,
  steps: number,
): Promise<Disposable & { add(step: number, loss: number): void }> {
  const path = join(folder, "steps.txt");
  await writeWhole(path, await linesUpTo(path, steps));
  const file = await Deno.open(path, { append: true }).catch((error) => {
    throw cannotWrite(path, error);
  });
  const encoder = new TextEncoder();
  return {
    add(step, loss) {
      try {
        // At most one line, which the system writes whole or not at all.
        file.writeSync(encoder.encode(`${step} ${loss}\n`));
      } catch (error) {
        throw cannotWrite(path, error);
      }
    },
    [Symbol.dispose]: () => file.close(),
  };
}

async function linesUpTo(path: string, steps: number): Promise<string> {
  const text = await readTextFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "";
    throw cannotRead(path, error);
  });
  const whole = text.split("\n").slice(0, -1);
  return whole.filter((line) => parseInt(line) <= steps).map((line) => `${line}\n`).join("");
}
