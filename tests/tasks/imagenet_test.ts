/**
 * Tests of `deno task imagenet` on a few small pictures: of each kind of run, one as a user starts it.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";
import { exists } from "../../lib/files.ts";
import { useTensorFlow } from "../../lib/backend/use_tensorflow.ts";
import { type EpochStats, readStats } from "../../tasks/run/run_log.ts";
import { loadCheckpoint } from "../../lib/train/checkpoint.ts";
import { loadParams } from "../../lib/formats/weights.ts";
import { resNet, resNetOptions } from "../../models/res_net.ts";
import { saveNetwork } from "../../lib/networks/network.ts";
import { inFolder, namesIn } from "../folders.ts";
import { long } from "../long.ts";
import { taskRunner } from "./command.ts";
import { makeImages } from "./image_folder.ts";
import { imagenetHere } from "./in_process.ts";

await useTensorFlow({ opThreads: 1 });

const { refuse, succeed } = imagenetHere;
const launched = taskRunner("imagenet");
/** A narrow network on small images. */
const small = ["--width", "0.0625", "--image-size", "40", "--resize", "44", "--batch-size", "5"];

async function makeNetwork(path: string, numClasses: number, seed = 1): Promise<void> {
  const { init } = resNet({ depth: 18, width: 0.0625, numClasses });
  await saveNetwork(path, init(seed), { normalization: "imagenet" });
}

Deno.test("deno task imagenet trains a student from a teacher's file, resumes it, and evaluates it", () =>
  inFolder(async (cwd) => {
    await makeImages(join(cwd, "images"), ["cat", "dog", "fox"]);
    await makeNetwork(join(cwd, "teacher.safetensors"), 3);
    await Deno.writeTextFile(join(cwd, "images/train/cat/broken.jpg"), "no picture");
    const run = [
      ...["--imagenetpath", "images", "--depth", "18", "--teacher_params", "teacher.safetensors"],
      ...[
        "--beta",
        "1e+3",
        "--alpha",
        "0.5",
        "--color-jitter",
        "0.4",
      ],
      ...[...small, "--epochs", "2", "--lr", "0.01"],
    ];
    const flags = ["--ngpu", "0", "--gpu_id", "0"];
    const { err } = await launched.succeed(cwd, ...run, ...flags, "--save", "whole");
    assertMatch(err, /^engine: TensorFlow [\d.]+ on the [CG]PU/m);
    assertStringIncludes(err, "teacher: ResNet-18 of width 0.0625 from teacher.safetensors");
    assertMatch(err, /skipped .*cat\/broken\.jpg: /);
    const files = namesIn(join(cwd, "whole")).map((name) => name.replace(/^events\..*/, "events"));
    const kept = [".lock", "checkpoint", "curves.svg", "events", "log.txt", "model.safetensors"];
    assertEquals(files, kept);

    await succeed(cwd, ...run, "--save", "parts", "--max-steps", "2", "--decode-threads", "1");
    await succeed(cwd, "--resume", "parts", "--decode-threads", "3");
    const [whole, parts] = ["whole", "parts"].map((name) =>
      Deno.readFileSync(join(cwd, name, "model.safetensors"))
    );
    assertEquals(parts, whole);

    const stats = await readStats(join(cwd, "whole"));
    assertEquals(stats.map(({ epoch }) => epoch), [1, 2]);
    const last = stats[1] as EpochStats & Record<string, number>;
    assertEquals(last.at_losses.length, 4);
    assertEquals([last.train_top1, last.test_top1], [last.train_acc, last.test_acc]);
    assertEquals([last.train_top5, last.test_top5], [100, 100]); // there are only three classes
    assertEquals([last.skipped_images, last.num_classes, last.batch_size], [1, 3, 5]);
    assertEquals([last.weight_decay, last.lr_decay_ratio], [1e-4, 0.1]);
    const params = await loadParams(join(cwd, "whole/model.safetensors"));
    assertEquals(resNetOptions(params), { depth: 18, width: 0.0625, numClasses: 3 });

    const { out } = await succeed(cwd, "--evaluate", "--resume", "whole");
    const evaluated = JSON.parse(out.replace("json_stats: ", ""));
    for (const name of ["test_loss", "test_acc", "test_top1", "test_top5"]) {
      assertEquals(evaluated[name], last[name], name);
    }
    assertEquals([evaluated.images, evaluated.skipped_images], [15, 0]);
  }));

