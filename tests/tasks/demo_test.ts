/** Tests of `deno task demo` as a user runs it. @module */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { loadNetwork } from "../../lib/networks/network.ts";
import { serveTask, taskRunner } from "./command.ts";
import { saveWideResNet } from "./demo/networks.ts";
import { inFolder, namesIn } from "../folders.ts";
import { long } from "../long.ts";

tf.setBackend("cpu");

const { refuse, succeed } = taskRunner("demo");
const images = Array.from({ length: 8 }, (_, i) => `image-${i}.png`);

long.test("deno task demo writes a folder of at most 1.5 MB beside the weights", () =>
  inFolder(async (cwd) => {
    await Deno.mkdir(join(cwd, "logs/run"), { recursive: true });
    await saveWideResNet(join(cwd, "logs/run"), { name: "model.safetensors" });
    const { out } = await succeed(cwd, "run");
    assertMatch(out, /^wrote demo: [\d.]+ MB of weights and 1\.[0-4]\d MB of everything else; /);
    const folder = join(cwd, "demo");
    assertEquals(namesIn(folder), [
      ...["demo.css", "demo.js", ...images, "index.html"],
      ...["model.safetensors", "tfjs-backend-wasm-simd.wasm"],
    ]);
    const sizes = namesIn(folder).filter((name) => !name.startsWith("model"))
      .map((name) => Deno.statSync(join(folder, name)).size);
    assert(sizes.reduce((a, b) => a + b, 0) < 1.5e6);
    const program = await Deno.readTextFile(join(folder, "demo.js"));
    for (const stranger of [/\bDeno\./, /["']node:/, /\bimport\(/, /^import\b/]) {
      assertEquals(program.match(stranger), null);
    }
    // Other tasks can use the weights.
    const network = await loadNetwork(join(folder, "model.safetensors"));
    assertEquals(network.name, "WRN-10-0.25 with SGE in 4 groups");
    assertEquals([network.sge?.normalize, network.normalization], [false, "paper"]);
  }));

long.test("deno task demo refuses in a line what it cannot show, and writes nothing", () =>
  inFolder(async (cwd) => {
    await refuse(
      cwd,
      1,
      /^error: Cannot show none: there is no .*; name a run folder or a/,
      "none",
    );
    await Deno.writeTextFile(join(cwd, "bad.safetensors"), "not at all");
    await refuse(cwd, 1, /^error: Cannot .*bad\.safetensors/, "bad.safetensors");
    await saveWideResNet(cwd);
    await Deno.writeTextFile(join(cwd, "names"), "one\ntwo\n");
    const named = ["wide.safetensors", "--classes", "names"];
    await refuse(cwd, 1, /^error: Cannot name the classes of .*: it has 10, and/, ...named);
    await refuse(
      cwd,
      1,
      /^error: Cannot write the page into \.: it holds /,
      ...named,
      "--out",
      ".",
    );
    assertEquals(namesIn(cwd), ["bad.safetensors", "names", "wide.safetensors"]);
  }));

long.test("deno task demo --serve serves until Ctrl-C, and writes nothing", () =>
  inFolder(async (cwd) => {
    await saveWideResNet(cwd);
    {
      const args = ["wide.safetensors", "--serve", "--port", "0"];
      await using server = await serveTask(cwd, "demo", ...args);
      const form = /^the page is at (http:\S+) \(Ctrl-C ends it\)\n$/;
      const [, address] = server.line.match(form) ?? [];
      const page = await fetch(`${address}`);
      assertMatch(await page.text(), /<title>Where a network looks<\/title>/);
    }
    assertEquals(namesIn(cwd), ["wide.safetensors"]);
  }));
