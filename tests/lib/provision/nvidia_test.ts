/** Tests of lib/provision/nvidia.ts. @module */
import { assertEquals } from "@std/assert";
import { findNvidiaDriver } from "../../../lib/provision/nvidia.ts";

async function toolFindsDriver(): Promise<boolean> {
  try {
    return (await new Deno.Command("nvidia-smi", { args: ["-L"] }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

Deno.test({
  name: "findNvidiaDriver() agrees with the driver's own tool",
  ignore: Deno.build.os !== "linux",
  fn: async () => assertEquals(findNvidiaDriver(), await toolFindsDriver()),
});
