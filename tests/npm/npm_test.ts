/**
 * The package for npm, in a project outside the repository: installed, compiled strictly, and run by
 * Node, Bun and a browser with the results of Deno.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { basename, fromFileUrl, join } from "@std/path";
import { browserPath, open, startBrowser, waitFor } from "../browser.ts";
import { inFolder, namesIn } from "../folders.ts";
import { long } from "../long.ts";
import { assertClose, type Values } from "../parity.ts";
import { runProgram } from "../processes.ts";
import { taskRunner } from "../tasks/command.ts";
import { serveFiles } from "../../tasks/demo/serve.ts";
import type { Results } from "./train.ts";

const root = new URL("../../", import.meta.url);
const { exports, imports } = JSON.parse(
  Deno.readTextFileSync(new URL("deno.json", root)),
) as Record<"exports" | "imports", Record<string, string>>;
const fixtures = ["checkpoint.pth", "checkpoint_legacy.pth", "checkpoint.safetensors"]
  .map((name) => fromFileUrl(new URL(`tests/fixtures/pytorch/${name}`, root)));

/** What refusals.mjs prints. */
interface Refusals {
  names: Record<string, number>;
  refusals: Record<string, { kind: string; code: string; message: string }>;
}

/** Runs a program in a folder, and returns what it prints. */
async function run(cwd: string, command: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, { args, cwd }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assertEquals(code, 0, `${command} ${args.join(" ")}: ${out}${err}`);
  return out as string;
}

function lastLine<T>(output: string): T {
  return JSON.parse(output.trim().split("\n").at(-1) as string);
}

/** The results as one list of numbers. */
function numbersOf({ losses, map, crossEntropy, read }: Results): Values {
  const data = [...losses, ...map.shape, map.norm, crossEntropy, ...Object.values(read)];
  return { shape: [data.length], data: Float32Array.from(data) };
}

/** Makes the package over an earlier one. */
async function makePackage(project: string): Promise<void> {
  const folder = join(project, "package");
  await Deno.mkdir(folder);
  const manifest = '{ "name": "@attention-transfer/core" }';
  for (const [name, text] of [["package.json", manifest], ["old.js", "old();"]] as const) {
    await Deno.writeTextFile(join(folder, name), text);
  }
  const { out } = await taskRunner("npm").succeed(project, "--out", "package");
  assertMatch(out, /^@attention-transfer\/core \d.* files in .*package; npm pack .*\n$/);
  assertEquals(namesIn(project), ["package"]);
  assertEquals(namesIn(folder), [
    ...["CHANGELOG.md", "LICENSE", "README.md", "lib", "mod.d.ts", "mod.js", "models"],
    ...["package.json", "std_adapters"],
  ]);
  const mod = await Deno.readTextFile(join(folder, "lib", "losses", "mod.js"));
  assertMatch(mod, /from "\.\/attention\.js"/);
}

/** Makes the package, and installs it in a new project with what a user needs besides. */
async function installIn(project: string): Promise<void> {
  await makePackage(project);
  await run(project, "npm", "pack", "--silent", "./package");
  await Deno.remove(join(project, "package"), { recursive: true });
  const [file] = namesIn(project);
  const manifest = { name: "project", private: true, type: "module" };
  await Deno.writeTextFile(join(project, "package.json"), JSON.stringify(manifest));
  const named = ["@tensorflow/tfjs-core", "@tensorflow/tfjs-backend-wasm"]
    .map((name) => imports[name]!.replace("npm:", ""));
  const flags = ["--silent", "--no-audit", "--no-fund"];
  const tools = ["typescript@5.9.3", "@types/node@20", "bun@1.3.3", "esbuild@0.25.12"];
  await run(project, "npm", "install", ...flags, `./${file}`, ...named, ...tools);
}

