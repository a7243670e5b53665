/**
 * Tests that the page is not bundled where that cannot work. The bundle is tested in a browser.
 *
 * @module
 */
import { assertRejects } from "@std/assert";
import { UserError } from "../../../lib/errors.ts";
import { bundleProgram } from "../../../tasks/demo/bundle.ts";

Deno.test("bundleProgram() says which program bundles, if this one may not", async () => {
  await assertRejects(bundleProgram, UserError, "use deno task demo");
});
