/**
 * Tests of where packages from npm are.
 *
 * @module
 */
import { assert, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import { Runner } from "../../../tasks/launch/deno.ts";
import { npmCache } from "../../../tasks/launch/npm_cache.ts";

const root = fromFileUrl(new URL("../../../", import.meta.url));

Deno.test("npmCache() is the folder that Deno names, and exists", async () => {
  const folder = await npmCache(new Runner({ root, cwd: root }, "deno.nojsr.json"));
  assert((await Deno.stat(folder)).isDirectory);
});

Deno.test("npmCache() refuses in a line if Deno names none", async () => {
  const runner = {
    deno: (_: string, { onLine }: { onLine?: (line: string) => void }) => {
      onLine?.("{}");
      return Promise.resolve(0);
    },
  };
  await assertRejects(() => npmCache(runner as Runner), UserError, "deno info says");
});
