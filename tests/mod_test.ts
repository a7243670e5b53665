/**
 * Importing the package needs no permission, prints nothing, and registers no backend.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import * as engine from "../lib/backend/mod.ts";
import { tfjsNode } from "../lib/backend/tfjs_node.ts";
import * as whole from "../mod.ts";

const configName = import.meta.resolve("@std/assert").startsWith("jsr:")
  ? "deno.json"
  : "deno.nojsr.json";
const config = fromFileUrl(new URL(`../${configName}`, import.meta.url));
const mod = JSON.stringify(import.meta.resolve("../mod.ts"));

/** The output of a program that runs in its own process without permissions. */
async function outputOf(program: string): Promise<string> {
  const script = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(script, program);
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-prompt", "--config", config, script],
      env: { NO_COLOR: "1" },
    }).output();
    return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  } finally {
    await Deno.remove(script);
  }
}

Deno.test("the door of the engine has the functions of the whole, and names tfjs-node", () => {
  const { jit, useTensorFlow, inPrecision } = whole;
  assertEquals({ ...engine }, { jit, useTensorFlow, inPrecision });
  const config = JSON.parse(Deno.readTextFileSync(new URL("../deno.json", import.meta.url)));
  assertEquals(tfjsNode, config.imports["@tensorflow/tfjs-node-gpu"]);
});

Deno.test("mod.ts can be imported without any permission, and says nothing", async () => {
  assertEquals(await outputOf(`import ${mod};`), "");
});

Deno.test("mod.ts leaves tfjs without a backend", async () => {
  const program = `
    import * as core from ${mod};
    import * as tf from "@tensorflow/tfjs-core";
    const { registryFactory, backendName } = tf.engine();
    console.log(typeof core.wideResNet, Object.keys(registryFactory).length, backendName);
  `;
  assertEquals(await outputOf(program), "function 0 undefined\n");
});

Deno.test("mod.ts gives models and losses that run on the importer's backend", async () => {
  const program = `
    import * as tf from "@tensorflow/tfjs";
    import { attentionTransferLoss, wideResNet } from ${mod};
    tf.env().set("IS_NODE", false); // silences its advice to install tfjs-node
    const { f, init } = wideResNet({ depth: 10, width: 0.25, numClasses: 10 });
    const { groups } = f(tf.zeros([1, 8, 8, 3]), init(0), "eval");
    console.log(tf.getBackend(), attentionTransferLoss(groups, groups).dataSync()[0]);
  `;
  assertEquals(await outputOf(program), "cpu 0\n");
});
