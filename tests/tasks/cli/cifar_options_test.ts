/**
 * Tests of the command line of `deno task cifar`.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { cifarCommand, type CifarOptions } from "../../../tasks/cli/cifar_options.ts";
import { helpText } from "../../../tasks/cli/help.ts";
import { flagName, parseOptions, UsageError } from "../../../tasks/cli/options.ts";

function parse(commandLine: string, note: (line: string) => void = () => {}): CifarOptions {
  const args = commandLine.split(" ").filter((arg) => arg !== "");
  const values = parseOptions(cifarCommand.options, args, { note });
  cifarCommand.check?.(values);
  return values;
}

const defaults: CifarOptions = {
  dataset: "CIFAR10",
  dataroot: "data",
  randomcropPad: 4,
  depth: 16,
  width: 1,
  teacherId: undefined,
  alpha: 0,
  beta: 0,
  temperature: 4,
  epochs: 200,
  epochStep: [60, 120, 160],
  lr: 0.1,
  lrDecayRatio: 0.2,
  weightDecay: 5e-4,
  nesterov: false,
  batchSize: 128,
  maxSteps: undefined,
  seed: 0,
  save: undefined,
  resume: undefined,
  evaluate: false,
  params: undefined,
  engine: "auto",
  threads: undefined,
  ngpu: undefined,
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
  });
  assertEquals(notes.map((line) => line.split(" ")[1]), [
    "--cuda",
    "--dtype",
    "--nthread",
    "--gpu-id",
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
    "--epochs 0",
    "--epoch-step 60,x",
    "--lr 0",
    "--lr-decay-ratio 0",
    "--weight-decay -1",
    "--batch-size 0",
    "--batch-size 1.5",
    "--randomcrop-pad 32",
    "--seed -1",
    "--seed 4294967296",
    "--max-steps 0",
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
    "--evaluate": "--evaluate needs one of --resume DIR and --params FILE",
    "--evaluate --resume a --params b": "--evaluate needs one of",
    "--params b": "--params goes with --evaluate only",
  };
  for (const [line, message] of Object.entries(cases)) {
    assertThrows(() => parse(line), UsageError, message);
  }
  parse("--evaluate --resume logs/a");
  parse("--evaluate --params a.safetensors");
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
