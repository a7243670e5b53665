/**
 * Each entry point of the package brings exactly the packages and megabytes that ARCHITECTURE.md lists,
 * and needs nothing of Deno when it is imported. README's example runs as written.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { long } from "./long.ts";

const root = new URL("../", import.meta.url);
const config = fromFileUrl(new URL("deno.nojsr.json", root));
const { exports } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root))) as {
  exports: Record<string, string>;
};

interface Info {
  modules: {
    specifier: string;
    dependencies?: { specifier: string; code?: { specifier?: string }; isDynamic?: boolean }[];
    npmPackage?: string;
  }[];
  redirects: Record<string, string>;
  npmPackages: Record<string, { name: string; dependencies: string[]; localPath: string }>;
}

async function deno(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: root,
    env: { NO_COLOR: "1", ...env },
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

let info: Promise<Info> | undefined;

/** What `deno info` says about all doors and what they import; it is asked once. */
function infoOfDoors(): Promise<Info> {
  const ask = async () => {
    const entry = await Deno.makeTempFile({ suffix: ".ts" });
    try {
      const doors = Object.values(exports).map((path) => new URL(path, root).href);
      await Deno.writeTextFile(entry, doors.map((door) => `import "${door}";`).join("\n"));
      return JSON.parse(await deno(["info", "--json", "--no-lock", "--config", config, entry]));
    } finally {
      await Deno.remove(entry);
    }
  };
  return info ??= ask();
}

/**
 * The specifiers of what Deno loads for a module: Deno downloads what a dynamic import names too, but
 * not what only has types.
 */
function reached(
  { modules, redirects }: Info,
  path: string,
  { dynamic }: { dynamic: boolean },
): Set<string> {
  const known = new Map(modules.map((module) => [module.specifier, module]));
  const all = new Set([new URL(path, root).href]);
  for (const one of all) {
    for (const { code, isDynamic } of known.get(one)?.dependencies ?? []) {
      if (code?.specifier === undefined || isDynamic && !dynamic) continue;
      all.add(redirects[code.specifier] ?? code.specifier);
    }
  }
  return all;
}

/** The packages that a module imports, and with all their dependencies, as `name@version`. */
async function packagesOf(path: string): Promise<{ named: string[]; all: string[] }> {
  const info = await infoOfDoors();
  const specifiers = reached(info, path, { dynamic: true });
  const ids = new Set(
    info.modules.filter(({ specifier }) => specifiers.has(specifier))
      .flatMap(({ npmPackage }) => npmPackage ?? []),
  );
  const named = [...ids].map((id) => info.npmPackages[id]!.name).sort();
  for (const id of ids) info.npmPackages[id]!.dependencies.forEach((other) => ids.add(other));
  return { named, all: [...ids] };
}

/** The rows of ARCHITECTURE.md's table of doors. */
function statedDoors(): { door: string; count: number; megabytes: number; named: string[] }[] {
  const document = Deno.readTextFileSync(new URL("ARCHITECTURE.md", root));
  const rows = document.matchAll(/^\| `(\.[/\w]*)` +\|[^|]*\| (\d+) +\| (\d+) +\| ([^|]*?) +\|$/gm);
  return [...rows].map(([, door, count, megabytes, names]) => ({
    door: door as string,
    count: Number(count),
    megabytes: Number(megabytes),
    named: names!.replaceAll("`", "").split(", "),
  }));
}

Deno.test("each door pulls in the packages that ARCHITECTURE.md says", async () => {
  const stated = statedDoors().map(({ door, named, count }) => [door, { named, count }] as const);
  const actual = Object.entries(exports).map(async ([door, path]) => {
    const { named, all } = await packagesOf(path);
    return [door, { named, count: all.length }] as const;
  });
  assertEquals(Object.fromEntries(stated), Object.fromEntries(await Promise.all(actual)));
});

Deno.test("losses, models, methods and training steps need no TensorFlow, and few packages", async () => {
  for (const door of ["./losses", "./models", "./methods", "./train"]) {
    const { named, all } = await packagesOf(exports[door]!);
    assert(all.length <= 15, `${door} brings ${all.length} packages`);
    assert(!named.includes("@tensorflow/tfjs-node-gpu"), door);
  }
});

Deno.test("the door of TensorFlow alone brings tfjs-node", async () => {
  for (const [door, path] of Object.entries(exports)) {
    const { named } = await packagesOf(path);
    assertEquals(named.includes("@tensorflow/tfjs-node-gpu"), door === "./engine", door);
  }
});

