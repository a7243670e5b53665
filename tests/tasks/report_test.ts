/** Tests of `deno task report`: of each kind of page, one as a user makes it. @module */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { useTensorFlow } from "../../lib/backend/use_tensorflow.ts";
import { readStats } from "../../tasks/run/run_log.ts";
import { inFolder, namesIn } from "../folders.ts";
import { long } from "../long.ts";
import { runTask } from "../reliability/training_process.ts";
import { taskRunner } from "./command.ts";
import { cifarHere as cifar, reportHere } from "./in_process.ts";
import { makeImages } from "./image_folder.ts";
import { rowsOf } from "./report/evaluation/html.ts";
import { addText, makeGroups, makeRun } from "./report/logs.ts";

await useTensorFlow();

const { refuse, succeed } = reportHere;
const launched = taskRunner("report");

Deno.test("deno task report writes one file", () =>
  inFolder(async (cwd) => {
    await makeGroups(join(cwd, "runs"));
    const { out, err } = await launched.succeed(cwd, "runs");
    assertEquals([out, err], ["wrote report.html\n", ""]);
    assertEquals(namesIn(cwd), ["report.html", "runs"]);
    const page = await Deno.readTextFile(join(cwd, "report.html"));
    assertStringIncludes(page, "+0.52 to +5.48");
  }));

long.test("deno task report names in a line what it leaves out, and goes on", () =>
  inFolder(async (cwd) => {
    await makeRun(join(cwd, "a"));
    await addText(join(cwd, "a"), "json_stats: {}\n");
    await Deno.mkdir(join(cwd, "empty"));
    const { err } = await succeed(cwd, "a", "empty", "none", "--out", "page.html");
    assertEquals(err.split("\n"), [
      "note: empty: neither it nor its subfolders have a log.txt",
      "note: none: no such file or folder",
      'note: a: line 4 has no number "epoch"; it is left out',
      "",
    ]);
    assertEquals(namesIn(cwd), ["a", "empty", "page.html"]);
  }));

long.test("deno task report refuses in a line if there is no run, and writes nothing", () =>
  inFolder(async (cwd) => {
    await Deno.mkdir(join(cwd, "empty"));
    await refuse(
      cwd,
      1,
      /^error: Cannot report on runs: there is none with an epoch \(empty: /,
      "empty",
    );
    await makeRun(join(cwd, "started"), { accuracies: [] });
    await refuse(cwd, 1, /started: its log has no epoch yet\); name run folders/, "started");
    await refuse(cwd, 2, /^error: DIR\.\.\. is missing/);
    assertEquals(namesIn(cwd), ["empty", "started"]);
  }));

long.test("deno task report --dataset shows what the networks of the runs make of test images", () =>
  inFolder(async (cwd) => {
    const sample = ["--dataset", "CIFAR10-sample", "--depth", "10", "--width", "0.0625"];
    const run = [...sample, "--max-steps", "1"];
    const taught = ["--teacher-id", "teacher", "--beta", "1000"];
    await cifar.succeed(cwd, ...run, "--save", "logs/teacher");
    await cifar.succeed(cwd, ...run, "--save", "logs/alone", "--seed", "1", "--lr", "0.2");
    await cifar.succeed(cwd, ...run, "--save", "logs/at", ...taught);
    const images = ["--dataset", "CIFAR10-sample", "--images", "20"];
    await launched.succeed(cwd, "logs/teacher", "logs/alone", "logs/at", ...images);
    const page = await Deno.readTextFile(join(cwd, "report.html"));
    for (const id of ["accuracy", "curves", "by-class", "confusion", "changes", "distance"]) {
      assertStringIncludes(page, `<section id="${id}"`);
    }
    assertStringIncludes(page, "On the first 20 of the ");
    assertStringIncludes(page, "at (WRN-10-0.0625) against alone (WRN-10-0.0625)");
    await succeed(cwd, "logs/teacher", "logs/alone", ...images, "--baseline", "logs/at");
    const named = await Deno.readTextFile(join(cwd, "report.html"));
    assertStringIncludes(named, "alone (WRN-10-0.0625) against at (WRN-10-0.0625)");
    await Deno.remove(join(cwd, "logs/at/model.safetensors"));
    await Deno.remove(join(cwd, "report.html"));
    await succeed(cwd, "logs/at", "logs/alone", ...images, "--teacher", "logs/teacher");
    const rest = await Deno.readTextFile(join(cwd, "report.html"));
    assertStringIncludes(rest, "Left out: ");
    assertStringIncludes(rest, '<section id="by-class"');
  }));

long.test("deno task report --imagenetpath evaluates on images of classes as their training did", () =>
  inFolder(async (cwd) => {
    await makeImages(join(cwd, "images"), ["cat", "dog"]);
    const train = async (...args: string[]) => {
      const { code, err } = await runTask({ cwd, task: "imagenet", args });
      assertEquals(code, 0, err);
    };
    const run = [
      ...["--imagenetpath", "images", "--width", "0.0625", "--image-size", "40", "--resize", "60"],
      ...["--batch-size", "5", "--max-steps", "1", "--lr", "0.01"],
    ];
    await train(...run, "--save", "logs/alone");
    const taught = ["--teacher-params", "logs/alone/model.safetensors", "--beta", "1000"];
    await train(...run, "--save", "logs/at", "--seed", "1", ...taught);
    await launched.succeed(cwd, "logs", "--imagenetpath", "images");
    const page = await Deno.readTextFile(join(cwd, "report.html"));
    assertStringIncludes(page, "On the 10 images of val.");
    const [, total] = rowsOf(page.slice(page.indexOf('<section id="by-class"')));
    const accuracies = await Promise.all(["alone", "at"].map(async (name) => {
      const [stats] = await readStats(join(cwd, "logs", name));
      return `${stats!.test_acc.toFixed(1)}%`;
    }));
    assertEquals(total!.slice(0, 4), ["all classes", "10", ...accuracies]);
    await succeed(cwd, "logs", "--imagenetpath", "images", "--images", "4");
    const part = await Deno.readTextFile(join(cwd, "report.html"));
    assertStringIncludes(part, "On 4 of the 10 images of val.");
    await refuse(
      cwd,
      1,
      /^error: Cannot read .*none.val: no such file/m,
      "logs",
      "--imagenetpath",
      "none",
    );
  }));
