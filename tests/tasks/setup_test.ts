/**
 * Tests of `deno task setup` as a user runs it.
 *
 * @module
 */
import { assertMatch } from "@std/assert";
import { dirname, join } from "@std/path";
import { resolveTarget } from "../../lib/provision/platform.ts";
import { cacheFolder } from "../../lib/provision/provision.ts";
import { useTensorFlow } from "../../lib/backend/use_tensorflow.ts";
import { inFolder } from "../folders.ts";
import { taskRunner } from "./command.ts";

await useTensorFlow({ gpu: false }); // installed before any test looks for it

const { refuse, succeed } = taskRunner("setup");
const isNamed = Boolean(Deno.env.get("ATTENTION_TRANSFER_LIBTENSORFLOW"));

Deno.test("deno task setup says what is used and where it lies", () =>
  inFolder(async (cwd) => {
    const { out } = await succeed(cwd);
    assertMatch(out, /^library: .+ \([0-9]+ MB\)\nversion: 2\..+\ndevice: .+\nsource: .+\n$/);
  }));

Deno.test({
  name: "deno task setup --verify finds nothing wrong in what was fetched",
  ignore: isNamed,
  fn: () =>
    inFolder(async (cwd) => {
      assertMatch((await succeed(cwd, "--verify")).out, /^verified: .*\n$/);
    }),
});

Deno.test({
  name: "deno task setup --verify says what is wrong and what mends it, with exit code 1",
  ignore: isNamed,
  fn: () =>
    inFolder(async (cwd) => {
      const before = Deno.env.get("ATTENTION_TRANSFER_CACHE");
      Deno.env.set("ATTENTION_TRANSFER_CACHE", cwd);
      try {
        await refuse(cwd, 1, /libtensorflow.*run deno task setup --force/, "--verify", "--cpu");
        const target = resolveTarget(Deno.build.os, Deno.build.arch, false);
        const library = join(await cacheFolder(cwd, target), target.library);
        await Deno.mkdir(dirname(library), { recursive: true });
        await Deno.writeTextFile(library, "another");
        await refuse(cwd, 1, /run deno task setup --force/, "--verify", "--cpu");
        const verify = /^error: Cannot trust .*run deno task setup --force/;
        await Deno.symlink("loop", join(dirname(library), "loop")); // cannot be read
        await refuse(cwd, 1, verify, "--verify", "--cpu");
        await Deno.remove(library);
        await Deno.symlink(library, library);
        await refuse(cwd, 1, verify, "--verify", "--cpu");
      } finally {
        if (before === undefined) Deno.env.delete("ATTENTION_TRANSFER_CACHE");
        else Deno.env.set("ATTENTION_TRANSFER_CACHE", before);
      }
    }),
});

Deno.test("deno task setup refuses flags that contradict each other", () =>
  inFolder(async (cwd) => {
    await refuse(cwd, 2, /--gpu and --cpu/, "--gpu", "--cpu");
    await refuse(cwd, 2, /--verify only looks/, "--verify", "--force");
  }));
