/**
 * The learning rate over a run, and weights that decay.
 *
 * @module
 */
import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  cosineRate,
  type CosineRateOptions,
  type Decay,
  decayedWeight,
  oneCycleRate,
  type OneCycleRateOptions,
  steppedRate,
  warmedUpRate,
  type WarmedUpRateOptions,
} from "../../../lib/train/schedule.ts";
import { readFixture } from "../../parity.ts";

Deno.test("steppedRate() keeps each rate for whole epochs", () => {
  const paper = { rate: 0.1, ratio: 0.2, drops: [60, 120, 160] };
  const expected: [number, number][] = [
    [0, 0.1],
    [59, 0.1],
    [60, 0.02],
    [119, 0.02],
    [120, 0.004],
    [159, 0.004],
    [160, 0.0008],
    [199, 0.0008],
  ];
  for (const [epoch, rate] of expected) {
    assertAlmostEquals(steppedRate(epoch, paper), rate, 1e-12, `epoch ${epoch}`);
  }
});

Deno.test("steppedRate() counts drops in any order, and those of one epoch each", () => {
  assertEquals(steppedRate(5, { rate: 8, ratio: 0.5, drops: [9, 5, 1] }), 2);
  assertEquals(steppedRate(5, { rate: 8, ratio: 0.5, drops: [5, 5] }), 2);
  assertEquals(steppedRate(5, { rate: 8, ratio: 0.5, drops: [0] }), 4);
});

Deno.test("steppedRate() without drops stays the same", () => {
  assertEquals(steppedRate(1000, { rate: 0.1, ratio: 0.2, drops: [] }), 0.1);
});

Deno.test("warmedUpRate() rises by the same amount at each step, and then stays", () => {
  for (const steps of [1, 2, 7, 100]) {
    let [scaled, plain] = [0.1, 0.8 / steps]; // the first steps' rates
    for (let step = 0; step < 2 * steps + 2; step++) {
      assertAlmostEquals(warmedUpRate(step, { rate: 0.8, steps, from: 0.1 }), scaled, 1e-12);
      assertAlmostEquals(warmedUpRate(step, { rate: 0.8, steps }), plain, 1e-12);
      scaled = Math.min(0.8, scaled + 0.7 / steps);
      plain = Math.min(0.8, plain + 0.8 / steps);
    }
  }
});

Deno.test("warmedUpRate() has exactly its rate after the warm-up, and without one", () => {
  for (const step of [3, 4, 1e9]) {
    assertEquals(warmedUpRate(step, { rate: 0.3, steps: 3, from: 0.1 }), 0.3);
    assertEquals(warmedUpRate(step, { rate: 0.3, steps: 3 }), 0.3);
  }
  assertEquals(warmedUpRate(2, { rate: 0.3, steps: 3 }), 0.3);
  assertEquals(warmedUpRate(0, { rate: 0.3, steps: 3, from: 0.1 }), 0.1);
  assertEquals(warmedUpRate(0, { rate: 0.3, steps: 0 }), 0.3);
  assertEquals(warmedUpRate(0, { rate: 0.3, steps: 0, from: 0.1 }), 0.3);
  assertEquals(warmedUpRate(1, { rate: 0.3, steps: 2, from: 0.5 }), 0.4);
  assertEquals([0, 1, 2].map((step) => warmedUpRate(step, { rate: 1, steps: 1.5 })), [
    1 / 1.5,
    1,
    1,
  ]);
});

/**
 * PyTorch 2.15.0's rates of 12 steps, to 9 digits:
 *
 *     def rates(rate, start, steps, drops):
 *         sgd = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=rate)
 *         rise = LinearLR(sgd, start_factor=start, total_iters=steps)
 *         schedule = ChainedScheduler([rise, MultiStepLR(sgd, drops, gamma=0.1)])
 *         for _ in range(12):
 *             yield float(f"{sgd.param_groups[0]['lr']:.9g}")
 *             sgd.step()
 *             schedule.step()
 *
 *     rates(0.4, 1 / 4, 5, [6, 9]), rates(0.1, 1 / 5, 4, [6, 9]), rates(0.4, 1 / 4, 5, [3, 9])
 *
 * The second rises from 1/5 to 5/5 in 4 steps: that is a warm-up of 5 steps without `from`.
 */
const inPyTorch: readonly {
  warmUp: WarmedUpRateOptions;
  drops: readonly number[];
  rates: readonly number[];
}[] = [
  {
    warmUp: { rate: 0.4, steps: 5, from: 0.1 },
    drops: [6, 9],
    rates: [0.1, 0.16, 0.22, 0.28, 0.34, 0.4, 0.04, 0.04, 0.04, 0.004, 0.004, 0.004],
  },
  {
    warmUp: { rate: 0.1, steps: 5 },
    drops: [6, 9],
    rates: [0.02, 0.04, 0.06, 0.08, 0.1, 0.1, 0.01, 0.01, 0.01, 0.001, 0.001, 0.001],
  },
  {
    warmUp: { rate: 0.4, steps: 5, from: 0.1 },
    drops: [3, 9],
    rates: [0.1, 0.16, 0.22, 0.028, 0.034, 0.04, 0.04, 0.04, 0.04, 0.004, 0.004, 0.004],
  },
];

