/**
 * Tests of the command line of `deno task scale`: its help, and what it refuses.
 *
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import { helpText } from "../../../tasks/cli/help.ts";
import { readCommandLine } from "../../../tasks/cli/main.ts";
import { scaleCommand } from "../../../tasks/cli/scale_options.ts";
import { UsageError } from "../../../tasks/cli/usage_error.ts";

const step = ["--step-ms", "100"];
const both = [...step, "--gradient-mb", "1"];

Deno.test("scaleCommand accepts each way to say step and exchange", async () => {
  const log = ["--log", "logs/run"];
  const network = ["--depth", "16", "--width", "2"];
  for (const args of [both, [...step, ...network], log, [...log, "--gradient-mb", "1"]]) {
    await readCommandLine(scaleCommand, args);
  }
  const strong = [...both, "--batch", "64", "--total-batch", "256", "--fixed-ms", "5"];
  await readCommandLine(scaleCommand, [...strong, "--workers", "[1, 2, 1024]", "--overlap", "1"]);
});

Deno.test("scaleCommand refuses what is missing, too much, or has no effect", async () => {
  const refused: [args: string[], message: string][] = [
    [[], "it must be known how long a step takes: use --step-ms MS or --log DIR"],
    [
      step,
      "it must be known how much is exchanged: use --gradient-mb MB, or --depth N and --width X",
    ],
    [[...step, "--log", "run"], "Cannot use --step-ms and --log together: the log says it"],
    [["--log", "run", "--batch", "64"], "Cannot use --batch and --log together: the log says it"],
    [["--log", "run", "--depth", "16"], "Cannot use --depth and --log together"],
    [[...both, "--depth", "16"], "Cannot use --gradient-mb and --depth together"],
    [[...both, "--width", "2"], "--width has no effect without --depth"],
    [[...both, "--fixed-ms", "5"], "--fixed-ms has no effect without --total-batch"],
    [[...both, "--workers", "[]"], "--workers needs at least one number"],
  ];
  for (const [args, message] of refused) {
    await assertRejects(() => readCommandLine(scaleCommand, args), UsageError, message);
  }
});

Deno.test("scaleCommand refuses numbers out of range", async () => {
  const wrong: [flag: string, value: string, allowed: string][] = [
    ["--step-ms", "0", "a number above 0"],
    ["--step-ms", "-1", "a number above 0"],
    ["--batch", "0", "a whole number of at least 1"],
    ["--total-batch", "1.5", "a whole number of at least 1"],
    ["--fixed-ms", "-1", "a number of at least 0"],
    ["--gradient-mb", "many", "a number of at least 0"],
    ["--depth", "17", "a whole number of the form 6n + 4"],
    ["--bandwidth-gbps", "0", "a number above 0"],
    ["--latency-us", "-1", "a number of at least 0"],
    ["--overlap", "1.1", "a number from 0 to 1"],
    ["--workers", "0", "a list of whole numbers from 1 to 1024"],
    ["--workers", "1025", "a list of whole numbers from 1 to 1024"],
  ];
  for (const [flag, value, allowed] of wrong) {
    const read = () => readCommandLine(scaleCommand, [...both, flag, value]);
    await assertRejects(read, UsageError, `${flag} must be ${allowed}`);
  }
});

Deno.test("scaleCommand explains itself", () => {
  assertEquals(
    helpText(scaleCommand),
    `Usage: deno task scale [options]

Predicts how fast several workers would train together, and how much of their
time would be lost. It computes from the numbers below, and measures nothing.

One worker:
  --step-ms MS             measured time of a step of one worker, in
                           milliseconds
  --batch N                images of that step; default: 128
  --log DIR                run folder of cifar, trained by one process: takes
                           step time, batch size and network from its log

Several workers:
  --workers N,N,...        numbers of workers; one number is the highest of 1,
                           2, 4, 8 ...; default: 1024
  --total-batch N          images of all workers in a step (strong scaling);
                           default: each worker has as many as the one that was
                           measured (weak scaling)
  --fixed-ms MS            part of the measured step that does not shrink with
                           the batch; needs --total-batch (default 0)

Exchange in each step:
  --gradient-mb MB         what each worker exchanges, in 10^6 bytes; default:
                           the parameters and running statistics of the network
  --depth N                depth of the WideResNet, 6n + 4
  --width X                widening factor (default 1)
  --bandwidth-gbps X       speed of a host's link, in 10^9 bits a second
                           (default 10)
  --latency-us X           latency of a message, in microseconds (default 50)
  --overlap X              part of the exchange that runs beside the backward
                           pass; in this library it comes after it (default 0)

Output:
  --measured FILE          measured steps to print beside the predicted ones, as
                           JSON: {"points": [{"workers": 2, "stepMs": 130}]}
  --json                   write the result as JSON

  -h, --help               print this and stop

Examples:
  deno task scale --step-ms 112 --depth 16 --width 1
  deno task scale --log logs/resnet_16_2_teacher --workers 64 \\
      --bandwidth-gbps 25
  deno task scale --step-ms 900 --batch 64 --gradient-mb 46.8 \\
      --total-batch 256 --workers 1,2,3,4`,
  );
});
