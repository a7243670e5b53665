/**
 * The examples in the doc comments run as they are written. They share a process: Deno's own tests of
 * them would load tfjs anew for each of a hundred.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals } from "@std/assert";
import { fromFileUrl, join, relative, toFileUrl } from "@std/path";
import { useTensorFlow } from "../lib/backend/use_tensorflow.ts";
import { docExamples, needsOwnProcess } from "../tasks/launch/doc_examples.ts";
import { docSources } from "../tasks/launch/test_groups.ts";
import { inFolder } from "./folders.ts";

await useTensorFlow();

const root = fromFileUrl(new URL("../", import.meta.url));
const { name: own, exports } = JSON.parse(Deno.readTextFileSync(join(root, "deno.json"))) as {
  name: string;
  exports: Record<string, string>;
};

/** A program with the package's doors as files, for it lies in another folder. */
function withDoors(code: string): string {
  return Object.entries(exports).reduce(
    (text, [door, path]) =>
      text.replaceAll(`"${own}${door.slice(1)}"`, `"${toFileUrl(join(root, path)).href}"`),
    code,
  );
}

/** Gives the program the backend that it would have alone, or none. */
async function alone(code: string, run: () => Promise<void>): Promise<void> {
  const engine = tf.engine();
  const { backendName, registryFactory } = engine;
  const computes = /"@tensorflow\/tfjs"|\buseTensorFlow\(/.test(code);
  if (computes) tf.setBackend(code.includes("useTensorFlow(") ? "tensorflow" : "cpu");
  else Object.assign(engine, { registryFactory: {}, backendName: null, backendInstance: null });
  try {
    await run();
  } finally {
    Object.assign(engine, { registryFactory });
    tf.setBackend(backendName);
  }
}

for (const path of docSources(root).together) {
  for (const { line, code } of docExamples(Deno.readTextFileSync(path))) {
    const name = `${relative(root, path)}:${line}`;
    Deno.test(`the example at ${name} runs as it is written`, () =>
      inFolder(async (folder) => {
        const file = join(folder, `${name.replaceAll(/[/:]/g, "_")}.ts`);
        await Deno.writeTextFile(file, withDoors(code));
        await alone(code, () => import(toFileUrl(file).href));
      }));
  }
}

Deno.test("an example that computes without a backend fails here too", async () => {
  let message = "";
  await alone("", async () => {
    message = await Promise.resolve().then(() => tf.ones([1]).add(1).dataSync())
      .then(() => "", (error) => error.message);
  });
  assertEquals(message, "No backend found in registry.");
});

Deno.test("each example of the sources is run here, or in a process of its own", () => {
  const { together, apart } = docSources(root);
  const examples = [...together, ...apart].flatMap((path) => {
    const text = Deno.readTextFileSync(path);
    assertEquals(docExamples(text).length, text.match(/^ *\* ```ts\b/gm)?.length ?? 0, path);
    return docExamples(text);
  });
  assertEquals(examples.length > 90, true, `${examples.length} examples`);
  for (const path of together) {
    assertEquals(docExamples(Deno.readTextFileSync(path)).some(needsOwnProcess), false, path);
  }
});
