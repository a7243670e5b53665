/**
 * Tests of the trained networks that come with the repository.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { sha256 } from "../../../lib/files.ts";
import { loadNetwork, placeOf } from "../../../lib/networks/network.ts";
import { pretrainedFolder, pretrainedNetworks } from "../../../lib/networks/pretrained.ts";
import { inFolder } from "../../folders.ts";
import { long } from "../../long.ts";
import { taskRunner } from "../../tasks/command.ts";

await tf.setBackend("cpu");

const { succeed } = taskRunner("cifar");

Deno.test("pretrainedNetworks() lists folders by name, with the titles of their cards", () =>
  inFolder(async (cwd) => {
    assertEquals(await pretrainedNetworks(join(cwd, "none")), []);
    for (const name of ["b", "a"]) {
      await Deno.mkdir(join(cwd, name));
      await Deno.writeTextFile(join(cwd, name, "README.md"), `# Network ${name}\n\ntext\n`);
    }
    assertEquals(await pretrainedNetworks(cwd), [
      { name: "a", title: "Network a" },
      { name: "b", title: "Network b" },
    ]);
  }));

Deno.test("each network in pretrained/ is the one that its card describes, and is found by its name", async () => {
  const networks = await pretrainedNetworks();
  assert(networks.length > 0);
  for (const { name, title } of networks) {
    const { path } = await placeOf(name);
    assertEquals(path, join(pretrainedFolder, name, "model.safetensors"));
    const card = await Deno.readTextFile(join(pretrainedFolder, name, "README.md"));
    const bytes = await Deno.readFile(path);
    assertStringIncludes(card, await sha256(bytes));
    assertStringIncludes(card, `${bytes.length} bytes`);
    const { name: kind, params, normalization } = await loadNetwork(path, bytes);
    assertStringIncludes(title, `${kind} on CIFAR10, `);
    assertEquals(normalization, "paper");
    tf.dispose(params);
  }
});

long.test("deno task cifar lists and evaluates the networks in pretrained/ by name", () =>
  inFolder(async (cwd) => {
    const { out } = await succeed(cwd, "--list-pretrained");
    const networks = await pretrainedNetworks();
    assertEquals(out, networks.map(({ name, title }) => `${name}: ${title}\n`).join(""));
    for (const { name, title } of networks) {
      const [, accuracy] = title.match(/, ([\d.]+)% of the test images right$/)!;
      const params = join(pretrainedFolder, name);
      const sample = ["--dataset", "CIFAR10-sample", "--evaluate", "--params", params];
      const { out } = await succeed(cwd, ...sample);
      assertMatch(out, /^json_stats: /);
      const { test_acc } = JSON.parse(out.slice("json_stats: ".length));
      // 500 of the 10,000 test images: three standard errors.
      assert(Math.abs(test_acc - Number(accuracy)) < 5, `${name}: ${test_acc}`);
    }
  }));
