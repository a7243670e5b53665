/**
 * Tests of `--model` and `--teacher-model` with the example; launched, where permissions matter.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { useTensorFlow } from "../../lib/backend/use_tensorflow.ts";
import { readStats } from "../../tasks/run/run_log.ts";
import { inFolder, namesIn } from "../folders.ts";
import { long } from "../long.ts";
import { taskRunner } from "./command.ts";
import { cifarHere } from "./in_process.ts";

await useTensorFlow();

const example = fromFileUrl(new URL("../../examples/task_network.ts", import.meta.url));
const { succeed, refuse } = cifarHere;
const launched = taskRunner("cifar");
const sample = ["--dataset", "CIFAR10-sample", "--batch-size", "250"];

Deno.test("the example of a network for the tasks says how to train it", async () => {
  const text = await Deno.readTextFile(example);
  assertMatch(
    text,
    /\n \* {5}deno task cifar --dataset CIFAR10-sample --model examples\/task_netw/,
  );
});

long.test("a network of one's own trains, goes on, is evaluated, and teaches and learns", () =>
  inFolder(async (cwd) => {
    await Deno.copyFile(example, join(cwd, "net.ts"));
    const model = ["--model", "net.ts"];
    const { err } = await launched.succeed(
      cwd,
      ...sample,
      ...model,
      ...["--lr", "0.02", "--epochs", "1", "--save", "logs/own"],
    );
    assertMatch(err, /student: net, 2970 parameters/);
    assert(!err.includes("deno task visualize"), err);
    const again = /^error: Cannot go on with logs\/own: .*, net\.ts; name that file with --model$/m;
    await refuse(cwd, 1, again, "--resume", "logs/own", "--epochs", "2");
    await succeed(cwd, "--resume", "logs/own", ...model, "--epochs", "2");
    const [first, last] = await readStats(join(cwd, "logs/own"));
    assert(last!.train_loss < first!.train_loss);

    const { out } = await succeed(cwd, "--evaluate", "--resume", "logs/own", ...model);
    const { test_acc, network } = JSON.parse(out.replace("json_stats: ", ""));
    assertEquals([test_acc, network], [last!.test_acc, "net"]);
    const weights = ["--evaluate", ...sample, "--params", "logs/own"];
    await refuse(cwd, 1, /holds parameters of a network of one's own, net\.ts; /, ...weights);

    const transfer = ["--alpha", "0.9", "--beta", "100", "--max-steps", "2"];
    const small = [...sample, "--depth", "10", "--width", "0.25", ...transfer];
    const teacher = ["--teacher-id", "own", "--teacher-model", "net.ts"];
    const learns = await launched.succeed(
      cwd,
      ...small,
      ...teacher,
      ...["--at-groups", "0:0,2:1", "--save", "logs/learns"],
    );
    assertMatch(learns.err, /teacher: net from logs\/own\/model\.safetensors/);
    assertMatch(learns.err, /visualize --networks logs\/learns --dataset/);
    const pretrained = ["--teacher-id", "wrn_16_1", "--at-groups", "0:1,1:2"];
    const own = [...sample, ...model, ...transfer, ...pretrained, "--init", "logs/own"];
    await succeed(cwd, ...own, "--save", "logs/taught");
    const [taught] = await readStats(join(cwd, "logs/taught"));
    assertEquals(Object.keys(taught!.terms as object).sort(), [
      ...["attention_0", "attention_1", "cross_entropy", "distillation"],
    ]);
  }));

long.test("a network's file brings its own data, and is missed where it changes", () =>
  inFolder(async (cwd) => {
    await Deno.copyFile(example, join(cwd, "net.ts"));
    const model = ["--dataset", "own", "--model", "net.ts"];
    const save = ["--save", "logs/own"];
    const { err } = await launched.succeed(
      cwd,
      ...[...model, "--batch-size", "250", "--max-steps", "3", ...save],
    );
    assertMatch(err, /student: net, 2851 parameters; 1000 training images, 4 steps an epoch/);
    const goOn = ["--resume", "logs/own", "--model", "net.ts"];
    const text = await Deno.readTextFile(join(cwd, "net.ts"));
    await Deno.writeTextFile(join(cwd, "net.ts"), `${text}// another\n`);
    const changed =
      /^error: Cannot resume logs\/own with another version of net\.ts: it stopped within epoch 1, /m;
    await refuse(cwd, 1, changed, ...goOn);
    await Deno.writeTextFile(join(cwd, "net.ts"), text);
    await succeed(cwd, ...goOn, "--max-steps", "4");
    await Deno.writeTextFile(join(cwd, "net.ts"), `${text}// another\n`);
    const { out, ...evaluated } = await succeed(cwd, "--evaluate", ...goOn);
    assertMatch(out, /"network":"net"/);
    assertMatch(evaluated.err, /^note: these parameters were not trained with this net\.ts$/m);
    const resumed = await succeed(cwd, ...goOn, "--max-steps", "5");
    assertMatch(resumed.err, /^note: another version of net\.ts$/m);

    const teacher = ["--teacher-id", "own", "--teacher-model", "net.ts"];
    const methods = ["--class-attention-beta", "1", "--review-beta", "1"];
    const learns = [...model, ...teacher, ...methods, "--max-steps", "1", "--save", "logs/learns"];
    await succeed(cwd, ...learns);
    const [learned] = await readStats(join(cwd, "logs/learns"));
    assertEquals(Object.keys(learned!.terms as object).sort(), [
      "class_attention",
      "cross_entropy",
      "review",
    ]);
    const write = (text: string) => Deno.writeTextFile(join(cwd, "teacher.ts"), text);
    const other = ["--model", "net.ts", "--teacher-model", "teacher.ts"];
    await write(text);
    const alpha = ["--teacher-id", "own", "--alpha", "0.9", "--max-steps", "1"];
    await succeed(cwd, "--dataset", "own", ...other, ...alpha, "--save", "logs/other");
    await write(`${text}// another\n`);
    const change =
      /^error: Cannot resume logs\/other with another teacher: .* version of teacher\.ts; /m;
    await refuse(cwd, 1, change, "--resume", "logs/other", ...other);
    await refuse(cwd, 2, /--dataset own is what the file of --model exports/, "--dataset", "own");
    await refuse(cwd, 2, /logs\/own was trained on data of one's own: name/, ...goOn.slice(0, 2));
    await refuse(
      cwd,
      2,
      /--dataroot d has no effect with --dataset own/,
      ...model,
      "--dataroot",
      "d",
    );
  }));

/** Grey images, from a file of the module's folder, and a tensor from the start. */
const grey = `import * as tf from "@tensorflow/tfjs-core";
const scale = tf.scalar(2);
export const init = (seed, classes) => ({ w: tf.randomNormal([1, classes], 0, 1, "float32", seed) });
export const f = (x, p) =>
  ({ logits: tf.matMul(tf.mul(tf.mean(x, [1, 2]), scale), p.w), groups: [], stats: {} });
const shade = new URL("shade.txt", import.meta.url);
const of = (size) => ({
  images: new Uint8Array(size * 16).fill(Number(Deno.readTextFileSync(shade))),
  labels: Int32Array.from({ length: size }, (_, i) => i % 2),
  ...{ size, height: 4, width: 4, channels: 1, classes: ["a", "b"] },
});
export const data = async () =>
  ({ train: of(12), test: of(4), normalization: { mean: [100], std: [50] } });`;

