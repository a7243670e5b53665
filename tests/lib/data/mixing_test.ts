/**
 * Which images are mixed, and how: the distribution, and that a resumed run draws the same.
 *
 * @module
 */
import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Batch, Mixing } from "../../../lib/data/batches.ts";
import {
  cutMix,
  drawBeta,
  mixUp,
  withMixing,
  type WithMixingOptions,
} from "../../../lib/data/mixing.ts";
import { randomStream } from "../../../lib/random.ts";

function batches(count: number, size = 4): Batch[] {
  return Array.from({ length: count }, () => ({
    images: new Float32Array(size * 8 * 6),
    labels: new Int32Array(size),
    shape: [size, 8, 6, 1],
  }));
}

async function mixings(count: number, options: Partial<WithMixingOptions>, size?: number) {
  const all = withMixing(batches(count, size), { seed: 1, epoch: 2, ...options });
  return (await Array.fromAsync(all)).map(({ mixing }) => mixing as Mixing);
}

function isBox({ own }: Mixing): boolean {
  return own.every((weight) => weight === 0 || weight === 1);
}

Deno.test("withMixing() draws the same for a batch, wherever the epoch begins", async () => {
  const options = { mixup: 0.2, cutmix: 1 };
  const all = await mixings(6, options);
  assertEquals(await mixings(6, options), all);
  assertEquals(await mixings(2, { ...options, first: 4 }), all.slice(4));
  const others = await Promise.all(
    [{ seed: 3 }, { epoch: 3 }].map((other) => mixings(6, { ...options, ...other })),
  );
  for (const other of others) {
    assert(other.every(({ share }, i) => share !== all[i]!.share || share === 1));
  }
});

Deno.test("withMixing() gives each image one partner", async () => {
  for (const { partners } of await mixings(20, { mixup: 1 }, 5)) {
    assertEquals([...partners].sort(), [0, 1, 2, 3, 4]);
  }
});

Deno.test("withMixing() mixes by one of mixup and CutMix, with the probability", async () => {
  const both = await mixings(400, { mixup: 1, cutmix: 1 });
  const boxes = both.filter(isBox).length;
  assert(boxes > 150 && boxes < 250, `${boxes} of 400 are boxes`);
  assert((await mixings(50, { cutmix: 1 })).every(isBox));
  assert(!(await mixings(50, { mixup: 1 })).some(isBox));
  const seldom = await mixings(400, { mixup: 1, probability: 0.25 });
  const mixed = seldom.filter(({ share }) => share < 1).length;
  assert(mixed > 65 && mixed < 135, `${mixed} of 400 are mixed`);
  const never = await mixings(5, { mixup: 1, cutmix: 1, probability: 0 });
  assert(never.every(({ own, share }) => share === 1 && own.every((weight) => weight === 1)));
});

Deno.test("drawBeta() has the mean and the variance of Beta(a, a), also for extreme a", () => {
  for (const alpha of [1e-4, 0.1, 0.2, 1, 4, 1000]) {
    const random = randomStream(5, 7);
    const count = 20_000;
    const values = Array.from({ length: count }, () => drawBeta(random, alpha));
    assert(values.every((x) => x >= 0 && x <= 1), `alpha ${alpha}`);
    const mean = values.reduce((sum, x) => sum + x, 0) / count;
    const variance = values.reduce((sum, x) => sum + (x - 0.5) ** 2, 0) / count;
    const expected = 1 / (4 * (2 * alpha + 1));
    // Five standard errors.
    assertAlmostEquals(mean, 0.5, 5 * Math.sqrt(expected / count), `alpha ${alpha}`);
    assertAlmostEquals(variance / expected, 1, 5 * Math.sqrt(2 / count), `alpha ${alpha}`);
  }
});

Deno.test("cutMix() counts the label by the pixels of the box", () => {
  const partners = Int32Array.of(1, 0);
  const whole = cutMix({ partners, size: [8, 6], share: 0.75, center: [4, 3] });
  const zeros = ({ own }: Mixing) => own.filter((weight) => weight === 0).length;
  assertEquals(zeros(whole), 8); // half of 8 and of 6 pixels, rounded down twice: 4 rows, 2 columns
  for (const center of [[4, 3], [0, 0], [7, 5]] as const) {
    const mixing = cutMix({ partners, size: [8, 6], share: 0.3, center });
    assertAlmostEquals(mixing.share, 1 - zeros(mixing) / 48, 1e-12);
  }
});

Deno.test("mixUp(), cutMix() and withMixing() refuse what they cannot draw", async () => {
  const partners = Int32Array.of(0);
  const plain = { partners, size: [1, 1], share: 1.5 } as const;
  assertThrows(() => mixUp(plain), RangeError, "Cannot use 1.5 as share");
  assertThrows(() => cutMix({ ...plain, share: NaN, center: [0, 0] }), RangeError, "NaN as share");
  const box = { partners, size: [8, 6], share: 0.3 } as const;
  for (const center of [[8, 0], [-1, 0], [0, 6], [0.5, 0]] as const) {
    assertThrows(() => cutMix({ ...box, center }), RangeError, "of the center must be an integer");
  }
  const refused: [Partial<WithMixingOptions>, string][] = [
    [{ mixup: 0 }, "Cannot use 0 as mixup: it must be above 0"],
    [{ cutmix: -1 }, "Cannot use -1 as cutmix"],
    [{ mixup: 1, probability: 2 }, "Cannot use 2 as probability: it must be from 0 to 1"],
    [{ mixup: 1, first: -1 }, "first must be an integer"],
  ];
  for (const [options, message] of refused) {
    await assertRejects(() => mixings(1, options), RangeError, message);
  }
});
