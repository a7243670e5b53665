/**
 * Tests of the networks to show.
 *
 * @module
 */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { IMAGENET_NORMALIZATION, NORMALIZATION } from "../../../lib/data/normalize.ts";
import { UserError } from "../../../lib/errors.ts";
import { findNetwork, isOfCifar, normalizationOf } from "../../../tasks/visualize/networks.ts";

Deno.test("normalizationOf() is what the parameters say, else the other one", () => {
  const title = "run (WRN-16-1)";
  const of = (normalization: string | undefined) =>
    normalizationOf({ normalization, title }, "paper");
  assertEquals(of("repdistiller"), NORMALIZATION.repdistiller);
  assertEquals(of("imagenet"), IMAGENET_NORMALIZATION);
  assertEquals(of(undefined), NORMALIZATION.paper);
  for (const name of ["other", "toString"]) {
    assertThrows(() => of(name), UserError, `Cannot show ${title}: its images were normalised by`);
  }
});

Deno.test("isOfCifar() goes by what images were normalised by", () => {
  const names = ["paper", "repdistiller", "imagenet", undefined];
  assertEquals(names.map((normalization) => isOfCifar({ normalization })), [
    true,
    true,
    false,
    false,
  ]);
});

Deno.test("findNetwork() lists the trained networks if there is none of this name", async () => {
  await assertRejects(
    () => findNetwork("nobody"),
    UserError,
    "nobody/model.safetensors, and pretrained/ has wrn_16_1",
  );
});
