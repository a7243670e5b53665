/**
 * Tests of the options of how weights are updated, and which are kept.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { cifarCommand } from "../../../tasks/cli/cifar_options.ts";
import { helpText } from "../../../tasks/cli/help.ts";
import { imagenetCommand } from "../../../tasks/cli/imagenet_options.ts";
import { toLog } from "../../../tasks/cli/options.ts";
import { UsageError } from "../../../tasks/cli/usage_error.ts";
import { parseCifar as parse, parseImagenet } from "./parse.ts";

Deno.test("optimizerOptions are read by both commands, and logged", () => {
  const line = "--lr-schedule cosine --lr-end 1e-4 --warmup 5 --weight-decay-on weights " +
    "--clip-norm 5 --label-smoothing 0.1 --mixup 0.2 --cutmix 1 --mix-probability 0.5 " +
    "--ema 0.999 --keep-best --early-stop 10";
  const expected = {
    ...{ lr_schedule: "cosine", lr_end: 1e-4, warmup: 5, weight_decay_on: "weights" },
    ...{ clip_norm: 5, label_smoothing: 0.1, mixup: 0.2, cutmix: 1, mix_probability: 0.5 },
    ...{ ema: 0.999, keep_best: true, early_stop: 10 },
  };
  const logged = toLog(parse(line));
  assertEquals({ ...logged, ...expected }, logged);
  const ofImagenet = toLog(parseImagenet(line));
  assertEquals({ ...ofImagenet, ...expected }, ofImagenet);
});

Deno.test("optimizerOptions refuse what is out of range in one line that names the flag", () => {
  const lines = [
    ...["--lr-schedule poly", "--lr-end -1", "--weight-decay-on norms", "--clip-norm 0"],
    ...["--clip-norm x", "--label-smoothing -0.1", "--label-smoothing 1.1", "--mixup -1"],
    ...["--cutmix -1", "--mix-probability 2", "--ema 0", "--ema 1", "--early-stop 0"],
    ...["--early-stop 1.5"],
  ];
  for (const line of lines) {
    const [flag, value] = line.split(" ");
    const { message } = assertThrows(() => parse(line), UsageError);
    assertStringIncludes(message, `${flag} must be `);
    assertStringIncludes(message, `not "${value}"`);
    assert(!message.includes("\n"));
  }
});

Deno.test("checkOptimizerOptions() refuses options without an effect, and mixing where it cannot be", () => {
  const cached = "--teacher-id t --alpha 0.9 --cache-teacher --randomcrop-pad 0";
  const cases = {
    "--lr-schedule one-cycle --warmup 5": "--warmup 5 does not go with --lr-schedule one-cycle",
    "--lr-end 0.1": "--lr-end 0.1 has no effect without --lr-schedule cosine",
    "--lr-schedule cosine --lr-end 0.2": "--lr-end 0.2 is above --lr 0.1",
    "--mix-probability 0.5": "--mix-probability 0.5 has no effect without --mixup or --cutmix",
    [`${cached} --mixup 1`]: "--cache-teacher needs images that stay the same",
    [`${cached} --cutmix 1`]: "--cache-teacher needs images that stay the same",
    "--workers 2 --mixup 1": "--mixup works in one process only: remove it or --workers",
    "--workers 2 --teacher-id t --gradient-beta 3":
      "--gradient-beta 3 works in one process only: remove it or --workers",
    "--hosts a:1,b:2 --gradient-symmetry-beta 1":
      "--gradient-symmetry-beta 1 works in one process only: remove it or --hosts",
    "--hosts a:1,b:2 --cutmix 1": "--cutmix works in one process only: remove it or --hosts",
  };
  for (const [line, message] of Object.entries(cases)) {
    const error = assertThrows(() => parse(line), UsageError, message);
    assert(!error.message.includes("\n"));
  }
  parse("--mixup 0.2 --mix-probability 0.5");
  parse("--gradient-symmetry-beta 1");
  parse("--workers 2 --label-smoothing 0.1 --clip-norm 1 --ema 0.9 --early-stop 3");
});

Deno.test("the help shows them in groups", () => {
  for (const help of [helpText(cifarCommand), helpText(imagenetCommand as never)]) {
    const headings = help.split("\n").filter((line) => /^\w.*:$/.test(line));
    const first = headings.indexOf("Training:");
    assertEquals(headings.slice(first, first + 4), [
      ...["Training:", "Learning rate and optimiser:", "Regularisation:"],
      "Averaged and best weights:",
    ]);
  }
});
