/** Tests of what all training tasks have in common. @module */
import { assert, assertMatch } from "@std/assert";
import { basename } from "@std/path";
import { defaultFolder } from "../../tasks/train_student.ts";

Deno.test("defaultFolder() names the network and the time, to the millisecond", async () => {
  const first = defaultFolder("wrn_16_1");
  assertMatch(basename(first), /^wrn_16_1_20\d{6}-\d{6}-\d{3}$/);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert(first < defaultFolder("wrn_16_1"));
});
