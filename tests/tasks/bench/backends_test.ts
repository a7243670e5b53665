/** Tests of tasks/bench/backends.ts. @module */
import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { lastLineOf } from "../../../tasks/bench/child.ts";
import { long } from "../../long.ts";

const path = (name: string) => fromFileUrl(new URL(`../../../${name}`, import.meta.url));

long.test("timeBackends() starts a process that times both steps", async () => {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--allow-all", "--quiet", "--no-lock", "--config", path("deno.nojsr.json")],
      ...[path("tasks/bench/backends.ts"), "wasm", "1", "1"],
    ],
  }).output();
  assertEquals(success, true, lastLineOf(stderr));
  const times: Record<string, number[]> = JSON.parse(lastLineOf(stdout));
  assertEquals(Object.keys(times), ["ours", "tfjs alone"]);
  for (const [time] of Object.values(times)) assertEquals(time! > 0, true);
});