async function checkUse(project: string): Promise<void> {
  for (const name of ["train.ts", "use.ts", "page.ts"]) {
    await Deno.copyFile(new URL(name, import.meta.url), join(project, name));
  }
  const tsc = (...flags: string[]) =>
    run(
      project,
      join("node_modules", ".bin", "tsc"),
      "--strict",
      "--target",
      "es2022",
      "--rewriteRelativeImportExtensions",
      ...flags,
    );
  const programs = ["use.ts", "page.ts"];
  await tsc("--module", "esnext", "--moduleResolution", "bundler", "--noEmit", ...programs);
  const strictest = ["--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess"];
  await tsc("--module", "nodenext", "--outDir", "out", ...strictest, "use.ts");
  const { code, out, err } = await runProgram(new URL("use.ts", import.meta.url), fixtures);
  assertEquals(code, 0, err);
  const expected = lastLine<Results>(out);
  assert(expected.losses.every((loss) => loss > 0) && expected.losses[0] !== expected.losses[1]);
  assertEquals(Object.keys(expected.read).length, 3);
  const outputs = {
    node: await run(project, "node", join("out", "use.js"), ...fixtures),
    bun: await run(project, join("node_modules", ".bin", "bun"), "use.ts", ...fixtures),
  };
  const results = Object.entries(outputs).map(([runtime, output]) =>
    [runtime, lastLine<Results>(output)] as const
  );
  const inBrowser = browserPath === undefined
    ? []
    : [["browser", await seeInBrowser(project)]] as const;
  for (const [runtime, result] of [...results, ...inBrowser]) {
    const actual = numbersOf(result);
    assertClose(actual, numbersOf(expected), { rtol: 1e-4, atol: 1e-4 }, runtime);
  }
}

/** What page.ts shows, put together by esbuild from the installed package. */
async function seeInBrowser(project: string): Promise<Results> {
  const esbuild = join("node_modules", ".bin", "esbuild");
  const folder = join(project, "public");
  const flags = ["--bundle", "--format=esm", "--target=es2022", "--minify"];
  await run(project, esbuild, "page.ts", ...flags, "--outfile=public/page.js");
  const wasm = "node_modules/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm";
  for (const file of [join(project, wasm), ...fixtures]) {
    await Deno.copyFile(file, join(folder, basename(file)));
  }
  const names = namesIn(folder);
  const page = '<!doctype html><body></body><script type="module" src="page.js"></script>';
  await using server = serveFiles(
    new Map([
      ["index.html", new TextEncoder().encode(page)],
      ...names.map((name) => [name, Deno.readFileSync(join(folder, name))] as const),
    ]),
    0,
  );
  const browser = await startBrowser([]);
  try {
    const faults: string[] = [];
    const query = fixtures.map((file) => `file=${basename(file)}`).join("&");
    const page = await open(browser, `${server.address}?${query}`, faults);
    await waitFor(page, "document.body.textContent.startsWith('{')").catch((error) => {
      throw new Error(`${error}: ${faults.join("; ")}`);
    });
    return JSON.parse(await page.evaluate("document.body.textContent") as string);
  } finally {
    await browser.close();
  }
}

async function checkRefusals(project: string): Promise<void> {
  await Deno.copyFile(new URL("refusals.mjs", import.meta.url), join(project, "refusals.mjs"));
  const doors = Object.keys(exports).map((door) => "@attention-transfer/core" + door.slice(1));
  for (const runtime of ["node", join("node_modules", ".bin", "bun")]) {
    const { names, refusals } = lastLine<Refusals>(
      await run(project, runtime, "refusals.mjs", ...doors),
    );
    for (const door of doors) assert(names[door]! > 0, door);
    assertEquals(Object.keys(refusals).length, 7);
    for (const [name, { kind, code, message }] of Object.entries(refusals)) {
      assertEquals([kind, code], ["UserError", "not-supported"], `${runtime}: ${name}: ${message}`);
      assert(/this works in Deno only; \w/.test(message), message);
    }
  }
}

long.test("the package for npm is small, has strict types, and computes the same on Node, Bun and in a browser", () =>
  inFolder(async (project) => {
    await installIn(project);
    const core = join(project, "node_modules", "@tensorflow");
    assertEquals(namesIn(core), ["tfjs-backend-cpu", "tfjs-backend-wasm", "tfjs-core"]);
    await checkUse(project);
    await checkRefusals(project);
  }));
