/**
 * All losses, networks and steps on tfjs's webgpu backend, and the tasks' way to start it.
 *
 * @module
 */
import { assertMatch, assertRejects } from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import { startEngine } from "../../tasks/cli/engine.ts";
import { testOn } from "./suite.ts";

await testOn("webgpu");

Deno.test("startEngine() starts WebGPU, or says that there is none", async () => {
  const options = { engine: "webgpu", threads: undefined, ngpu: undefined } as const;
  if (await navigator.gpu?.requestAdapter()) {
    assertMatch(await startEngine(options, () => {}), /on WebGPU$/);
  } else {
    await assertRejects(() => startEngine(options, () => {}), UserError, "use --engine wasm");
  }
});
