/** Tests of the names that a mistyped one may have meant. @module */
import { assertEquals } from "@std/assert";
import { nearNames } from "../../../tasks/cli/near_names.ts";
import { recipeNames } from "../../../tasks/cli/recipes.ts";

Deno.test("nearNames() are those that begin like the text, or else the closest one", () => {
  const near = (text: string) => nearNames(text, recipeNames);
  assertEquals(near("repdistiller/wrn_40_2-wrn_16_2"), [
    "repdistiller/wrn_40_2-wrn_16_2/kd",
    "repdistiller/wrn_40_2-wrn_16_2/at",
    "repdistiller/wrn_40_2-wrn_16_2/sp",
    "repdistiller/wrn_40_2-wrn_16_2/rkd",
  ]);
  assertEquals(near("repdistiller/wrn_40_2-wrn_16_2/AT"), ["repdistiller/wrn_40_2-wrn_16_2/at"]);
  assertEquals(near("repdistiler"), ["repdistiller"]);
  assertEquals(near("repdistiller/").length, 6);
  assertEquals(near("constructor"), []);
  assertEquals(nearNames("x", []), []);
});
