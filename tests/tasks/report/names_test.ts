/** Tests of the names of runs and groups. @module */
import { assertEquals } from "@std/assert";
import { distinctNames, groupNames } from "../../../tasks/report/names.ts";

Deno.test("distinctNames() are the shortest ends of paths that differ", () => {
  assertEquals(distinctNames(["/a/run", "/b/run", "/b/other/"]), ["a/run", "b/run", "other"]);
  assertEquals(distinctNames(["/x/a/run", "/y/a/run"]), ["x/a/run", "y/a/run"]);
  assertEquals(distinctNames(["/run", "/a/run"]), ["/run", "a/run"]);
  assertEquals(distinctNames([]), []);
});

Deno.test("groupNames() leaves out seeds, and tells groups apart", () => {
  const run = (name: string, seed?: number) => ({ name, seed });
  assertEquals(
    groupNames([
      [run("at-0", 0), run("at-1", 1)],
      [run("lr-0.1-s7", 7)],
      [run("3", 3)],
      [run("kd-a", 0), run("kd-b", 1)],
      [run("x", 0), run("y", 1)],
    ]),
    ["at", "lr-0.1", "3", "kd", "x and 1 more"],
  );
  assertEquals(groupNames([[run("at-0", 0)], [run("at-1", 1)]]), ["at-0", "at-1"]);
});
