/**
 * Random changes of colours.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { randomJitter } from "../../../lib/images/jitter.ts";
import { randomStream } from "../../../lib/random.ts";

const all = { brightness: 0.4, contrast: 0.2, saturation: 1.5 };
const drawn = Array.from({ length: 1200 }, (_, i) => randomJitter(all, randomStream(i)));

Deno.test("randomJitter() draws every order about as often", () => {
  const counts = new Map<string, number>();
  for (const steps of drawn) {
    const order = steps.map(({ kind }) => kind).join();
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assertEquals(counts.size, 6);
  for (const count of counts.values()) assert(count > 140 && count < 260, `${count} of 1200`);
});

Deno.test("randomJitter() draws factors from the whole of their ranges", () => {
  const ranges = { brightness: [0.6, 1.4], contrast: [0.8, 1.2], saturation: [0, 2.5] } as const;
  for (const [kind, [least, greatest]] of Object.entries(ranges)) {
    const factors = drawn.map((steps) => steps.find((step) => step.kind === kind)!.factor);
    const width = greatest - least;
    const [lowest, highest] = [Math.min(...factors), Math.max(...factors)];
    assert(lowest >= least && lowest < least + 0.02 * width, `${kind} from ${lowest}`);
    assert(highest <= greatest && highest > greatest - 0.02 * width, `${kind} to ${highest}`);
  }
});

Deno.test("randomJitter() leaves alone what is not named or is 0", () => {
  assertEquals(randomJitter({}, randomStream(0)), []);
  const steps = randomJitter({ brightness: 0, contrast: 0.1 }, randomStream(0));
  assertEquals(steps.map(({ kind }) => kind), ["contrast"]);
});

Deno.test("randomJitter() refuses numbers out of range", () => {
  for (const contrast of [-0.1, NaN, Infinity]) {
    assertThrows(() => randomJitter({ contrast }, randomStream(0)), RangeError, "contrast");
  }
});
