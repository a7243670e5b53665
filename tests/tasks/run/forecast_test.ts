/** Tests of what is known before a run's first step. @module */
import { assert, assertAlmostEquals, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { UserError } from "../../../lib/errors.ts";
import { UsageError } from "../../../tasks/cli/usage_error.ts";
import { cosineRate, oneCycleRate } from "../../../lib/train/schedule.ts";
import {
  checkRelations,
  scheduleLines,
  scheduleOf,
  workerNotes,
} from "../../../tasks/run/forecast.ts";
import { noTransfer } from "../../../lib/methods/table.ts";
import { parseCifar as parse, parseImagenet } from "../cli/parse.ts";

/** The learning rates of all steps. */
function ratesOf(options: Parameters<typeof scheduleOf>[0], stepsPerEpoch: number): number[] {
  const schedule = scheduleOf(options, stepsPerEpoch);
  const places = Array.from({ length: options.epochs * stepsPerEpoch }, (_, steps) => ({
    epoch: Math.floor(steps / stepsPerEpoch),
    batch: steps % stepsPerEpoch,
    steps,
  }));
  return places.map((place) => schedule(place).learningRate);
}

function assertRates(actual: readonly number[], expected: readonly number[]) {
  assertEquals(actual.length, expected.length);
  actual.forEach((rate, step) => assertAlmostEquals(rate, expected[step]!, 1e-12, `step ${step}`));
}

/** The drops of the learning rate, as one factor for each step. */
const drop = (epochs: number[], ratio: number, steps: number, stepsPerEpoch: number) =>
  Array.from(
    { length: steps },
    (_, step) => epochs.reduce((all, epoch) => step < epoch * stepsPerEpoch ? all : all * ratio, 1),
  );

Deno.test("scheduleOf() keeps --lr to the bit without scaling and warm-up", () => {
  const rates = ratesOf(parse("--lr 0.3 --epochs 3 --epoch-step 2 --batch-size 512"), 4);
  assertEquals(rates, [...Array(8).fill(0.3), ...Array(4).fill(0.3 * 0.2)]);
});

Deno.test("scheduleOf() scales --lr by the batch size over the recipe's own", () => {
  const rateOf = (line: string, read: (line: string) => Parameters<typeof scheduleOf>[0] = parse) =>
    ratesOf(read(`${line} --epochs 1 --epoch-step []`), 1)[0]!;
  assertAlmostEquals(rateOf("--lr-scale linear --batch-size 512"), 0.4, 1e-12);
  assertAlmostEquals(rateOf("--lr-scale linear --batch-size 96"), 0.075, 1e-12);
  assertEquals(rateOf("--lr-scale linear"), 0.1);
  assertEquals(rateOf("--lr-scale none --batch-size 512"), 0.1);
  const repdistiller = "--recipe repdistiller --lr 0.05 --lr-scale linear --batch-size";
  assertAlmostEquals(rateOf(`${repdistiller} 512`), 0.4, 1e-12);
  assertEquals(rateOf(`${repdistiller} 64`), 0.05);
  assertAlmostEquals(rateOf("--lr-scale linear --batch-size 8192", parseImagenet), 3.2, 1e-12);
  assertEquals(rateOf("--lr-scale linear", parseImagenet), 0.1);
});

Deno.test("scheduleOf() warms up from --lr to its scaled value, and drops as before", () => {
  const line =
    "--lr-scale linear --batch-size 512 --epochs 12 --lr-decay-ratio 0.1 --epoch-step 7,9";
  const drops = drop([7, 9], 0.1, 120, 10);
  const expected = drops.map((factor, step) => factor * Math.min(0.4, 0.1 + 0.3 * step / 50));
  assertRates(ratesOf(parse(`${line} --warmup 5`), 10), expected);
  assertRates(ratesOf(parse(line), 10), drops.map((factor) => factor * 0.4));
});

Deno.test("scheduleOf() warms up from 0 where --lr-scale does not raise the learning rate", () => {
  const line = "--epochs 4 --epoch-step 1,3 --warmup 2";
  const drops = drop([1, 3], 0.2, 40, 10); // the first is within the warm-up
  const risen = drops.map((factor, step) => factor * Math.min(1, (step + 1) / 20));
  assertRates(ratesOf(parse(line), 10), risen.map((factor) => factor * 0.1));
  const linear = `${line} --lr-scale linear --batch-size`;
  assertRates(ratesOf(parse(`${linear} 128`), 10), risen.map((factor) => factor * 0.1));
  assertRates(ratesOf(parse(`${linear} 32`), 10), risen.map((factor) => factor * 0.025));
});

Deno.test("scheduleOf() warms up for parts of an epoch, and for the whole run", () => {
  const line = "--epochs 2 --epoch-step []";
  const plain = Array.from({ length: 14 }, (_, step) => step + 1);
  // 0.5 epochs of 7 steps are 4 steps.
  assertRates(
    ratesOf(parse(`${line} --warmup 0.5`), 7),
    plain.map((step) => 0.1 * Math.min(1, step / 4)),
  );
  assertRates(ratesOf(parse(`${line} --warmup 2`), 7), plain.map((step) => 0.1 * step / 14));
  assertEquals(ratesOf(parse(`${line} --warmup 0.01`), 7), Array(14).fill(0.1));
});

Deno.test("scheduleOf() knows the place in a warm-up after batches of another size", () => {
  const schedule = scheduleOf(parse("--epochs 4 --warmup 4"), 10);
  const place = { epoch: 2, batch: 0, steps: 999 };
  assertAlmostEquals(schedule(place).learningRate, 0.1 * 21 / 40, 1e-12);
});

Deno.test("scheduleOf() follows cosines and cycles of all steps, after a warm-up too", () => {
  const all = Array.from({ length: 40 }, (_, step) => step);
  const cosine = "--epochs 4 --lr-schedule cosine --lr 0.2";
  assertRates(
    ratesOf(parse(cosine), 10),
    all.map((step) => cosineRate(step, { rate: 0.2, steps: 40 })),
  );
  assertRates(
    ratesOf(parse(`${cosine} --warmup 1 --lr-end 0.01`), 10),
    all.map((step) =>
      step < 10 ? 0.02 * (step + 1) : cosineRate(step - 10, { rate: 0.2, steps: 30, end: 0.01 })
    ),
  );
  const scaled = ratesOf(parse(`${cosine} --warmup 4 --lr-scale linear --batch-size 256`), 10);
  assertRates(scaled, all.map((step) => 0.2 + 0.2 * step / 40));
  assertRates(
    ratesOf(parse("--epochs 4 --lr-schedule one-cycle --lr 0.2"), 10),
    all.map((step) => oneCycleRate(step, { rate: 0.2, steps: 40 })),
  );
});

Deno.test("scheduleOf() copies the first step's weights into the average, and then lets it move", () => {
  const schedule = scheduleOf(parse("--ema 0.99"), 10);
  const rates = [0, 1, 2].map((steps) => schedule({ epoch: 0, batch: steps, steps }).averageRate!);
  assertEquals(rates[0], 1);
  assertAlmostEquals(rates[1]!, 0.01, 1e-12);
  assertEquals(rates[1], rates[2]);
  const place = { epoch: 0, batch: 0, steps: 0 };
  assert(!("averageRate" in scheduleOf(parse(""), 10)(place)));
});

const decay = "--teacher-id t --beta 1000 --beta-decay step --beta-end 10";

Deno.test("scheduleOf() lets a beta in steps reach its end, whatever drops lie beyond the run", () => {
  for (const epochs of [61, 100, 120, 121, 160, 161, 200]) {
    const options = parse(`${decay} --epochs ${epochs}`);
    const schedule = scheduleOf(options, 10);
    const betas = Array.from(
      { length: epochs },
      (_, epoch) => 1000 * schedule({ epoch, batch: 9, steps: 0 }).factors!.attention!,
    );
    assertEquals([betas[0], betas[59]], [1000, 1000]);
    assertAlmostEquals(betas.at(-1)!, 10, 1e-9);
    assertAlmostEquals(
      betas[60]!,
      1000 - 990 / [60, 120, 160].filter((e) => e < epochs).length,
      1e-9,
    );
  }
});

Deno.test("scheduleLines() says which drops the run does not reach", () => {
  const lines = (line: string) => scheduleLines(parse(line));
  assertEquals(lines(""), []);
  assertEquals(lines("--epochs 161"), []);
  assertEquals(lines("--epochs 5 --epoch-step []"), []);
  assertEquals(lines("--epochs 160"), [
    "learning rate: drops after epoch 60, 120 only, for --epochs 160 ends before --epoch-step 160",
  ]);
  assertEquals(lines("--epochs 5"), [
    "learning rate: stays 0.1, for --epochs 5 ends before --epoch-step 60,120,160",
  ]);
  assertEquals(lines(`${decay} --epochs 100`), [
    "learning rate: drops after epoch 60 only, for --epochs 100 ends before --epoch-step 120,160",
    "beta: is at 10 after epoch 60, for --epochs 100 ends before --epoch-step 120,160",
  ]);
});

Deno.test("scheduleLines() says what --lr-scale and --warmup make of the learning rate", () => {
  const lines = (line: string) => scheduleLines(parse(line));
  const linear = "--lr-scale linear --batch-size";
  assertEquals(lines(`${linear} 512`), [
    "learning rate: 0.4, which is --lr 0.1 times --batch-size 512 / 128",
  ]);
  assertEquals(lines(`${linear} 96`), [
    "learning rate: 0.075, which is --lr 0.1 times --batch-size 96 / 128",
  ]);
  assertEquals(lines(`${linear} 64 --recipe repdistiller --lr 0.05 --warmup 1`), [
    "learning rate: 0.05, which is --lr 0.05 times --batch-size 64 / 64",
    "learning rate: rises from 0 to 0.05 in the first epoch",
  ]);
  assertEquals(scheduleLines(parseImagenet(`${linear} 8192 --warmup 5`)), [
    "learning rate: 3.2, which is --lr 0.1 times --batch-size 8192 / 256",
    "learning rate: rises from 0.1 to 3.2 in the first 5 epochs",
  ]);
  assertEquals(lines("--lr-schedule cosine --epochs 50 --lr-end 0.001"), [
    "learning rate: falls from 0.1 to 0.001 by a cosine until epoch 50",
  ]);
  assertEquals(lines("--lr-schedule one-cycle --epochs 50"), [
    "learning rate: one cycle of 50 epochs, at most 0.1",
  ]);
  assertEquals(lines("--warmup 0.5"), [
    "learning rate: rises from 0 to 0.1 in the first 0.5 epochs",
  ]);
  assertEquals(lines(`${linear} 512 --warmup 2 --epochs 5`).slice(1), [
    "learning rate: rises from 0.1 to 0.4 in the first 2 epochs",
    "learning rate: stays 0.4 after that, for --epochs 5 ends before --epoch-step 60,120,160",
  ]);
  assertEquals(
    lines(`${linear} 512 --epochs 5`).at(-1),
    "learning rate: stays 0.4, for --epochs 5 ends before --epoch-step 60,120,160",
  );
});

Deno.test("deno task cifar refuses a beta in steps of which the run reaches none", () => {
  for (const end of ["--epochs 60", "--epochs 7", "--epoch-step []", "--epoch-step 200,300"]) {
    const { message } = assertThrows(() => parse(`${decay} ${end}`), UsageError);
    assertMatch(message, /^--beta-decay step has no effect: of --epoch-step .* none lies within/);
  }
  parse(`${decay} --epochs 60 --resume run`); // a run that began like this can continue
});

Deno.test("checkRelations() knows the batches that have no examples to relate", () => {
  const check = (size: number, batchSize: number, weights = {}) =>
    checkRelations({ ...noTransfer, ...weights, batchSize }, size);
  const weights = { relationalBeta: 1 };
  assertEquals(check(2001, 1000), []);
  assertEquals(check(2000, 1000, weights), []);
  assertEquals(check(2002, 1000, weights), []);
  const [line, ...others] = check(2001, 1000, weights);
  assertMatch(
    line!,
    /^note: the last batch of an epoch has 1 of the 2001 images.*--relational-beta 1;/,
  );
  assertEquals(others, []);
  for (const [size, batchSize] of [[2000, 1], [1, 128]] as const) {
    assertEquals(check(size, batchSize), []);
    for (
      const [key, flag] of [["relationalBeta", "relational"], ["similarityBeta", "similarity"]]
    ) {
      const { message } = assertThrows(() => check(size, batchSize, { [key!]: 2 }), UserError);
      assertMatch(message, new RegExp(`^Cannot train with --${flag}-beta 2: .*use a larger`));
    }
  }
});

Deno.test("workerNotes() names the methods that compare examples, and no other", () => {
  const others = { ...noTransfer, alpha: 0.9, beta: 1, decoupledBeta: 1, reviewBeta: 1 };
  assertEquals(workerNotes(others), []);
  assertEquals(
    workerNotes({ ...others, similarityBeta: 2, relationalBeta: 3, correlationBeta: 4 }),
    [
      "note: with --correlation-beta 4 and --similarity-beta 2 and --relational-beta 3 each worker " +
      "compares the examples of its own part of the batch only, which is not the same as in one process",
    ],
  );
});