Deno.test("warmedUpRate() with steppedRate() is PyTorch's LinearLR with MultiStepLR", () => {
  for (const { warmUp, drops, rates } of inPyTorch) {
    assertEquals(rates.length, 12);
    for (const [step, expected] of rates.entries()) {
      const rate = warmedUpRate(step, warmUp);
      assertAlmostEquals(steppedRate(step, { rate, ratio: 0.1, drops }), expected, 1e-9);
    }
  }
});

Deno.test("warmedUpRate() refuses numbers that are none or negative", () => {
  const warmUp = { rate: 0.1, steps: 2, from: 0 };
  assertThrows(() => warmedUpRate(NaN, warmUp), RangeError, "Cannot use NaN as step:");
  for (const more of [{ rate: NaN }, { steps: Infinity }, { from: NaN }]) {
    assertThrows(() => warmedUpRate(0, { ...warmUp, ...more }), RangeError, "a finite number");
  }
  assertThrows(() => warmedUpRate(-1, warmUp), RangeError, "Cannot use -1 as step: it must be at");
  assertThrows(
    () => warmedUpRate(0, { ...warmUp, steps: -2 }),
    RangeError,
    "Cannot use -2 as steps",
  );
  const misspelt = { ...warmUp, start: 1 };
  assertThrows(() => warmedUpRate(0, misspelt), TypeError, '"start" of warmedUpRate()');
});

Deno.test("decayedWeight() goes from its start to its end, each in its way", () => {
  const weigh = (decay: Decay, progress: number) =>
    decayedWeight(progress, { decay, start: 1000, end: 200, drops: [0.3, 0.6, 0.8] });
  const at = [0, 0.25, 0.5, 1];
  assertEquals(at.map((progress) => weigh("none", progress)), [1000, 1000, 1000, 1000]);
  assertEquals(at.map((progress) => weigh("linear", progress)), [1000, 800, 600, 200]);
  for (const decay of ["linear", "cosine", "step"] as const) {
    assertEquals([-0.5, 1.5].map((beyond) => weigh(decay, beyond)), [1000, 200], decay);
  }
  const cosine = at.map((progress) => weigh("cosine", progress));
  const expected = [1000, 600 + 400 * Math.SQRT1_2, 600, 200];
  cosine.forEach((weight, i) => assertAlmostEquals(weight, expected[i]!, 1e-9));
  const steps = [0, 0.29, 0.3, 0.6, 0.8, 1].map((progress) => weigh("step", progress));
  const third = 800 / 3;
  [1000, 1000, 1000 - third, 1000 - 2 * third, 200, 200]
    .forEach((weight, i) => assertAlmostEquals(steps[i]!, weight, 1e-9));
});

Deno.test("decayedWeight() in steps is at its end after the last drop within the run", () => {
  const weigh = (progress: number, ...drops: number[]) =>
    decayedWeight(progress, { decay: "step", start: 1000, end: 200, drops });
  assertEquals([0, 0.6, 0.99].map((progress) => weigh(progress, 0.6, 1.2, 1.6)), [1000, 200, 200]);
  assertEquals([0.4, 0.5, 0.9].map((progress) => weigh(progress, 1, 0.5)), [1000, 200, 200]);
  assertEquals([0.2, 0.25, 0.5].map((at) => weigh(at, 0.25, 3, 0.5)), [1000, 600, 200]);
  assertEquals([0, 0.99].map((progress) => weigh(progress, 1, 2)), [1000, 1000]);
});

Deno.test("decayedWeight() in steps without drops stays the same", () => {
  assertEquals(decayedWeight(1, { decay: "step", start: 5, end: 0 }), 5);
});

Deno.test("steppedRate() and decayedWeight() refuse numbers that are none, and unknown ways", () => {
  const steps = { rate: 0.1, ratio: 0.2, drops: [1, 2] };
  assertThrows(() => steppedRate(NaN, steps), RangeError, "Cannot use NaN as epoch");
  for (const more of [{ rate: NaN }, { ratio: Infinity }, { drops: [1, NaN] }]) {
    assertThrows(() => steppedRate(0, { ...steps, ...more }), RangeError, "a finite number");
  }
  const decay = { decay: "step", start: 1, end: 0 } as const;
  assertThrows(() => decayedWeight(NaN, decay), RangeError, "Cannot use NaN as progress");
  assertThrows(() => decayedWeight(0, { ...decay, drops: [NaN] }), RangeError, "NaN as drops");
  for (const name of ["log", "toString", undefined]) {
    const options = { ...decay, decay: name as Decay };
    assertThrows(() => decayedWeight(0, options), RangeError, "none, linear, cosine, step");
  }
});

