/** Tests of tasks/cli/engine.ts. @module */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { startEngine, startTensorFlow } from "../../../tasks/cli/engine.ts";

const auto = { engine: "auto", threads: 1, ngpu: undefined } as const;

Deno.test("startEngine() says in a line which engine computes, on which device", async () => {
  for (const [engine, backend] of [["auto", "tensorflow"], ["wasm"], ["cpu"], ["tensorflow"]]) {
    const lines: string[] = [];
    const options = { ...auto, engine: engine as "auto" };
    const description = await startEngine(options, (line) => lines.push(line));
    assertEquals(lines.at(-1), `engine: ${description}`);
    assertMatch(description, / on the (GPU|CPU)/);
    assertEquals(tf.getBackend(), backend ?? engine);
  }
});

Deno.test("startTensorFlow() says that a GPU that was asked for does not compute", async () => {
  const lines: string[] = [];
  const { description } = await startTensorFlow({ ...auto, ngpu: 2 }, (line) => lines.push(line));
  const onCpu = description.includes("on the CPU");
  assertEquals(lines.some((line) => line.includes("so the CPU computes")), onCpu, lines.join("\n"));
  assert(lines.includes("note: --ngpu 2: one process uses one GPU"));
});
