/**
 * All losses on tfjs's webgl backend, which only browsers have, on a graphics card in software. With
 * ATTENTION_TRANSFER_WEBGL=all in the environment, networks and steps too: they take it minutes.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { serveFiles } from "../../tasks/demo/serve.ts";
import { browserTest, open, waitFor } from "../browser.ts";
import { namesIn } from "../folders.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));
const fixtures = join(root, "tests", "fixtures");

/** The local stand-in for `@std/assert` imports this module of Node. */
const nodeAssert = `
  const text = (value) => JSON.stringify(value, (_, x) => typeof x === "number" ? String(x) : x);
  const ok = (condition, message) => { if (!condition) throw new Error(message ?? "not true"); };
  const deepStrictEqual = (a, b, message = "") =>
    ok(text(a) === text(b), message + ": " + text(a) + " is not " + text(b));
  export default { ok, deepStrictEqual, AssertionError: Error };`;
const page = `<!doctype html>
  <script type="importmap">{ "imports": { "node:assert/strict": "./assert.js" } }</script>
  <script type="module" src="page.js"></script>`;

const all = Deno.env.get("ATTENTION_TRANSFER_WEBGL") === "all";

browserTest(
  `losses${all ? ", networks and steps" : ""} are as on other backends (webgl)`,
  async (browser, folder) => {
    const program = join(folder, "page.js");
    const flags = ["--config", "deno.nojsr.json", "--no-lock", "--platform", "browser"];
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["bundle", ...flags, "--output", program, "tests/any_backend/page.ts"],
      cwd: root,
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    const encoder = new TextEncoder();
    await using server = serveFiles(
      new Map([
        ["index.html", encoder.encode(page)],
        ["assert.js", encoder.encode(nodeAssert)],
        ["page.js", await Deno.readFile(program)],
        ...namesIn(fixtures).filter((name) => name.endsWith(".safetensors")).map((name) =>
          [`fixtures/${name}`, Deno.readFileSync(join(fixtures, name))] as const
        ),
      ]),
      0,
    );
    const faults: string[] = [];
    const opened = await open(browser, `${server.address}${all ? "" : "?part=loss"}`, faults);
    await waitFor(opened, "globalThis.ended", 1500).catch((error) => {
      throw new Error(`${error}: ${faults.join("; ")}`);
    });
    const ended = await opened.evaluate("ended") as string[];
    assertEquals(ended.filter((line) => line.includes(" failed: ")), []);
    assert(ended.length >= (all ? 30 : 3) && ended.every((line) => line.endsWith("(webgl)")));
  },
  ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
);