Deno.test("deno task imagenet fine-tunes on other classes, with attention on chosen groups", () =>
  inFolder(async (cwd) => {
    await makeImages(join(cwd, "birds"), ["robin", "wren"]);
    await makeNetwork(join(cwd, "imagenet.safetensors"), 7);
    const exported = new URL("../fixtures/hdf5/export.hkl", import.meta.url);
    await Deno.copyFile(exported, join(cwd, "export.hkl"));
    const { err } = await succeed(
      cwd,
      ...["--imagenetpath", "birds", "--finetune", "imagenet.safetensors", ...small],
      ...["--teacher_params", "export.hkl", "--beta", "1e3", "--at-groups", "2,3"],
      ...["--lr", "1e-30", "--max-steps", "1", "--save", "run"],
    );
    assertMatch(err, /teacher: ResNet-\d+ of width [\d.]+, folded from export\.hkl/);
    const [stats] = await readStats(join(cwd, "run"));
    assertEquals(stats!.at_losses.length, 2);
    const params = await loadParams(join(cwd, "run/model.safetensors"));
    const pretrained = await loadParams(join(cwd, "imagenet.safetensors"));
    assertEquals(params["fc.weight"]!.shape[0], 2);
    for (const key of ["conv1.weight", "layer4.1.conv2.weight"]) {
      assertEquals(params[key]!.dataSync(), pretrained[key]!.dataSync(), key);
    }
  }));

