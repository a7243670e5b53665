/**
 * A reader with one defect of each kind, which the harness has to find.
 *
 * @module
 */
import { UserError } from "../../../lib/errors.ts";
import { isA, type Target } from "../target.ts";

/** What happens at each first byte. */
const defects: readonly (() => void)[] = [
  () => {},
  () => {
    throw new UserError("Cannot read x: it is damaged");
  },
  () => {
    throw new TypeError("Cannot read properties of undefined");
  },
  () => {
    throw new UserError("Cannot read x:\nit is damaged");
  },
  () => spin(performance.now() + 1200),
  () => void new Uint8Array(2 ** 31),
  () => void Promise.reject(new Error("nobody waits for this")),
  () => Deno.exit(70),
  () => spin(Infinity),
];

function spin(until: number): void {
  while (performance.now() < until);
}

/** Opens the target. */
export function open(): Target {
  return {
    make: (random) => Uint8Array.of(random.integer(defects.length)),
    // deno-lint-ignore require-await -- what is thrown is to reject
    read: async (input) => defects[input[0]!]!(),
    isNamed: isA(UserError),
    memory: () => 2 ** 30,
  };
}
