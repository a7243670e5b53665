/**
 * Downloads libtensorflow into the cache for the launcher. Argument: `gpu` or `cpu`.
 *
 * @module
 */
import { provision } from "../../lib/provision/mod.ts";
import { runMain } from "../cli/main.ts";

await runMain(async ([build]) => {
  await provision({ gpu: build === "gpu" });
});