/** PyTorch's rates of whole runs: see `training.py`. */
const schedules = JSON.parse(
  (await readFixture("training")).metadata["schedules"] ?? "{}",
) as Record<string, { options: Record<string, number>; rates: number[] }[]>;

/** Our rate for the options of each. */
const ours: Record<string, (step: number, options: never) => number> = {
  cosine: (step, options: CosineRateOptions) => cosineRate(step, options),
  oneCycle: (step, options: OneCycleRateOptions) => oneCycleRate(step, options),
  warmUp: (step, options: WarmedUpRateOptions) => warmedUpRate(step, options),
  warmUpAndCosine: (step, { rate, steps, warmUp }: CosineRateOptions & { warmUp: number }) =>
    step < warmUp
      ? warmedUpRate(step, { rate, steps: warmUp })
      : cosineRate(step - warmUp, { rate, steps: steps - warmUp }),
};

Deno.test("cosineRate(), oneCycleRate() and warmedUpRate() are PyTorch's at every step", () => {
  assertEquals(Object.keys(schedules).sort(), Object.keys(ours).sort());
  for (const [name, cases] of Object.entries(schedules)) {
    for (const { options, rates } of cases) {
      assertEquals(rates.length, options.steps);
      for (const [step, expected] of rates.entries()) {
        const rate = ours[name]!(step, options as never);
        assertAlmostEquals(rate, expected, 1e-14, `${name} ${JSON.stringify(options)} at ${step}`);
      }
    }
  }
});

Deno.test("oneCycleRate() that only rises ends at the top, as PyTorch's with pct_start 1", () => {
  const cases: [OneCycleRateOptions, number[]][] = [
    [
      { rate: 0.4, steps: 5, rise: 1 },
      [0.016000000000000014, 0.07223549801218293, 0.20800000000000002, 0.34376450198781716, 0.4],
    ],
    [{ rate: 1, steps: 3, rise: 1, startDivisor: 10, endDivisor: 100 }, [0.1, 0.55, 1]],
  ];
  for (const [options, rates] of cases) {
    for (const [step, expected] of rates.entries()) {
      assertAlmostEquals(oneCycleRate(step, options), expected, 1e-14, `step ${step}`);
    }
    assertEquals(oneCycleRate(options.steps, options), options.rate);
  }
});

Deno.test("cosineRate() and oneCycleRate() stay at their end, also in a run without steps", () => {
  for (const step of [4, 5, 100]) {
    assertEquals(cosineRate(step, { rate: 1, steps: 4, end: 0.25 }), 0.25);
    assertAlmostEquals(oneCycleRate(step, { rate: 1, steps: 4 }), 1 / 25 / 1e4, 1e-15);
  }
  assertEquals(cosineRate(0, { rate: 1, steps: 0 }), 0);
  assertAlmostEquals(oneCycleRate(0, { rate: 1, steps: 1 }), 1 / 25 / 1e4, 1e-15);
  // A rise of one step begins at its top, where PyTorch divides by 0.
  assertEquals(oneCycleRate(0, { rate: 1, steps: 10, rise: 0.1 }), 1);
  assertEquals(oneCycleRate(0, { rate: 1, steps: 4, rise: 1, startDivisor: 2 }), 0.5);
});

Deno.test("cosineRate() and oneCycleRate() refuse what is no schedule", () => {
  assertThrows(() => cosineRate(-1, { rate: 1, steps: 4 }), RangeError, "Cannot use -1 as step:");
  assertThrows(() => cosineRate(0, { rate: NaN, steps: 4 }), RangeError, "NaN as rate");
  assertThrows(() => oneCycleRate(0, { rate: 1, steps: -4 }), RangeError, "-4 as steps");
  const cycle = { rate: 1, steps: 4 };
  assertThrows(() => oneCycleRate(0, { ...cycle, rise: 1.1 }), RangeError, "1.1 as rise");
  assertThrows(() => oneCycleRate(0, { ...cycle, endDivisor: 0 }), RangeError, "0 as endDivisor");
  assertThrows(
    () => oneCycleRate(0, { ...cycle, startDivisor: -1 }),
    RangeError,
    "Cannot use -1 as startDivisor: it must be above 0",
  );
  const unknown = { ...cycle, min: 0 };
  assertThrows(() => cosineRate(0, unknown), TypeError, "min");
  assertThrows(() => oneCycleRate(0, unknown), TypeError, "min");
});
