/**
 * Starts the programs behind the tasks: `launch.ts TASK ARGS...`. Only the launcher starts
 * programs, and only the download programs that it starts use the network. A task runs with just
 * the permissions that its command line needs.
 *
 * If JSR cannot be reached, programs run with `deno.nojsr.json`, which maps JSR modules to small
 * adapters. The launcher itself always uses it and needs no package. Programs run in the user's
 * current folder, not in the repository.
 *
 * @module
 */
import { ignoresHangup } from "./cli/hangup.ts";

// Check before the slow imports, and only for tasks that may run long.
const start = {
  ignoresHangup: Deno.args[0] !== "doctor" && ignoresHangup(),
  parent: Deno.ppid,
};
// A computed path, so that Deno does not load the module up front.
const path = new URL("./launch/main.ts", import.meta.url).href;
const { launch }: typeof import("./launch/main.ts") = await import(path);
await launch(start);