long.test("data of one's own may be grey, and must stay what they were", () =>
  inFolder(async (cwd) => {
    await Deno.writeTextFile(join(cwd, "grey.ts"), grey);
    const shade = (value: string) => Deno.writeTextFile(join(cwd, "shade.txt"), value);
    await shade("50");
    const first = ["--dataset", "own", "--batch-size", "4", "--max-steps", "2", "--save", "run"];
    await launched.succeed(cwd, "--model", "grey.ts", ...first);
    await shade("60");
    const goOn = ["--resume", "run", "--model", "grey.ts"];
    const changed = /^error: Cannot resume run with other images: it stopped within epoch 1, /m;
    await refuse(cwd, 1, changed, ...goOn, "--max-steps", "3");
    await shade("50");
    await succeed(cwd, ...goOn, "--max-steps", "3");
    await shade("60");
    const { err } = await succeed(cwd, ...goOn, "--max-steps", "4");
    assertMatch(err, /^note: other images$/m);
  }));

long.test("a network's file reads its own folder and no other, and a bad one leaves nothing", () =>
  inFolder(async (cwd) => {
    await Deno.mkdir(join(cwd, "nets"));
    await Deno.writeTextFile(join(cwd, "outside.ts"), "export {}");
    const refused = async (text: string, message: RegExp, by = launched) => {
      await Deno.writeTextFile(join(cwd, "nets", "net.ts"), text);
      const args = [...sample, "--model", "nets/net.ts", "--save", "logs/run"];
      await by.refuse(cwd, 1, message, ...args);
    };
    await refused('import "../outside.ts";', /Requires read access to .*outside\.ts/);
    await refused(
      'import "npm:left-pad@1.3.0";',
      /it imports a package that the tasks do not have/,
    );
    await refused("await fetch('http://127.0.0.1:8000')", /\(line 1\): Requires net access/);
    const isNone = /Cannot use 1 as the export f: it must be a function$/m;
    await refused("export const f = 1;", isNone, cifarHere);
    assertEquals(namesIn(cwd), ["nets", "outside.ts"]);
    const depth = ["--model", "nets/net.ts", "--depth", "22"];
    await refuse(cwd, 2, /--depth has no effect with --model nets\/net\.ts/, ...sample, ...depth);
  }));

Deno.test("a run of our network does not go on with one of one's own, or with another of ours", () =>
  inFolder(async (cwd) => {
    await Deno.copyFile(example, join(cwd, "net.ts"));
    const own = ["--model", "net.ts"];
    const runs: [folder: string, flags: string[], error: RegExp][] = [
      [
        "wrn",
        ["--depth", "10", "--width", "0.25"],
        /^error: Cannot go on with wrn: it trains another network, --depth 10 --width 0\.25, and not net\.ts; leave out --model$/m,
      ],
      ["named", ["--network", "resnet8"], /: it trains another network, --network resnet8 --width/],
    ];
    for (const [folder, flags, error] of runs) {
      await succeed(cwd, ...sample, ...flags, "--max-steps", "1", "--save", folder);
      await refuse(cwd, 1, error, "--resume", folder, ...own);
      await refuse(cwd, 1, error, "--evaluate", "--resume", folder, ...own);
    }
    const other = ["--resume", "wrn", "--network", "vgg8"];
    await refuse(cwd, 1, /Cannot use the checkpoint of wrn: .*; check network, depth/, ...other);
  }));
