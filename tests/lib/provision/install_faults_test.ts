/**
 * Tests of lib/provision/install.ts where something goes wrong in the middle: with real pip,
 * real kills and, where one can be mounted, a real small file system. The index is on loopback.
 *
 * ATTENTION_TRANSFER_FAULT_ROUNDS says how many kills there are of each kind.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { inFolder, namesIn } from "../../folders.ts";
import { childrenOf, isRunning } from "../../processes.ts";
import { long } from "../../long.ts";
import { type Fault, type FaultIndex, startIndex } from "./fault_index.ts";
import { killIfAlive, sleep, timeOf, until } from "./fault_processes.ts";
import { startInstall } from "./install_process.ts";
import { canMount, withSmallDisk } from "./small_disk.ts";

const rounds = Number(Deno.env.get("ATTENTION_TRANSFER_FAULT_ROUNDS") ?? 3);
const onLinux = Deno.build.os === "linux";

/** Starts an installation into `cache/library`. */
function start(
  { env, pin }: Pick<FaultIndex, "env" | "pin">,
  cache: string,
  cwd?: string,
): Deno.ChildProcess {
  return startInstall({
    name: "fake-library",
    folder: join(cache, "library"),
    digest: pin.sha256[0]!,
    env,
    ...(cwd !== undefined && { cwd }),
  });
}

