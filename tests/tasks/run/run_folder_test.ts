/** Tests of messages about a run folder that cannot be used. @module */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import { checkRunFolder, holdRunFolder } from "../../../tasks/run/run_folder.ts";
import { inFolder, namesIn } from "../../folders.ts";
import { taskRunner } from "../command.ts";

Deno.test("checkRunFolder() says why a folder cannot be used, and not that it holds another run", {
  ignore: Deno.build.os !== "linux",
}, () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "file"), "");
    await Deno.symlink("loop", join(folder, "loop"));
    const names = namesIn(folder);
    const cases: [string, RegExp][] = [
      ["x".repeat(256), /file name too long/],
      [join("a", "x".repeat(256), "b"), /file name too long/],
      ["loop", /too many levels of symbolic links/],
      [join("loop", "x"), /too many levels of symbolic links/],
      ["file", /not a directory|file exists/],
      [join("file", "x"), /not a directory/],
      ["y/".repeat(2100), /file name too long/],
    ];
    for (const [name, why] of cases) {
      const { message } = await assertRejects(
        () => checkRunFolder(join(folder, name), false),
        UserError,
      );
      assertMatch(message, /^Cannot write to the run folder .*; choose another with --save$/);
      assertMatch(message, why);
    }
    assertEquals(namesIn(folder), names);
  }));

Deno.test("holdRunFolder() names a lock that is a link of a stranger", () =>
  inFolder(async (folder) => {
    const lock = join(folder, ".lock");
    await Deno.symlink(join(folder, "elsewhere"), lock);
    await assertRejects(
      () => holdRunFolder(folder, true),
      UserError,
      `Cannot lock the run folder: ${lock} is a link, and no file; remove it`,
    );
    assertEquals(namesIn(folder), [".lock"]);
  }));

Deno.test("deno task cifar says that a folder of the system is no place for a run", {
  ignore: Deno.build.os !== "linux",
}, () =>
  inFolder(async (cwd) => {
    const { refuse } = taskRunner("cifar");
    for (const folder of ["/proc/run", "/sys/run", "/dev/null/run"]) {
      const message = /^error: Cannot write to the run folder .*: it is in a folder of the system/;
      await refuse(cwd, 1, message, "--dataset", "CIFAR10-sample", "--save", folder);
    }
  }));
