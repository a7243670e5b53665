/**
 * Each entry point of the package imports exactly the packages that ARCHITECTURE.md lists, and
 * README's example runs as written.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";

const root = new URL("../", import.meta.url);
const config = fromFileUrl(new URL("deno.nojsr.json", root));
const { exports } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root))) as {
  exports: Record<string, string>;
};

interface Info {
  modules: { kind?: string; npmPackage?: string }[];
  npmPackages: Record<string, { name: string; dependencies: string[] }>;
}

async function deno(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** The packages that a module imports, and their number with all dependencies. */
async function packagesOf(path: string): Promise<{ named: string[]; count: number }> {
  const text = await deno("info", "--json", "--no-lock", "--config", config, path);
  const { modules, npmPackages } = JSON.parse(text) as Info;
  const named = new Set(modules.flatMap(({ npmPackage }) => npmPackage ?? []));
  const all = new Set(named);
  for (const id of all) npmPackages[id]!.dependencies.forEach((other) => all.add(other));
  return { named: [...named].map((id) => npmPackages[id]!.name).sort(), count: all.size };
}

Deno.test("each door pulls in the packages that ARCHITECTURE.md says", async () => {
  const document = Deno.readTextFileSync(new URL("ARCHITECTURE.md", root));
  const rows = [
    ...document.matchAll(/^\| `(\.[/\w]*)` +\|[^|]*\| (\d+) +\| \d+ +\| ([^|]*?) +\|$/gm),
  ];
  const stated = rows.map(([, door, count, names]) =>
    [door!, { named: names!.replaceAll("`", "").split(", "), count: Number(count) }] as const
  );
  const actual = Object.entries(exports).map(async ([door, path]) =>
    [door, await packagesOf(path)] as const
  );
  assertEquals(Object.fromEntries(stated), Object.fromEntries(await Promise.all(actual)));
});

Deno.test("losses, models, methods and training steps need no TensorFlow, and few packages", async () => {
  for (const door of ["./losses", "./models", "./methods", "./train"]) {
    const { named, count } = await packagesOf(exports[door]!);
    assert(count <= 15, `${door} brings ${count} packages`);
    assert(!named.includes("@tensorflow/tfjs-node-gpu"), door);
  }
});

Deno.test("README's example of the library runs as it is written", async () => {
  const page = Deno.readTextFileSync(new URL("README.md", root));
  const [, example] = page.match(/```ts\n([^]*?)```/)!;
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const mod = new URL("mod.ts", root).href;
    await Deno.writeTextFile(file, example!.replace('"@attention-transfer/core"', `"${mod}"`));
    const out = await deno(
      "run",
      "-A",
      "--check",
      "--quiet",
      "--no-lock",
      "--config",
      config,
      file,
    );
    assertMatch(out, /^step 1: loss \d+\.\d+$/m);
  } finally {
    await Deno.remove(file);
  }
});
