/**
 * All losses, networks and steps where a program has no more of tfjs than tfjs-core and a backend.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { inFolder } from "../folders.ts";
import { long } from "../long.ts";

const root = new URL("../../", import.meta.url);

long.test("losses, networks and steps need tfjs-core and a backend, and not the whole of tfjs", () =>
  inFolder(async (folder) => {
    const { imports } = JSON.parse(
      await Deno.readTextFile(new URL("deno.nojsr.json", root)),
    ) as { imports: Record<string, string> };
    // What the tests call tfjs is its plain JavaScript backend here, which registers no gradients.
    const backend = imports["@tensorflow/tfjs"]!.replace("/tfjs@", "/tfjs-backend-cpu@");
    const map = { ...imports, "@tensorflow/tfjs": backend };
    const whole = Object.entries(map).flatMap(([name, target]) => {
      if (target.startsWith("./")) return [[name, new URL(target, root).href]];
      return [[name, target], [`${name}/`, target.replace("npm:", "npm:/") + "/"]];
    });
    const file = join(folder, "imports.json");
    await Deno.writeTextFile(file, JSON.stringify({ imports: Object.fromEntries(whole) }));
    const test = fromFileUrl(new URL("wasm_test.ts", import.meta.url));
    const flags = ["--no-config", "--import-map", file, "--no-lock", "--no-check", "--allow-all"];
    // What is missing is missing at once: each loss, network and method is tried once.
    const once =
      "--filter=/PyTorch's|all of them|recipe|evaluation|labels|one's own|every op|directly|gate|skipped/";
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "--quiet", ...flags, once, test],
      env: { NO_COLOR: "1" },
    }).output();
    const out = new TextDecoder().decode(stdout);
    assertEquals(code, 0, out);
    const [, passed] = out.match(/^ok \| (\d+) passed/m) ?? [];
    assert(Number(passed) >= 19, out);
  }));
