/**
 * The launcher: what it passes on to the program that it starts.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { inFolder } from "../folders.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));

function launch(...args: string[]): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "tasks/launch.ts", ...args],
    cwd: root,
    stdout: "null",
    stderr: "piped",
  });
}

Deno.test("launch.ts refuses a task that there is not", async () => {
  const { code, stderr } = await launch("cifer").output();
  assertEquals(code, 2);
  assertStringIncludes(new TextDecoder().decode(stderr), 'there is no task "cifer"');
});

Deno.test({
  name: "launch.ts passes a request to end on to the program, and ends with its code",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      const run = ["--dataset", "CIFAR10-sample", "--save", join(folder, "run")];
      const child = launch("cifar", ...run).spawn();
      let text = "";
      for await (const part of child.stderr.pipeThrough(new TextDecoderStream())) {
        const hadBegun = text.includes("student:");
        text += part;
        if (!hadBegun && text.includes("student:")) child.kill("SIGTERM");
      }
      assertEquals((await child.status).code, 143, text);
    }),
});
