/**
 * Tests of the command line of `deno task cifar`.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { noTransfer, weightNames } from "../../../lib/methods/table.ts";
import { cifarCommand, type CifarOptions } from "../../../tasks/cli/cifar_options.ts";
import { helpText } from "../../../tasks/cli/help.ts";
import { flagName } from "../../../tasks/cli/flags.ts";
import { toLog } from "../../../tasks/cli/options.ts";
import { UsageError } from "../../../tasks/cli/usage_error.ts";
import { parseCifar as parse } from "./parse.ts";

const defaults: CifarOptions = {
  recipe: undefined,
  listRecipes: false,
  dataset: "CIFAR10",
  dataroot: "data",
  holdout: undefined,
  randomcropPad: 4,
  padding: "reflect",
  normalization: "paper",
  network: "wrn",
  depth: 16,
  width: 1,
  bnWeight: "uniform",
  sge: undefined,
  sgeWeight: 0,
  sgeBias: 1,
  sgeNoNormalize: false,
  teacherId: undefined,
  teacherModel: undefined,
  model: undefined,
  ...noTransfer,
  temperature: 4,
  decoupledOthers: 8,
  betaDecay: "none",
  betaEnd: 0,
  atMap: "sum2",
  atForm: "mean-square",
  atGroups: undefined,
  atWeights: undefined,
  standardizeLogits: false,
  kdWeight: undefined,
  classMaps: "normalized",
  classMapSize: 2,
  methodWarmup: undefined,
  methodStop: undefined,
  teacherPrecision: undefined,
  cacheTeacher: false,
  logTerms: false,
  epochs: 200,
  epochStep: [60, 120, 160],
  lr: 0.1,
  lrDecayRatio: 0.2,
  ...{ lrSchedule: "step", lrEnd: 0, lrScale: "none", warmup: 0 },
  ...{ weightDecay: 5e-4, weightDecayOn: "all", nesterov: false, clipNorm: undefined },
  ...{ labelSmoothing: 0, mixup: 0, cutmix: 0, mixProbability: 1 },
  ...{ ema: undefined, keepBest: false, earlyStop: undefined },
  batchSize: 128,
  maxSteps: undefined,
  onNan: "stop",
  seed: 0,
  save: undefined,
  init: undefined,
  resume: undefined,
  checkpointEvery: "10m",
  keep: 2,
  logSteps: false,
  summaries: false,
  json: false,
  evaluate: false,
  params: undefined,
  engine: "auto",
  precision: "float32",
  threads: undefined,
  ngpu: undefined,
  profile: undefined,
  workers: undefined,
  hosts: undefined,
  rank: undefined,
  gpuId: undefined,
  syncBatchnorm: false,
  workerTimeout: 60,
  restarts: 0,
  listPretrained: false,
};

Deno.test("cifarCommand has the published recipe as its defaults", () => {
  assertEquals(parse(""), defaults);
});

Deno.test("cifarCommand reads the original's command lines as they are written", () => {
  assertEquals(parse("--save logs/resnet_16_2_teacher --depth 16 --width 2"), {
    ...defaults,
    save: "logs/resnet_16_2_teacher",
    width: 2,
  });
  assertEquals(
    parse("--save logs/at_16_1_16_2 --teacher_id resnet_16_2_teacher --beta 1e+3"),
    {
      ...defaults,
      save: "logs/at_16_1_16_2",
      teacherId: "resnet_16_2_teacher",
      beta: 1000,
    },
  );
  assertEquals(
    parse("--save logs/kd_16_1_16_2 --teacher_id resnet_16_2_teacher --alpha 0.9"),
    {
      ...defaults,
      save: "logs/kd_16_1_16_2",
      teacherId: "resnet_16_2_teacher",
      alpha: 0.9,
    },
  );
});

Deno.test("cifarCommand reads every method of transfer with its options", () => {
  assertEquals(
    parse(
      "--teacher-id t --alpha 0.5 --beta 1e3 --beta-decay cosine --beta-end 10 --at-map max4 " +
        "--at-form paper --at-groups 0:0,2:1 --at-weights 1,0.5 --activation-beta 0.1 " +
        "--gradient-beta 2 --gradient-symmetry-beta 3 --similarity-beta 3000 --decoupled-beta 1 " +
        "--relational-beta 1 --correlation-beta 2 --class-attention-beta 12 --class-maps raw " +
        "--class-map-size 1 --review_beta 5 --standardize-logits --kd-weight 9 " +
        "--method-warmup 20 --method-stop alpha:100,review_beta:150 --log-terms",
    ),
    {
      ...defaults,
      teacherId: "t",
      alpha: 0.5,
      beta: 1000,
      betaDecay: "cosine",
      betaEnd: 10,
      atMap: "max4",
      atForm: "paper",
      atGroups: "0:0,2:1",
      atWeights: [1, 0.5],
      activationBeta: 0.1,
      gradientBeta: 2,
      gradientSymmetryBeta: 3,
      similarityBeta: 3000,
      decoupledBeta: 1,
      relationalBeta: 1,
      correlationBeta: 2,
      classAttentionBeta: 12,
      classMaps: "raw",
      classMapSize: 1,
      reviewBeta: 5,
      standardizeLogits: true,
      kdWeight: 9,
      methodWarmup: "20",
      methodStop: "alpha:100,review_beta:150",
      logTerms: true,
    },
  );
});

Deno.test("cifarCommand reads spatial group-wise enhance, its ablations, and a first network", () => {
  assertEquals(
    parse(
      "--sge 8 --sge-weight 0.5 --sge-bias -1 --sge-no-normalize --bn-weight ones --init a.safetensors",
    ),
    {
      ...defaults,
      sge: 8,
      sgeWeight: 0.5,
      sgeBias: -1,
      sgeNoNormalize: true,
      bnWeight: "ones",
      init: "a.safetensors",
    },
  );
});

Deno.test("cifarCommand reads how the learning rate follows large batches, and logs it", () => {
  const values = parse("--lr-scale linear --warmup 0.5 --batch-size 1024");
  assertEquals(values, { ...defaults, lrScale: "linear", warmup: 0.5, batchSize: 1024 });
  const { lr_scale, warmup } = toLog(values);
  assertEquals([lr_scale, warmup], ["linear", 0.5]);
});

Deno.test("cifarCommand accepts the flags of the original that mean nothing, a line for each", () => {
  const notes: string[] = [];
  const values = parse(
    "--cuda --dtype float --nthread 4 --gpu_id 0,1 --optim_method SGD --batchSize 64 " +
      "--epoch_step [2,4] --lr_decay_ratio 0.1 --randomcrop_pad 2 --weightDecay 1e-4 --ngpu 1",
    (line) => notes.push(line),
  );
  assertEquals(values, {
    ...defaults,
    batchSize: 64,
    epochStep: [2, 4],
    lrDecayRatio: 0.1,
    randomcropPad: 2,
    weightDecay: 1e-4,
    ngpu: 1,
    gpuId: "0,1",
  });
  assertEquals(notes.map((line) => line.split(" ")[1]), [
    "--cuda",
    "--dtype",
    "--nthread",
    "--optim-method",
  ]);
});

Deno.test("cifarCommand refuses what is out of range in one line that names the flag", () => {
  const lines = [
    "--depth 17",
    "--depth 4",
    "--width 0",
    "--alpha 1.5",
    "--alpha -0.1",
    "--beta -1",
    "--temperature 0",
    "--temperature -4",
    "--beta-decay exp",
    "--beta-end -1",
    "--at-map sum0.5",
    "--at-map max0",
    "--at-map sum-2",
    "--at-map sum2x",
    "--at-map mean2",
    "--at-form rms",
    "--at-groups x",
    "--at-groups 0,",
    "--at-groups -1",
    "--at-groups 0.5",
    "--at-groups 0:1:2",
    "--at-groups [0,1",
    "--at-groups 0,1]",
    "--at-weights 1,-1",
    "--at-weights 1,x",
    ...weightNames.map((name) => `${flagName(name)} -1`),
    "--kd-weight -1",
    "--class-maps unit",
    "--class-map-size 0",
    "--method-stop 5,6",
    "--sge 0",
    "--sge 2.5",
    "--sge-weight x",
    "--sge-bias Infinity",
    "--bn-weight zeros",
    "--padding edge",
    "--normalization imagenet",
    "--recipe crd",
    "--epochs 0",
    "--epoch-step 60,x",
    "--lr 0",
    "--lr-decay-ratio 0",
    "--lr-scale sqrt",
    "--warmup -1",
    "--warmup x",
    "--weight-decay -1",
    "--batch-size 0",
    "--batch-size 1.5",
    "--randomcrop-pad 32",
    "--seed -1",
    "--seed 4294967296",
    "--max-steps 0",
    "--on-nan ignore",
    "--checkpoint-every 0",
    "--checkpoint-every 10s",
    "--checkpoint-every 1.5",
    "--keep 0",
    "--threads 0",
    "--ngpu -1",
    "--engine cuda",
    "--dataset MNIST",
    "--optim-method Adam",
  ];
  for (const line of lines) {
    const [flag, value] = line.split(" ");
    const { message } = assertThrows(() => parse(line), UsageError);
    assertStringIncludes(message, `${flag} must be `);
    assertStringIncludes(message, `not "${value}"`);
    assert(!message.includes("\n"));
  }
});

Deno.test("cifarCommand refuses options that do not go together", () => {
  const cases = {
    "--alpha 0.9": "--alpha 0.9 needs a teacher",
    "--beta 1e3": "--beta 1000 needs a teacher",
    "--activation-beta 0.5": "--activation-beta 0.5 needs a teacher",
    "--gradient-beta 2": "--gradient-beta 2 needs a teacher",
    "--similarity-beta 3e3": "--similarity-beta 3000 needs a teacher",
    "--decoupled-beta 1": "--decoupled-beta 1 needs a teacher",
    "--relational-beta 1": "--relational-beta 1 needs a teacher",
    "--method-warmup 5": "--method-warmup 5 has no effect without a method",
    "--teacher-id t --alpha 1 --method-stop beta:5":
      "--method-stop beta:5 has no effect without --beta",
    "--teacher-id t --alpha 1 --method-stop 200": "does not fit into a run of --epochs 200",
    "--at-groups 0": "--at-groups 0 has no effect without --teacher-id",
    "--at-weights 1": "--at-weights 1 has no effect without --teacher-id",
    "--beta-end 1": "--beta-end 1 has no effect without --beta-decay",
    "--sge-weight 1": "--sge-weight has no effect without --sge",
    "--sge-bias 0": "--sge-bias has no effect without --sge",
    "--sge-no-normalize": "--sge-no-normalize has no effect without --sge",
    "--beta-decay linear": "--beta-decay linear needs a --beta",
    "--teacher-id t --alpha 0.9 --beta-decay step": "--beta-decay step needs a --beta",
    "--init a --resume b": "--init starts a run",
    "--init a --evaluate --params b": "--init starts a run",
    "--save a --resume b": "Cannot use --save with --resume",
    "--evaluate": "--evaluate needs one of --resume DIR and --params FILE",
    "--evaluate --resume a --params b": "--evaluate needs one of",
    "--warmup 201": "--warmup 201 is longer than the run, which has --epochs 200:",
    "--warmup 0.6 --epochs 1 --resume a --warmup 1.1": "--warmup 1.1 is longer than the run",
    "--params b": "--params goes with --evaluate only",
  };
  for (const [line, message] of Object.entries(cases)) {
    const error = assertThrows(() => parse(line), UsageError, message);
    assert(!error.message.includes("\n"));
  }
  parse("--gradient-symmetry-beta 1");
  parse("--evaluate --resume logs/a");
  parse("--evaluate --params a.safetensors");
  parse("--warmup 200");
  parse("--evaluate --params a.safetensors --epochs 1 --warmup 2");
});

Deno.test("cifarCommand keeps a teacher for images that are not cropped at random only", () => {
  const run = "--teacher-id t --alpha 0.9 --cache-teacher";
  assert(parse(`${run} --randomcrop-pad 0`).cacheTeacher);
  assertThrows(() => parse(run), UsageError, "use --randomcrop-pad 0, or remove it");
});

Deno.test("cifarCommand has a help of 80 columns with every option, and examples that parse", () => {
  const help = helpText(cifarCommand);
  const tooWide = help.split("\n").filter((line) => line.length > 80);
  assertEquals(tooWide, []);
  for (const key of Object.keys(cifarCommand.options)) {
    assertStringIncludes(help, `\n  ${flagName(key)} `.trimEnd());
  }
  for (const example of cifarCommand.examples) {
    const [, options] = example.split("deno task cifar");
    parse(options!);
  }
});
