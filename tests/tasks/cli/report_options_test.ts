/** Tests of the command line of `deno task report`. @module */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { readCommandLine } from "../../../tasks/cli/main.ts";
import { reportCommand } from "../../../tasks/cli/report_options.ts";
import { UsageError } from "../../../tasks/cli/usage_error.ts";
import { confinedTasks, permissionsOf } from "../../../tasks/launch/tasks.ts";
import { readTexts } from "../../../tasks/launch/texts.ts";

Deno.test("deno task report takes any number of folders, with flags between them", async () => {
  const read = (...args: string[]) => readCommandLine(reportCommand, args);
  assertEquals((await read("a", "--live", "b", "c")).folders, ["a", "b", "c"]);
  assertEquals((await read("a", "--out", "b.html")).folders, ["a"]);
  const refused: [message: string, args: string[]][] = [
    ["DIR... is missing; see --help", []],
    ["--out must be a name that ends in .html", ["a", "--out", "b.txt"]],
    ["Cannot use --live and --out together", ["a", "--live", "--out", "b.html"]],
    ["--port has no effect without --live", ["a", "--port", "1"]],
    ["Cannot use --live and --dataset together", ["a", "--live", "--dataset", "CIFAR10"]],
    ["--teacher has no effect without --dataset", ["a", "--teacher", "b"]],
    ["--images has no effect without --dataset or --imagenetpath", ["a", "--images", "5"]],
    ["Cannot use --live and --imagenetpath together", ["a", "--live", "--imagenetpath", "i"]],
    ["--dataroot has no effect without --dataset", ["a", "--imagenetpath", "i", "--dataroot", "d"]],
    [
      "Cannot evaluate on both --dataset CIFAR10 and --imagenetpath i: use only one of them",
      ["a", "--dataset", "CIFAR10", "--imagenetpath", "i"],
    ],
    ["--port must be a whole number from 0 to 65535", ["a", "--live", "--port", "65536"]],
  ];
  for (const [message, args] of refused) {
    await assertRejects(() => read(...args), UsageError, message);
  }
});

Deno.test("deno task report may read its folders, and write one file or listen on one port", async () => {
  const task = confinedTasks.report!;
  const allowed = async (...args: string[]) =>
    permissionsOf(task, await readTexts(task.options, args), { root: "/r", cwd: "/" });
  const { read, write, net } = await allowed("a", "b", "--baseline", "c");
  assertEquals([read, write, net], [
    ["a", "b", "c"],
    ["report.html", "report.html.partial"],
    undefined,
  ]);
  const other = await allowed("a", "--out", "b.html");
  assertEquals(other.write, ["b.html", "b.html.partial"]);
  const evaluating = await allowed("a", "--dataset", "CIFAR10", "--teacher", "t");
  const networks = ["a", join("logs", "t"), "t", "data"];
  assertEquals(networks.filter((path) => !evaluating.read?.includes(path)), []);
  assertEquals([read, other.read].flatMap((paths) => paths).includes("data"), false);
  const images = (await allowed("a", "--imagenetpath", "i")).read ?? [];
  assertEquals(["a", "i", "data"].filter((path) => images.includes(path)), ["a", "i"]);
  const live = await allowed("--live", "a", "--port", "7000");
  assertEquals([live.read, live.write, live.net], [["a"], [], ["127.0.0.1:7000"]]);
  assertEquals((await allowed("--live", "a")).net, ["127.0.0.1:6010"]);
});
