/**
 * Tests of lib/provision/install.ts, with a package of one file from pip's index.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { inFolder, namesIn } from "../../folders.ts";
import { long } from "../../long.ts";
import { startInstall } from "./install_process.ts";

const sixDigest = "4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274";

/** Starts an installation of six into the folder. */
function startSix(
  folder: string,
  env: Record<string, string> = {},
  digest = sixDigest,
): Deno.ChildProcess {
  return startInstall({ name: "six", folder, digest, env });
}

async function installSix(...args: Parameters<typeof startSix>): Promise<string> {
  const { stdout } = await startSix(...args).output();
  return new TextDecoder().decode(stdout).trim();
}

async function pythonWithoutPip(dir: string): Promise<string> {
  const args = ["-m", "venv", "--without-pip", join(dir, "python")];
  const { success } = await new Deno.Command("python3", { args }).output();
  assert(success, "python3 -m venv failed");
  return join(dir, "python", Deno.build.os === "windows" ? "Scripts" : "bin");
}

const unreachable = {
  PIP_INDEX_URL: "http://127.0.0.1:9",
  PIP_FIND_LINKS: "",
  PIP_RETRIES: "0",
};

Deno.test("install() leaves the finished folder, and asks no Python when it is there", async () => {
  await inFolder(async (dir) => {
    const cache = join(dir, "new", "cache");
    assertEquals(await installSix(join(cache, "six")), "installed");
    assertEquals(namesIn(cache), ["libtensorflow.lock", "six"]);
    assertEquals(namesIn(join(cache, "six")), ["installed.json", "six.py"]);
    assertEquals(await installSix(join(cache, "six"), { PATH: dir }), "there");
  });
});

Deno.test("install() replaces a damaged folder and removes what a dead process left", async () => {
  await inFolder(async (cache) => {
    await Deno.mkdir(join(cache, "six", "damaged"), { recursive: true });
    await Deno.mkdir(join(cache, "libtensorflow.partial", "dead"), { recursive: true });
    assertEquals(await installSix(join(cache, "six")), "installed");
    assertEquals(namesIn(cache), ["libtensorflow.lock", "six"]);
    assertEquals(namesIn(join(cache, "six")), ["installed.json", "six.py"]);
  });
});

long.test("install() looks at its files at every start, and fetches them anew where they are damaged", async () => {
  await inFolder(async (cache) => {
    const file = join(cache, "six", "six.py");
    assertEquals(await installSix(join(cache, "six")), "installed");
    const whole = await Deno.readFile(file);
    const damages: Record<string, () => Promise<void>> = {
      "cut short": () => Deno.truncate(file, 100),
      "another byte": async () => {
        await Deno.writeFile(file, whole.with(100, whole[100]! ^ 1));
        await Deno.utime(file, 1, 1);
      },
      "not known": () => Deno.remove(join(cache, "six", "installed.json")),
      "missing": () => Deno.remove(file),
    };
    for (const [what, damage] of Object.entries(damages)) {
      await damage();
      assertEquals(await installSix(join(cache, "six")), "installed", what);
      assertEquals(await Deno.readFile(file), whole);
    }
    await Deno.utime(file, 1, 1); // it is right, which a closer look shows, and is noted
    for (const env of [{}, { PATH: cache }]) {
      assertEquals(await installSix(join(cache, "six"), env), "there");
    }
  });
});

Deno.test("install() succeeds after a process was killed in the middle of it", async () => {
  await inFolder(async (cache) => {
    const child = startSix(join(cache, "six"));
    const partial = join(cache, "libtensorflow.partial");
    while (!namesIn(cache).includes("libtensorflow.partial") || namesIn(partial).length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    child.kill("SIGKILL");
    await child.output();
    assertEquals(namesIn(cache), ["libtensorflow.lock", "libtensorflow.partial"]);
    assertEquals(await installSix(join(cache, "six")), "installed");
    assertEquals(namesIn(join(cache, "six")), ["installed.json", "six.py"]);
  });
});

Deno.test("install() fetches once for two processes at once", async () => {
  await inFolder(async (cache) => {
    // Both start while the test holds the lock, so that neither can be done before the other.
    const lock = await Deno.open(join(cache, "libtensorflow.lock"), { create: true, write: true });
    await lock.lock(true);
    const children = [1, 2].map(() => startSix(join(cache, "six")));
    for (const { stderr } of children) {
      const reader = stderr.getReader();
      const { value } = await reader.read();
      assertStringIncludes(new TextDecoder().decode(value), "Another process is installing");
      reader.releaseLock();
    }
    lock.close();
    const outputs = await Promise.all(children.map((child) => child.output()));
    const results = outputs.map(({ stdout }) => new TextDecoder().decode(stdout).trim());
    assertEquals(results.sort(), ["installed", "there"]);
    assertEquals(namesIn(cache), ["libtensorflow.lock", "six"]);
  });
});

Deno.test("install() is not led astray by pip settings about other installations", async () => {
  await inFolder(async (dir) => {
    const otherVersion = join(dir, "other.txt");
    await Deno.writeTextFile(otherVersion, "six==1.16.0\n");
    const cache = join(dir, "cache");
    const result = await installSix(join(cache, "six"), {
      PIP_CONSTRAINT: otherVersion,
      PIP_REQUIREMENT: otherVersion,
      PIP_NO_BINARY: ":all:",
      PIP_REQUIRE_VIRTUALENV: "1",
      PIP_TARGET: join(dir, "elsewhere"),
      PIP_USER: "1",
    });
    assertEquals(result, "installed");
    assertEquals(namesIn(cache), ["libtensorflow.lock", "six"]);
    assertEquals(namesIn(dir), ["cache", "other.txt"]);
  });
});

Deno.test("install() says in one line why it failed and what to do, and leaves nothing", async () => {
  await inFolder(async (dir) => {
    const cases: [digest: string, env: Record<string, string>, part: string][] = [
      [sixDigest, { PATH: dir }, "no Python 3 with pip was found; install Python 3"],
      [sixDigest, { PATH: await pythonWithoutPip(dir) }, "has no pip; install pip"],
      [sixDigest, unreachable, "pip cannot reach its package index"],
      ["0".repeat(64), {}, "a file from the package index is not the pinned one"],
    ];
    for (const [i, [digest, env, part]] of cases.entries()) {
      const cache = join(dir, `cache${i}`);
      const result = await installSix(join(cache, "six"), env, digest);
      assertStringIncludes(result, "UserError: Cannot install six: ");
      assertStringIncludes(result, part);
      assertStringIncludes(result, "ATTENTION_TRANSFER_LIBTENSORFLOW");
      assertStringIncludes(result, `tfjs's backend "wasm"`);
      assertEquals(result.split("\n").length, 1);
      assertEquals(namesIn(cache).filter((name) => name !== "libtensorflow.lock"), []);
    }
  });
});

Deno.test("install() says that the cache folder cannot be written", async () => {
  await inFolder(async (dir) => {
    await Deno.writeTextFile(join(dir, "file"), "");
    const result = await installSix(join(dir, "file", "cache", "six"));
    assertStringIncludes(
      result,
      "UserError: Cannot install six: the cache folder cannot be written",
    );
    assertStringIncludes(result, "ATTENTION_TRANSFER_CACHE");
  });
});
