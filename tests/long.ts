/**
 * Tests that take long: `deno task test` leaves them out, while `deno task test --all`, CI and
 * `deno test` itself run them.
 *
 * @module
 */

/** Whether long tests are left out, which the launcher says. */
export const isQuick: boolean = Deno.env.get("ATTENTION_TRANSFER_TESTS") === "quick";

/** `long.test()` is {@linkcode Deno.test} for a test that takes more than about two seconds. */
export const long = { test: (isQuick ? Deno.test.ignore : Deno.test) as Deno.DenoTest };
