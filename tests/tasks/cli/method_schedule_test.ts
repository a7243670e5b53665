/**
 * `--method-warmup` and `--method-stop`: how they are read, what they refuse, and their factors.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import type { Decay } from "../../../lib/train/schedule.ts";
import { noTransfer } from "../../../lib/methods/table.ts";
import {
  checkMethodSchedule,
  methodScheduleOptions,
  weightFactors,
} from "../../../tasks/cli/method_schedule.ts";
import { UsageError } from "../../../tasks/cli/usage_error.ts";

const used = {
  ...noTransfer,
  alpha: 0.9,
  beta: 1000,
  reviewBeta: 5,
  epochs: 30,
  epochStep: [10, 20],
};

Deno.test("methodScheduleOptions takes one number, or numbers by the methods' options", () => {
  const { parse } = methodScheduleOptions.methodWarmup;
  for (const text of ["20", "review-beta:20", "review_beta:20,alpha:5", "alpha:5, beta:1"]) {
    assertEquals(parse(text), text);
  }
  for (const text of ["", "0", "-1", "1.5", "5,6", "review:20", "alpha:5,6", "alpha:0", "alpha"]) {
    assertEquals(parse(text), undefined, text);
  }
});

Deno.test("weightFactors() are those of the methods that are used, by their terms", () => {
  assertEquals(weightFactors(used, 0), undefined);
  assertEquals(weightFactors({ ...used, ...noTransfer, methodWarmup: "20" }, 0), undefined);
  assertEquals(weightFactors({ ...used, methodWarmup: "20" }, 4), {
    ...{ distillation: 0.25, attention: 0.25, review: 0.25 },
  });
  const each = { ...used, methodWarmup: "review_beta:4", methodStop: "alpha:2,review-beta:3" };
  assertEquals([0, 1, 2, 3].map((epoch) => weightFactors(each, epoch)), [
    { distillation: 1, review: 0.25 },
    { distillation: 1, review: 0.5 },
    { distillation: 0, review: 0.75 },
    { distillation: 0, review: 0 },
  ]);
});

Deno.test("weightFactors() has a beta that decays as one more factor, at each step", () => {
  const decaying = (betaDecay: Decay, more: object, time: number) =>
    weightFactors({ ...used, betaDecay, ...more }, time);
  assertEquals(decaying("linear", {}, 7.5), { attention: 0.75 });
  assertEquals(decaying("linear", { betaEnd: 250 }, 30), { attention: 0.25 });
  assertEquals(decaying("step", {}, 19.9), { attention: 0.5 });
  assertEquals(decaying("cosine", {}, 10)?.attention?.toFixed(6), "0.750000");
  assertEquals(decaying("linear", { methodWarmup: "beta:10", methodStop: "beta:20" }, 4.5), {
    attention: 0.5 * 0.85,
  });
  assertEquals(decaying("linear", { methodWarmup: "beta:10", methodStop: "beta:20" }, 20), {
    attention: 0,
  });
  assertEquals(decaying("linear", { methodWarmup: "alpha:10" }, 15), {
    distillation: 1,
    attention: 0.5,
  });
});

Deno.test("checkMethodSchedule() refuses what has no effect", () => {
  checkMethodSchedule(used, true);
  checkMethodSchedule({ ...used, methodWarmup: "30", methodStop: "29" }, true);
  checkMethodSchedule({ ...used, methodWarmup: "review-beta:5,alpha:2" }, true);
  checkMethodSchedule({ ...used, methodStop: "100" }, false); // the run may have been longer
  const cases: [object, string][] = [
    [{ ...noTransfer, methodWarmup: "5" }, "--method-warmup 5 has no effect without a method"],
    [{ methodStop: "decoupled-beta:5" }, "has no effect without --decoupled-beta"],
    [{ methodStop: "alpha:3,correlation-beta:5" }, "has no effect without --correlation-beta"],
    [{ methodWarmup: "31" }, "--method-warmup 31 does not fit into a run of --epochs 30"],
    [{ methodStop: "alpha:30" }, "--method-stop alpha:30 does not fit into a run of --epochs 30"],
  ];
  for (const [values, message] of cases) {
    assertThrows(() => checkMethodSchedule({ ...used, ...values }, true), UsageError, message);
  }
});
