/**
 * Tests of the options of the transfer methods: how they are read, and what they need.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import { imagenetCommand } from "../../../tasks/cli/imagenet_options.ts";
import { parseOptions } from "../../../tasks/cli/options.ts";
import { UsageError } from "../../../tasks/cli/usage_error.ts";
import {
  attentionOf,
  checkTransferOptions,
  groupNumbers,
  methodSettings,
  transferNotes,
  transferOptions,
  type TransferOptionValues,
} from "../../../tasks/cli/transfer_options.ts";

const defaults = parseOptions(transferOptions, []);

Deno.test("attentionOf() reads reduction and power, and 1 where there is none", () => {
  assertEquals(attentionOf("sum"), { p: 1, reduce: "mean", form: "mean-square" });
  assertEquals(attentionOf("sum2"), { p: 2, reduce: "mean", form: "mean-square" });
  assertEquals(attentionOf("sum2.5", "paper"), { p: 2.5, reduce: "mean", form: "paper" });
  assertEquals(attentionOf("max", "mean-square"), { p: 1, reduce: "max", form: "mean-square" });
  assertEquals(attentionOf("max4", "paper"), { p: 4, reduce: "max", form: "paper" });
});

Deno.test("groupNumbers() reads numbers and pairs, in brackets or not", () => {
  assertEquals(groupNumbers("0"), [[0, 0]]);
  assertEquals(groupNumbers("0,1,2"), [[0, 0], [1, 1], [2, 2]]);
  assertEquals(groupNumbers("2:3,0:10"), [[2, 3], [0, 10]]);
  assertEquals(groupNumbers(" [ 1 , 2:3 ] "), [[1, 1], [2, 3]]);
});

Deno.test("transferOptions accepts what groupNumbers() and attentionOf() read", () => {
  for (const text of ["0", "0,1,2", "2:3,0:10", "[1,2:3]", " [ 1 , 2:3 ] "]) {
    assertEquals(transferOptions.atGroups.parse(text), text);
  }
  for (const text of ["sum", "sum1", "sum2.5", "max", "max4"]) {
    assertEquals(transferOptions.atMap.parse(text), text);
  }
});

Deno.test("checkTransferOptions() accepts no transfer, and every method with a teacher", () => {
  checkTransferOptions(defaults);
  checkTransferOptions({ ...defaults, gradientSymmetryBeta: 1 });
  checkTransferOptions({ ...defaults, teacherId: "t" });
  checkTransferOptions({
    ...defaults,
    teacherId: "t",
    alpha: 1,
    beta: 1,
    betaDecay: "linear",
    activationBeta: 1,
    gradientBeta: 1,
    gradientSymmetryBeta: 1,
    similarityBeta: 1,
    decoupledBeta: 1,
    relationalBeta: 1,
    correlationBeta: 1,
    classAttentionBeta: 1,
    reviewBeta: 1,
  });
});

Deno.test("checkTransferOptions() lets a cached teacher show its maps and logits, and no more", () => {
  const cached = { ...defaults, teacherId: "t", cacheTeacher: true };
  checkTransferOptions({
    ...cached,
    alpha: 1,
    beta: 1,
    decoupledBeta: 1,
    correlationBeta: 1,
    classAttentionBeta: 1,
    gradientSymmetryBeta: 1,
    logTerms: true,
  });
  const cases: [Partial<TransferOptionValues>, string][] = [
    [{ teacherId: undefined }, "--cache-teacher has no effect without --teacher-id"],
    [{ activationBeta: 1 }, "and --activation-beta 1 needs its whole activations: use only one of"],
    [{ gradientBeta: 2 }, "and --gradient-beta 2 needs its gradient: use only one of them"],
    [{ similarityBeta: 3 }, "and --similarity-beta 3 needs the activations of its last group"],
    [{ relationalBeta: 4 }, "and --relational-beta 4 needs the activations of its last group"],
    [{ reviewBeta: 5 }, "and --review-beta 5 needs its whole activations: use only one of them"],
    [
      { gradientSymmetryBeta: 1 },
      "no effect without --alpha, --beta, --decoupled-beta, --correlation-beta or " +
      "--class-attention-beta",
    ],
  ];
  for (const [values, message] of cases) {
    assertThrows(() => checkTransferOptions({ ...cached, ...values }), UsageError, message);
  }
});

Deno.test("checkTransferOptions() names the weight that lacks a teacher, and the decay without beta", () => {
  const cases: [Partial<TransferOptionValues>, string][] = [
    [
      { alpha: 0.5 },
      "--alpha 0.5 needs a teacher: name a run folder, a file or a pretrained network with " +
      "--teacher-id",
    ],
    [{ beta: 2 }, "--beta 2 needs a teacher"],
    [{ activationBeta: 2 }, "--activation-beta 2 needs a teacher"],
    [{ gradientBeta: 2 }, "--gradient-beta 2 needs a teacher"],
    [{ similarityBeta: 2 }, "--similarity-beta 2 needs a teacher"],
    [{ decoupledBeta: 2 }, "--decoupled-beta 2 needs a teacher"],
    [{ relationalBeta: 2 }, "--relational-beta 2 needs a teacher"],
    [{ correlationBeta: 2 }, "--correlation-beta 2 needs a teacher"],
    [{ classAttentionBeta: 2 }, "--class-attention-beta 2 needs a teacher"],
    [{ reviewBeta: 2 }, "--review-beta 2 needs a teacher"],
    [{ betaDecay: "cosine" }, "--beta-decay cosine needs a --beta to decay from"],
    [{ teacherId: "t", alpha: 1, betaDecay: "step" }, "--beta-decay step needs a --beta"],
  ];
  for (const [values, message] of cases) {
    assertThrows(() => checkTransferOptions({ ...defaults, ...values }), UsageError, message);
  }
});

Deno.test("transferNotes() tells of a teacher that nothing uses", () => {
  const taught = { ...defaults, teacherId: "t" };
  const idle = "note: teacher t has no effect without --alpha, --beta, --activation-beta, " +
    "--decoupled-beta, --correlation-beta, --class-attention-beta, --review-beta, " +
    "--similarity-beta, --relational-beta or --gradient-beta";
  assertEquals(transferNotes(taught), [idle]);
  assertEquals(transferNotes({ ...taught, gradientSymmetryBeta: 1 }), [idle]);
  assertEquals(transferNotes({ ...taught, relationalBeta: 1 }), []);
  assertEquals(transferNotes(defaults), []);
});

Deno.test("transferNotes() tells of options that bear upon nothing, unless they are the defaults", () => {
  const similarity = { ...defaults, teacherId: "t", similarityBeta: 1 };
  const changed = {
    temperature: 3,
    standardizeLogits: true,
    kdWeight: 9,
    classMaps: "raw",
    classMapSize: 4,
    decoupledOthers: 2,
    atMap: "max4",
    atForm: "paper",
    atGroups: "0,1",
    atWeights: [1, 2],
  } as const;
  assertEquals(transferNotes({ ...similarity, ...changed }), [
    "note: --temperature 3 has no effect without --alpha, --decoupled-beta or --correlation-beta",
    "note: --decoupled-others 2 has no effect without --decoupled-beta",
    "note: --standardize-logits has no effect without --alpha or --decoupled-beta",
    "note: --kd-weight 9 has no effect without --alpha",
    "note: --class-maps raw has no effect without --class-attention-beta",
    "note: --class-map-size 4 has no effect without --class-attention-beta",
    "note: --at-map max4 has no effect without --beta",
    "note: --at-form paper has no effect without --beta",
    "note: --at-weights 1,2 has no effect without --beta or --activation-beta",
  ]);
  const used = { beta: 1, decoupledBeta: 1, alpha: 0.9, classAttentionBeta: 1 };
  assertEquals(transferNotes({ ...similarity, ...changed, ...used }), []);
  const distilled = { ...defaults, teacherId: "t", alpha: 1, atGroups: "0,1" };
  assertEquals(transferNotes(distilled), [
    "note: --at-groups 0,1 has no effect without --beta, --activation-beta, --review-beta, " +
    "--similarity-beta or --relational-beta",
  ]);
});

Deno.test("transferNotes() knows the defaults of deno task imagenet", () => {
  const { options: table } = imagenetCommand;
  const values = parseOptions(table, ["--teacher-id", "t", "--alpha", "0.5"]);
  assertEquals(values.classMapSize, 4);
  assertEquals(transferNotes(values, table), []);
  assertEquals(transferNotes({ ...values, classMapSize: 2 }, table), [
    "note: --class-map-size 2 has no effect without --class-attention-beta",
  ]);
});

Deno.test("methodSettings() are what the options stand for", () => {
  assertEquals(methodSettings(defaults), {
    temperature: 4,
    standardize: false,
    kdWeight: undefined,
    decoupledOthers: 8,
    classAttention: { resolution: 2, normalize: true },
    attention: { p: 2, reduce: "mean", form: "mean-square" },
  });
  const { standardize, kdWeight, classAttention } = methodSettings({
    ...{ ...defaults, standardizeLogits: true, kdWeight: 9, classMaps: "raw", classMapSize: 4 },
  });
  assertEquals([standardize, kdWeight], [true, 9]);
  assertEquals(classAttention, { resolution: 4, normalize: false });
});
