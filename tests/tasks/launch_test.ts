/**
 * Tests of the launcher: what it passes on to the programs that it starts.
 *
 * @module
 */
import { assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { inFolder, namesIn } from "../folders.ts";
import { childrenOf } from "../processes.ts";
import { launch } from "./command.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));

function start(args: string[], env: Record<string, string> = {}): Deno.Command {
  const stderr = "piped";
  return new Deno.Command(Deno.execPath(), { args, cwd: root, env, stdout: "null", stderr });
}

async function end(args: string[], env?: Record<string, string>): Promise<[number, string]> {
  const { code, stderr } = await start(args, env).output();
  return [code, new TextDecoder().decode(stderr)];
}

Deno.test("launch.ts refuses a task that there is not", async () => {
  const [code, text] = await end([...launch("cifar").slice(0, -1), "cifer"]);
  assertEquals(code, 2);
  assertMatch(text, /^error: there is no task "cifer"; there are bench, cifar, .*\n$/);
});

Deno.test("launch.ts runs no check of ok for a command line that it does not know", async () => {
  const names = "format, lint, types, docs, tests or publish";
  for (const args of [["--bogus"], ["--without"], ["--without", "test"], ["--without", "a", "b"]]) {
    const [code, text] = await end([...launch("ok"), ...args]);
    assertEquals(code, 2);
    assertEquals(
      text,
      `error: Cannot run ok with ${args.join(" ")}: the usage is deno task ok ` +
        `[--only CHECK | --without CHECK], CHECK being ${names}\n`,
    );
  }
  assertEquals(await end(launch("ok", "--help")), [0, ""]);
});

Deno.test("launch.ts fetches nothing for a command line that is refused", () =>
  inFolder(async (folder) => {
    const env = { ATTENTION_TRANSFER_CACHE: folder, ATTENTION_TRANSFER_LIBTENSORFLOW: "" };
    const dataroot = ["--dataroot", folder];
    for (const args of [["--depth", "11"], ["--beta", "1"], ["--resume", join(folder, "run")]]) {
      const [code, text] = await end(launch("cifar", ...dataroot, ...args), env);
      assertEquals(code, args[0] === "--resume" ? 1 : 2);
      assertMatch(text, /^error: .*\n$/);
    }
    const [, help] = await end(launch("cifar", ...dataroot, "--help"), env);
    assertEquals(help, "");
    assertEquals(namesIn(folder), []);
  }));

Deno.test("launch.ts ends as the program that fetches does, with its line", () =>
  inFolder(async (folder) => {
    const cache = join(folder, "cache");
    const env = {
      ATTENTION_TRANSFER_CACHE: cache,
      ATTENTION_TRANSFER_LIBTENSORFLOW: "",
      PATH: folder,
    };
    const sample = ["--dataset", "CIFAR10-sample", "--save", join(folder, "run")];
    const [code, text] = await end(launch("cifar", ...sample), env);
    assertEquals(code, 1, text);
    assertMatch(
      text,
      /^error: Cannot install libtensorflow .*: no Python 3 with pip was found.*\n$/,
    );
    assertEquals(namesIn(cache), ["libtensorflow.lock"]);
  }));

Deno.test({
  name: "launch.ts passes a request to end on to the program, and ends with its code",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      const run = ["--dataset", "CIFAR10-sample", "--save", join(folder, "run")];
      const child = start(launch("cifar", ...run)).spawn();
      let text = "";
      for await (const part of child.stderr.pipeThrough(new TextDecoderStream())) {
        const hadBegun = text.includes("student:");
        text += part;
        if (!hadBegun && text.includes("student:")) child.kill("SIGTERM");
      }
      assertEquals((await child.status).code, 143, text);
    }),
});

Deno.test("launch.ts says what to do where a task crashes", {
  ignore: Deno.build.os !== "linux",
}, () =>
  inFolder(async (folder) => {
    const run = ["--dataset", "CIFAR10-sample", "--save", join(folder, "run")];
    const child = start(launch("cifar", ...run)).spawn();
    let text = "";
    let killed = false;
    for await (const part of child.stderr.pipeThrough(new TextDecoderStream())) {
      text += part;
      if (killed || !text.includes("student:")) continue;
      Deno.kill(childrenOf(child.pid)[0]!, "SIGKILL");
      killed = true;
    }
    assertEquals((await child.status).code, 137, text);
    assertMatch(text, /\nerror: the task was ended by SIGKILL.*--resume; .*--batch-size.*\n$/);
  }));

Deno.test("launch.ts advises nothing about training where another task crashes", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  const child = start(launch("doctor")).spawn();
  while (childrenOf(child.pid).length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  Deno.kill(childrenOf(child.pid)[0]!, "SIGKILL");
  const { code, stderr } = await child.output();
  assertEquals(code, 137);
  const crash = "error: the task was ended by SIGKILL, most often because memory ran out\n";
  assertEquals(new TextDecoder().decode(stderr), crash);
});

Deno.test("launch.ts has a line for every signal that ends a task", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  for (const signal of ["SIGTRAP", "SIGILL", "SIGFPE", "SIGQUIT"] as const) {
    const child = start(launch("doctor")).spawn();
    while (childrenOf(child.pid).length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    Deno.kill(childrenOf(child.pid)[0]!, signal);
    const text = new TextDecoder().decode((await child.output()).stderr);
    assertMatch(text, new RegExp(`^error: the task was ended by ${signal}[^\n]*\n$`));
  }
});

const garbage: [variable: string, value: string, code: number][] = [
  ["INIT_CWD", "/nowhere/at/all", 1],
  ["JSR_URL", "garbage", 1],
  ["ATTENTION_TRANSFER_PROVISIONED", "garbage", 1],
  ["ATTENTION_TRANSFER_PROVISIONED", '{"path": 1}', 1],
  ["ATTENTION_TRANSFER_CACHE", "/proc/x", 1],
  ["ATTENTION_TRANSFER_CACHE", "/dev/null/x", 1],
  ["ATTENTION_TRANSFER_CACHE", "x".repeat(300), 1],
  ["ATTENTION_TRANSFER_LIBTENSORFLOW", "/proc/self/mem", 1],
  ["ATTENTION_TRANSFER_LIBTENSORFLOW", "x".repeat(300), 1],
  ["TF_NUM_INTRAOP_THREADS", "-5", 1],
  ["TF_NUM_INTEROP_THREADS", "1000000000", 1],
];

for (const [variable, value, code] of garbage) {
  const what = `${variable}=${value.slice(0, 20)}`;
  Deno.test(`deno task cifar with ${what} ends with one line, and is no bug`, {
    ignore: Deno.build.os !== "linux",
  }, () =>
    inFolder(async (folder) => {
      const args = ["--dataset", "CIFAR10-sample", "--save", join(folder, "run")];
      const [ended, text] = await end(launch("cifar", ...args), {
        PATH: folder, // without Python nothing is downloaded
        [variable]: value,
      });
      assertEquals(ended, code, text);
      assertMatch(text, /^error: [^\n]*\n$/);
    }));
}
