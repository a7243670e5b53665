/** Tests of the command line of `deno task demo`. @module */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { demoCommand } from "../../../tasks/cli/demo_options.ts";
import { readCommandLine } from "../../../tasks/cli/main.ts";
import { UsageError } from "../../../tasks/cli/usage_error.ts";
import { confinedTasks, permissionsOf } from "../../../tasks/launch/tasks.ts";
import { readTexts } from "../../../tasks/launch/texts.ts";

Deno.test("deno task demo takes one network, and writes or serves", async () => {
  const read = (...args: string[]) => readCommandLine(demoCommand, args);
  assertEquals((await read("run", "--serve", "--port", "0")).port, 0);
  assertEquals((await read("run", "--out", "page")).network, "run");
  assertEquals((await read("--serve")).network, "wrn_16_1");
  const refused: [message: string, args: string[]][] = [
    ['unexpected argument "b"', ["a", "b"]],
    ["Cannot use --serve and --out together", ["a", "--serve", "--out", "b"]],
    ["--port has no effect without --serve", ["a", "--port", "1"]],
    ["--size must be a whole number from 8 to 1024", ["a", "--size", "7"]],
    ["--normalization must be paper, repdistiller or imagenet", ["a", "--normalization", "mine"]],
  ];
  for (const [message, args] of refused) {
    await assertRejects(() => read(...args), UsageError, message);
  }
});

Deno.test("deno task demo may read its network and what it bundles, and write or listen", async () => {
  const task = confinedTasks.demo!;
  const place = { root: "/r", cwd: "/" };
  const allowed = async (...args: string[]) =>
    permissionsOf(task, await readTexts(task.options, args), place, { packages: "/cache/npm" });
  const { read = [], write, net, ffi } = await allowed("a", "--classes", "names");
  const code = ["lib", "models", "pretrained", "tasks/demo", "tasks/visualize"].map((path) =>
    join("/r", path)
  );
  const needed = ["a", join("logs", "a"), "names", "/cache/npm", ...code];
  assertEquals(needed.filter((path) => !read.includes(path)), []);
  assertEquals([write, net, ffi], [["demo"], undefined, false]);
  assertEquals((await allowed("a", "--out", "page")).write, ["page"]);
  const served = await allowed("a", "--serve");
  assertEquals([served.write, served.net], [[], ["127.0.0.1:6011"]]);
  assert(!read.includes("/r"));
});
