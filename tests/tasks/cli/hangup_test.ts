/** Tests of detecting that a program should outlive its terminal. @module */
import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";

const module = new URL("../../../tasks/cli/hangup.ts", import.meta.url).href;
const ignore = Deno.build.os === "windows";

/** The result of `ignoresHangup()` in a program that a shell starts with this script. */
async function asked(script: string, env: Record<string, string>, ...flags: string[]) {
  const source = `import { ignoresHangup } from "${module}"; console.log(ignoresHangup());`;
  const file = await Deno.makeTempFile({ suffix: ".js" });
  try {
    await Deno.writeTextFile(file, source);
    const { stdout } = await new Deno.Command("/bin/sh", {
      args: ["-c", script, Deno.execPath(), "run", "--quiet", "--no-lock", ...flags, file],
      env: { _: "", ...env },
      cwd: fromFileUrl(new URL("./", import.meta.url)),
      stdin: "null",
    }).output();
    return new TextDecoder().decode(stdout).trim();
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("ignoresHangup() tells a program under nohup from another", { ignore }, async () => {
  for (let i = 0; i < 5; i++) {
    assertEquals(await asked('"$0" "$@"', {}, "-A"), "false");
    assertEquals(await asked('nohup "$0" "$@"', {}, "-A"), "true");
    assertEquals(await asked('trap "" HUP; "$0" "$@"', {}, "-A"), "true");
  }
});

Deno.test(
  "ignoresHangup() knows nohup by what shells and it itself leave, where deno task has listened before",
  {
    ignore: Deno.build.os !== "linux",
  },
  async () => {
    // nohup opens standard input like this instead of a terminal.
    assertEquals(await asked('"$0" "$@" 0>/dev/null', {}, "-A"), "true");
    assertEquals(await asked('"$0" "$@"', { _: "/usr/bin/nohup" }, "-A"), "true");
    assertEquals(await asked('"$0" "$@"', { _: "/usr/bin/nohups" }, "-A"), "false");
  },
);

Deno.test("ignoresHangup() asks nobody in a program that may not look", { ignore }, async () => {
  assertEquals(await asked('nohup "$0" "$@"', { _: "nohup" }, "--no-prompt"), "false");
});