async function outcome(child: Deno.ChildProcess): Promise<{ out: string; err: string }> {
  const { stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { out: decoder.decode(stdout).trim(), err: decoder.decode(stderr) };
}

async function runInstall(index: FaultIndex, cache: string): Promise<string> {
  return (await outcome(start(index, cache))).out;
}

/** Fails unless the next start of the program finds or makes the finished folder, and no more. */
async function assertRecovers(index: FaultIndex, cache: string): Promise<void> {
  index.faults = [{ kind: "none" }];
  assertMatch(await runInstall(index, cache), /^(installed|there)$/);
  assertWhole(index, cache);
  assertEquals(namesIn(cache), ["library", "libtensorflow.lock"]);
}

/** Fails unless the finished folder holds all that it should. */
function assertWhole({ libraries }: FaultIndex, cache: string): void {
  for (const [name, bytes] of Object.entries(libraries)) {
    const found = Deno.readFileSync(join(cache, "library", name));
    assert(found.every((byte, i) => byte === bytes[i]) && found.length === bytes.length, name);
  }
}

/** Fails unless it is one line that says what to do, with no damaged folder left. */
function assertRefused(out: string, cache: string, reason: RegExp): void {
  assertMatch(out, /^UserError: Cannot install fake-library: .*tfjs's backend "wasm"$/);
  assertMatch(out, reason);
  assertEquals(namesIn(cache).filter((name) => name !== "libtensorflow.lock"), []);
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

long.test("install() fetches anew where the connection breaks off", () =>
  inFolder(async (cache) => {
    await using index = await startIndex();
    for (const fault of [{ kind: "cut", after: 500_000 }, { kind: "stall", after: 9 }] as Fault[]) {
      index.faults = [fault, { kind: "none" }];
      index.downloads = 0;
      const folder = join(cache, fault.kind);
      assertEquals(await runInstall(index, folder), "installed");
      assertEquals(index.downloads, 2);
      assertWhole(index, folder);
    }
  }));

long.test("install() gets round what is damaged in pip's own cache", () =>
  inFolder(async (folder) => {
    await using index = await startIndex();
    index.faults = [{ kind: "forge" }, { kind: "none" }];
    const { PIP_NO_CACHE_DIR: _, ...env } = index.env;
    const caching = { PIP_CACHE_DIR: join(folder, "pip"), PIP_TRUSTED_HOST: "127.0.0.1" };
    const cache = join(folder, "cache");
    const { out, err } = await outcome(start({ ...index, env: { ...env, ...caching } }, cache));
    // The second try takes the wrong file from pip's cache.
    assertEquals([out, err.match(/trying again/g)?.length, index.downloads], ["installed", 2, 2]);
    assertWhole(index, cache);
  }));

long.test("install() says in a line that the network or the index fails, and the next start works", () =>
  inFolder(async (folder) => {
    await using index = await startIndex();
    const cases: [fault: Fault, reason: RegExp][] = [
      // Which of the two depends on the release of pip.
      [{ kind: "cut", after: 700_000 }, /not the whole of it|cannot reach/],
      [{ kind: "forge" }, /not the pinned one/],
      [{ kind: "stall", after: 700_000 }, /cannot reach/],
      [{ kind: "status", status: 404 }, /the package index does not give the pinned file/],
      [{ kind: "status", status: 503 }, /cannot reach/],
    ];
    for (const [i, [fault, reason]] of cases.entries()) {
      const cache = join(folder, String(i));
      index.faults = [fault];
      assertRefused(await runInstall(index, cache), cache, reason);
      if (i === 0) await assertRecovers(index, cache);
    }
  }));

long.test("install() fetches once for five processes at once, and one says that it waits", () =>
  inFolder(async (cache) => {
    await using index = await startIndex();
    index.faults = [{ kind: "pause", after: 9, milliseconds: 600 }];
    const all = await Promise.all([1, 2, 3, 4, 5].map(() => outcome(start(index, cache))));
    assertEquals(all.map(({ out }) => out).sort(), [
      "installed",
      "there",
      "there",
      "there",
      "there",
    ]);
    assertEquals(index.downloads, 1);
    assert(all.some(({ err }) => err.includes("Another process is installing into")));
    await assertRecovers(index, cache);
  }));

long.test({
  name: "install() goes on in another process where the one that fetches is killed",
  ignore: !onLinux,
  fn: () =>
    inFolder(async (cache) => {
      await using index = await startIndex();
      index.faults = [{ kind: "stall", after: 9 }, { kind: "none" }];
      const first = start(index, cache);
      await until(() => index.downloads === 1, "the first download");
      const second = outcome(start(index, cache));
      await sleep(700);
      first.kill("SIGKILL");
      await first.output();
      assertEquals((await second).out, "installed");
      assertWhole(index, cache);
      assertEquals(namesIn(cache), ["library", "libtensorflow.lock"]);
    }),
});

long.test({
  name: "install() leaves no process and no damage where it is killed at any moment",
  ignore: !onLinux,
  fn: () =>
    inFolder(async (folder) => {
      await using index = await startIndex();
      const duration = await timeOf(() => assertRecovers(index, join(folder, "undisturbed")));
      const cache = join(folder, "cache");
      for (let kills = 0; kills < rounds;) {
        const moment = Math.random() * duration;
        const child = start(index, cache);
        await sleep(moment);
        const children = childrenOf(child.pid);
        if (killIfAlive(child.pid)) kills++;
        await child.output();
        await until(() => !children.some(isRunning), `pip's end (killed after ${moment} ms)`);
        const library = join(cache, "library");
        if (isThere(library)) {
          // Of what it was prepared in, a little may be left.
          assertWhole(index, cache);
          assertEquals(await runInstall(index, cache), "there");
        } else {
          if (kills % 2 === 1) continue; // one more kill over what this one left
          await assertRecovers(index, cache);
        }
        await Deno.remove(library, { recursive: true });
      }
      await assertRecovers(index, cache);
    }),
});

long.test({
  name: "install() says in a line that pip was killed at any moment, and the next start works",
  ignore: !onLinux,
  fn: () =>
    inFolder(async (folder) => {
      await using index = await startIndex();
      for (let round = 0, kills = 0; kills < rounds; round++) {
        const cache = join(folder, String(round));
        // Slow enough for a kill while it fetches, which is where pip is most of the time.
        index.faults = [{ kind: "pause", after: 500_000, milliseconds: 500 }];
        const child = start(index, cache);
        const result = outcome(child);
        await until(() => childrenOf(child.pid).length > 0, "pip's start");
        await sleep(Math.random() * 1500);
        const killed = childrenOf(child.pid).filter(killIfAlive).length > 0;
        if (killed) kills++;
        const { out } = await result;
        if (out === "installed") assertWhole(index, cache);
        else assertRefused(out, cache, killed ? /SIGKILL/ : /nobody was killed/);
        await assertRecovers(index, cache);
      }
    }),
});

Deno.test("install() runs no Python code that lies in the current folder", () =>
  inFolder(async (folder) => {
    await using index = await startIndex();
    const mark = join(folder, "mark");
    for (const name of ["pip", "runpy", "zipfile", "threading", "re", "os"]) {
      const code = `open(${JSON.stringify(mark)}, "w").close()\n`;
      await Deno.writeTextFile(join(folder, `${name}.py`), code);
    }
    const cache = join(folder, "cache");
    assertEquals((await outcome(start(index, cache, folder))).out, "installed");
    assert(!namesIn(folder).includes("mark"));
  }));

long.test("install() says in a line that its folder was removed in the middle, and the next start works", () =>
  inFolder(async (folder) => {
    await using index = await startIndex();
    index.faults = [{ kind: "pause", after: 500_000, milliseconds: 1000 }];
    const cache = join(folder, "cache");
    const result = outcome(start(index, cache));
    await until(() => index.downloads === 1, "the download");
    await Deno.remove(cache, { recursive: true });
    const { out } = await result;
    assertMatch(out, /^UserError: Cannot install fake-library: .*run it again.*$/);
    await assertRecovers(index, cache);
  }));

long.test("install() fetches anew what was damaged later, and only that", () =>
  inFolder(async (cache) => {
    await using index = await startIndex();
    await assertRecovers(index, cache);
    const [large, manifest] = ["fake_library/large.so", "installed.json"]
      .map((file) => join(cache, "library", file)) as [string, string];
    const cases: [what: string, damage: () => Promise<void>, downloads: number][] = [
      ["cut short", () => Deno.truncate(large, 500_000), 1],
      ["made longer", () => Deno.writeTextFile(large, "more", { append: true }), 1],
      ["removed", () => Deno.remove(large), 1],
      ["the list of files cut short", () => Deno.truncate(manifest, 100), 1],
      ["only touched", () => Deno.utime(large, 1e9, 1e9), 0],
      ["nothing", () => Promise.resolve(), 0],
    ];
    for (const [what, damage, downloads] of cases) {
      await damage();
      index.downloads = 0;
      await assertRecovers(index, cache);
      assertEquals(index.downloads, downloads, what);
    }
  }));

const disk = { ignore: !await canMount() };

long.test({
  name:
    "install() says in a line that the disk is full, wherever that is, and goes on when it is not",
  ...disk,
  fn: async () => {
    await using index = await startIndex();
    // The wheel has 1.2 MB, and so has what is unpacked from it.
    for (const kilobytes of [8, 1000, 2100]) {
      await withSmallDisk(kilobytes, async (mount, { resize }) => {
        const cache = join(mount, "cache");
        const out = await runInstall(index, cache);
        assertMatch(out, /^UserError: Cannot install fake-library: the disk is full .*$/);
        assertEquals(namesIn(mount).length === 0 ? [] : namesIn(cache), ["libtensorflow.lock"]);
        await resize(8000);
        await assertRecovers(index, cache);
      });
    }
  },
});

Deno.test({
  name: "install() says in a line that the cache is read-only, and uses what is in it",
  ...disk,
  fn: async () => {
    await using index = await startIndex();
    await withSmallDisk(8000, async (mount, { readOnly }) => {
      await readOnly(true);
      const out = await runInstall(index, join(mount, "cache"));
      assertMatch(
        out,
        /^UserError: Cannot install fake-library: the cache folder cannot be written/,
      );
      await readOnly(false);
      await assertRecovers(index, join(mount, "cache"));
      await readOnly(true);
      assertEquals(await runInstall(index, join(mount, "cache")), "there");
    });
  },
});

long.test({
  name:
    "install() uses a copy that cannot be written and has other times, where its files are right",
  ...disk,
  fn: async () => {
    await using index = await startIndex();
    await withSmallDisk(8000, async (mount, { readOnly }) => {
      const cache = join(mount, "cache");
      await assertRecovers(index, cache);
      const names = Object.keys(index.libraries);
      for (const name of names) await Deno.utime(join(cache, "library", name), 1, 1);
      await readOnly(true);
      for (let start = 0; start < 2; start++) assertEquals(await runInstall(index, cache), "there");
      await readOnly(false);
      // One wrong byte, and it is not.
      const file = join(cache, "library", names[0]!);
      const bytes = await Deno.readFile(file);
      await Deno.writeFile(file, bytes.with(100, bytes[100]! ^ 1));
      await readOnly(true);
      const out = await runInstall(index, cache);
      assertMatch(
        out,
        /^UserError: Cannot install fake-library: the cache folder cannot be written/,
      );
    });
  },
});