Deno.test("deno task imagenet tells what it leaves out, and names the file of each complaint", () =>
  inFolder(async (cwd) => {
    const val = join(cwd, "images/val");
    await makeImages(join(cwd, "images"), ["plain", "\uff01bang", "\u{1f600}smile"]);
    await Deno.writeTextFile(join(val, "plain/a.webp"), "RIFF");
    await Deno.writeTextFile(join(val, "plain/b.jpg"), "RIFF\0\0\0\0WEBP");
    await Deno.writeTextFile(join(val, "plain/c\x1b[31m.jpg"), "no picture");
    const whole = await Deno.readFile(join(val, "plain/colour.jpg"));
    const at = whole.findIndex((byte, i) => byte === 0xff && whole[i + 1] === 0xdb);
    const stray = Uint8Array.of(...whole.slice(0, at), 0x12, 0x34, ...whole.slice(at));
    await Deno.writeFile(join(val, "plain/d.jpg"), stray);
    await Deno.symlink("/", join(val, "plain/root"));
    await makeNetwork(join(cwd, "net.safetensors"), 3);
    const args = ["--imagenetpath", "images", "--evaluate", "--params", "net.safetensors"];
    const { out, err } = await launched.succeed(cwd, ...args, ...small);
    const stats = JSON.parse(out.replace("json_stats: ", ""));
    assertEquals([stats.images, stats.skipped_images, stats.left_out_files], [16, 2, 2]);
    assertMatch(
      err,
      /^skipped in images.val: 1 x \.webp \(plain.a\.webp\); 1 x links to a folder/m,
    );
    assertMatch(
      err,
      /^skipped images.val.plain.b\.jpg: it is a WebP, and neither a JPEG nor a PNG$/m,
    );
    assertMatch(err, /^skipped images.val.plain.c\ufffd\[31m\.jpg: neither a JPEG nor a PNG$/m);
    if (Deno.build.os === "linux") {
      assertEquals(stats.damaged_images, 1, err);
      const words = err.split("\n").filter((line) => line.includes("extraneous"));
      const path = join("images", "val", "plain", "d.jpg");
      const said = "Corrupt JPEG data: 2 extraneous bytes before marker 0xdb";
      assertEquals(words, [`used, though damaged: ${path}: ${said}`]);
    }
    const few = ["--max-image-pixels", "100"];
    await refuse(
      cwd,
      1,
      /Cannot use any of the 18 images in images.val: /,
      ...args,
      ...small,
      ...few,
    );
  }));

long.test("deno task imagenet refuses other images within an epoch, and takes them after its end", () =>
  inFolder(async (cwd) => {
    const picture = fromFileUrl(new URL("../fixtures/images/colour.jpg", import.meta.url));
    const add = (path: string) => Deno.copyFile(picture, join(cwd, "images", path));
    for (const folder of ["train/a", "train/b", "val/a", "val/b"]) {
      await Deno.mkdir(join(cwd, "images", folder), { recursive: true });
      for (const name of ["0.jpg", "1.jpg", "2.jpg"]) await add(join(folder, name));
    }
    const start = ["--imagenetpath", "images", ...small, "--batch-size", "2", "--save", "run"];
    await succeed(cwd, ...start, "--max-steps", "2");

    await Deno.remove(join(cwd, "images/train/a/1.jpg"));
    const refused = await imagenetHere.run(cwd, "--resume", "run");
    assertEquals(refused.code, 1, refused.err);
    assertEquals(refused.err.match(/^error: .*$/gm), [
      "error: Cannot resume run with 5 training images in place of 6: it stopped within epoch 1, " +
      "which began with those; put them back as they were, or start a new run",
    ]);

    await add("train/a/1.jpg");
    await succeed(cwd, "--resume", "run", "--max-steps", "3");
    await add("train/b/3.jpg");
    const { err } = await succeed(cwd, "--resume", "run", "--max-steps", "4");
    assertMatch(err, /^note: 7 training images in place of 6$/m);
    assertEquals((await loadCheckpoint(join(cwd, "run"))).images, 7);
  }));

long.test("deno task imagenet says first that an epoch ends with one example, and trains through it", () =>
  inFolder(async (cwd) => {
    const picture = fromFileUrl(new URL("../fixtures/images/colour.jpg", import.meta.url));
    for (const path of ["train/a/0", "train/a/1", "train/b/0", "val/a/0", "val/b/0"]) {
      await Deno.mkdir(join(cwd, "images", dirname(path)), { recursive: true });
      await Deno.copyFile(picture, join(cwd, "images", `${path}.jpg`));
    }
    await makeNetwork(join(cwd, "teacher.safetensors"), 2);
    const run = [
      ...["--imagenetpath", "images", ...small, "--teacher-params", "teacher.safetensors"],
      // All terms, because any of them may be wrong for a single example.
      ...["--alpha", "0.5", "--decoupled-beta", "1", "--similarity-beta", "1", "--beta", "1"],
      ...["--activation-beta", "1", "--gradient-beta", "1", "--gradient-symmetry-beta", "1"],
      ...["--relational-beta", "1", "--epochs", "1"],
    ];
    const { err } = await succeed(cwd, ...run, "--batch-size", "2", "--save", "run");
    assertMatch(err, /^note: the last batch of an epoch has 1 of the 3 images/m);
    assert(err.indexOf("note: the last batch") < err.indexOf("student:"));
    const [stats] = await readStats(join(cwd, "run"));
    assertEquals(stats!.epoch, 1);
    const terms = stats!.terms as Record<string, number>;
    assert(terms.relational! > 0 && Object.values(terms).every(Number.isFinite));

    const single = [...run, "--batch-size", "1", "--save", "single"];
    await refuse(
      cwd,
      1,
      /^error: Cannot train with .*--relational-beta 1: that relates/,
      ...single,
    );
  }));

const sample = fromFileUrl(new URL("../../../shared/data/imagenet-sample/train", import.meta.url));

long.test({
  name: "deno task imagenet trains on real photographs, and evaluates all of them",
  ignore: !await exists(sample),
  fn: () =>
    inFolder(async (cwd) => {
      await Deno.mkdir(join(cwd, "photographs"));
      for (const part of ["train", "val"]) {
        await Deno.symlink(sample, join(cwd, "photographs", part), { type: "dir" });
      }
      await succeed(
        cwd,
        ...["--imagenetpath", "photographs", ...small, "--batch-size", "50"],
        ...["--max-steps", "1", "--lr", "0.01", "--save", "run"],
      );
      const [stats] = await readStats(join(cwd, "run"));
      assertEquals([stats!.epoch, stats!.num_classes, stats!.skipped_images], [0.2, 250, 0]);
      const { out } = await succeed(cwd, "--evaluate", "--resume", "run");
      const { images, test_loss } = JSON.parse(out.replace("json_stats: ", ""));
      assertEquals([images, test_loss], [250, stats!.test_loss]);
    }),
});

/** The launcher makes permissions of it. */
const unreadable = "an unreadable file";
const refused: [string, string[], number, RegExp][] = [
  ["no folder", [], 2, /--imagenetpath DIR is missing/],
  ["a missing folder", ["--imagenetpath", "nowhere"], 1, /nowhere: no such file or folder/],
  ["a folder of something else", ["--imagenetpath", "empty"], 1, /neither train nor val/],
  ["classes that differ", ["--imagenetpath", "differing"], 1, /class b is in .*train/],
  ["no val", ["--imagenetpath", "half"], 1, /half: it holds no val\//],
  [
    "a depth of no ResNet",
    ["--imagenetpath", "images", "--depth", "20"],
    2,
    /--depth must be .*20/,
  ],
  [
    "a teacher of other classes",
    ["--imagenetpath", "images", "--teacher-params", "seven.safetensors", "--alpha", "0.9"],
    1,
    /seven\.safetensors: it has 7 classes and the data set has 1/,
  ],
  [
    "weights for another depth",
    ["--imagenetpath", "images", "--depth", "34", "--init", "seven.safetensors"],
    1,
    /seven\.safetensors: it has no layer1\.2\.conv1\.weight/,
  ],
  [
    "a cached teacher",
    ["--imagenetpath", "images", "--teacher-params", "seven.safetensors", "--cache-teacher"],
    2,
    /--cache-teacher needs images that stay the same, and here every epoch crops them again/,
  ],
  [
    unreadable,
    ["--imagenetpath", "images", "--evaluate", "--params", "cut.pth"],
    1,
    /cut\.pth: /,
  ],
  [
    "two teachers",
    ["--imagenetpath", "images", "--teacher-id", "a", "--teacher-params", "b"],
    2,
    /name two teachers/,
  ],
];

long.test("deno task imagenet refuses with one line and leaves nothing half done:", async (t) => {
  await inFolder(async (cwd) => {
    await makeImages(join(cwd, "images"), ["a"]);
    await makeImages(join(cwd, "differing"), ["a", "b"]);
    await Deno.remove(join(cwd, "differing/val/b"), { recursive: true });
    await makeImages(join(cwd, "half"), ["a"]);
    await Deno.remove(join(cwd, "half/val"), { recursive: true });
    await Deno.mkdir(join(cwd, "empty"));
    await makeNetwork(join(cwd, "seven.safetensors"), 7);
    await Deno.writeTextFile(join(cwd, "cut.pth"), "PK\x03\x04 and no more");
    const before = namesIn(cwd);
    for (const [what, args, code, message] of refused) {
      await t.step(what, async () => {
        const by = what === unreadable ? launched : imagenetHere;
        await by.refuse(cwd, code, message, ...small, ...args);
      });
    }
    assertEquals(namesIn(cwd), before);
  });
});
