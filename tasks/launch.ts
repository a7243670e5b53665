/**
 * Starts the programs behind the tasks, as `launch.ts TASK ARGS...`. Only this part starts programs,
 * and only those that it starts to fetch something reach the network; a task then runs with the
 * permissions that its command line needs, and no more.
 *
 * Where JSR cannot be reached, programs run with `deno.nojsr.json`, which maps the modules from JSR
 * onto small adapters; this one always does, and needs no package. Programs run where the user
 * stands, not where the repository is.
 *
 * @module
 */
import { ignoresHangup } from "./cli/hangup.ts";

// Before all else, which takes its time to load; and only where a task may take long.
const start = {
  ignoresHangup: Deno.args[0] !== "doctor" && ignoresHangup(),
  parent: Deno.ppid,
};
// By a path that deno does not see beforehand: it would load all of that first.
const path = new URL("./launch/main.ts", import.meta.url).href;
const { launch }: typeof import("./launch/main.ts") = await import(path);
await launch(start);
