/**
 * Long tests: `deno task test` skips them; `deno task test --all`, CI and `deno test` run them.
 *
 * @module
 */

/** True if long tests are skipped; set by the launcher. */
export const isQuick: boolean = Deno.env.get("ATTENTION_TRANSFER_TESTS") === "quick";

/** `long.test()` is {@linkcode Deno.test} for tests of more than about two seconds. */
export const long = { test: (isQuick ? Deno.test.ignore : Deno.test) as Deno.DenoTest };
