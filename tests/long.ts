/**
 * Tests that take long: `deno task test` leaves them out, while `deno task test --all`, CI and a
 * file that is named run them too.
 *
 * @module
 */

/** Whether long tests are left out, which the launcher says. */
export const isQuick: boolean = Deno.env.get("ATTENTION_TRANSFER_TESTS") === "quick";

/** {@linkcode Deno.test} for a test that takes more than about two seconds. */
export const longTest: typeof Deno.test.ignore = isQuick ? Deno.test.ignore : Deno.test;