Deno.test("no door needs Deno or a module of Node when it is imported", async () => {
  for (const [door, path] of Object.entries(exports)) {
    const info = await infoOfDoors();
    const builtIn = [...reached(info, path, { dynamic: false })].filter((it) => /^node:/.test(it));
    assertEquals(builtIn, [], door);
  }
  const doors = Object.values(exports).map((path) => new URL(path, root).href);
  // First the packages that are CommonJS: Deno needs itself to load what is written for Node.
  const packages = ["@tensorflow/tfjs-core", "protobufjs", "saxes"];
  const program = `${packages.map((name) => `import "${name}";`).join("\n")}
    const print = console.log;
    for (const name of ["Deno", "process", "Buffer"]) delete globalThis[name];
    for (const door of ${JSON.stringify(doors)}) print(Object.keys(await import(door)).length);`;
  const file = await Deno.makeTempFile({ suffix: ".js" });
  try {
    await Deno.writeTextFile(file, program);
    const out = await deno(["run", "-A", "--quiet", "--no-lock", "--config", config, file]);
    assertEquals(out.trim().split("\n").length, doors.length);
    assert(out.trim().split("\n").every((count) => Number(count) > 0), out);
  } finally {
    await Deno.remove(file);
  }
});

/** The sources that are published: what deno.json includes and does not exclude. */
function publishedSources(): string[] {
  const { publish: { include, exclude } } = JSON.parse(
    Deno.readTextFileSync(new URL("deno.json", root)),
  ) as { publish: { include: string[]; exclude: string[] } };
  const below = (path: string): string[] => {
    if (exclude.includes(path)) return [];
    if (/\.\w+$/.test(path) || path === "LICENSE") return [path];
    return [...Deno.readDirSync(new URL(path, root))].flatMap(({ name }) =>
      below(`${path}/${name}`)
    );
  };
  return include.flatMap(below).sort();
}

Deno.test("what is published is what a door reaches, and four files for people", async () => {
  const { modules } = await infoOfDoors();
  const own = modules.map(({ specifier }) => specifier)
    .filter((specifier) => specifier.startsWith(root.href))
    .map((specifier) => specifier.slice(root.href.length))
    .filter((path) => !path.startsWith("std_adapters/")); // published as @std/path
  const others = ["deno.json", "README.md", "CHANGELOG.md", "LICENSE"];
  assertEquals(publishedSources(), [...new Set([...own, ...others])].sort());
});

Deno.test("no published source has what Node 20 cannot read", async () => {
  const info = await infoOfDoors();
  const sources = info.modules.filter(({ specifier }) => specifier.startsWith(root.href));
  assert(sources.length > 100);
  for (const { specifier } of sources) {
    const text = await Deno.readTextFile(new URL(specifier));
    assert(!/^\s*(await )?using \w+ =/m.test(text), `${specifier} uses "using"`);
  }
});

/** The bytes of all files in a folder. */
async function sizeOf(folder: string): Promise<number> {
  let size = 0;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    size += isDirectory ? await sizeOf(path) : (await Deno.lstat(path)).size;
  }
  return size;
}

/** The megabytes that Deno downloads from npm for a program that imports a door, into an empty cache. */
async function downloadOf(path: string): Promise<number> {
  const folder = await Deno.makeTempDir();
  try {
    const env = { DENO_DIR: join(folder, "cache") };
    await deno(["run", "-A", "--quiet", "--no-lock", "--config", config, path], env);
    return await sizeOf(join(folder, "cache", "npm")) / 1e6;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

long.test("each door brings the megabytes that ARCHITECTURE.md says", async () => {
  // Dependencies of dependencies change by a little.
  const isClose = (actual: number, stated: number) =>
    Math.abs(actual - stated) <= Math.max(1.5, 0.05 * stated);
  for (const { door, megabytes } of statedDoors()) {
    const { npmPackages } = await infoOfDoors();
    const { all } = await packagesOf(exports[door]!);
    const sizes = await Promise.all(all.map((id) => sizeOf(npmPackages[id]!.localPath)));
    const actual = sizes.reduce((sum, size) => sum + size) / 1e6;
    assert(isClose(actual, megabytes), `${door}: ${actual} MB, not ${megabytes}`);
    if (["./losses", "./models"].includes(door)) assert(actual <= 50, `${door}: ${actual} MB`);
  }
  const { megabytes } = statedDoors().find(({ door }) => door === "./losses")!;
  const downloaded = await downloadOf(exports["./losses"]!);
  assert(isClose(downloaded, megabytes), `${downloaded} MB downloaded, not ${megabytes}`);
});

Deno.test("README's example of the library runs as it is written", async () => {
  const page = Deno.readTextFileSync(new URL("README.md", root));
  const [, example] = page.match(/```ts\n([^]*?)```/)!;
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const mod = new URL("mod.ts", root).href;
    await Deno.writeTextFile(file, example!.replace('"@attention-transfer/core"', `"${mod}"`));
    // guides_test.ts checks its types, together with those of the guides.
    const flags = ["-A", "--quiet", "--no-lock", "--config", config];
    const out = await deno(["run", ...flags, file]);
    assertMatch(out, /^step 1: loss \d+\.\d+$/m);
  } finally {
    await Deno.remove(file);
  }
});
