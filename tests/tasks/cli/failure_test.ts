/**
 * Tests of what a failed command prints, for any message.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { printable, UserError } from "../../../lib/errors.ts";
import { describeFailure } from "../../../tasks/cli/failure.ts";

const hostile = "a\x1b[2J\x1b]0;owned\x07\r\n\u2028\u202e\u200b\u0085\ud800z";

Deno.test("printable() leaves nothing that a terminal takes for an order, and is short", () => {
  assertEquals(printable("layer1.0.conv1.weight 層 é 😀"), "layer1.0.conv1.weight 層 é 😀");
  assert(/^a\ufffd\[2J\ufffd\]0;owned\ufffd{8}z$/.test(printable(hostile)), printable(hostile));
  assertEquals(printable("x".repeat(1e6)), `${"x".repeat(80)}...`);
  assertEquals(printable("x".repeat(9), 3), "xxx...");
});

Deno.test("describeFailure() prints a user's error as one line without control characters", () => {
  for (const error of [new UserError(hostile), new RangeError(hostile)]) {
    const { text, exitCode } = describeFailure(error);
    assertEquals(exitCode, 1);
    assert(/^error: [^\p{Cc}\p{Cf}\p{Cs}\u2028]+$/u.test(text), JSON.stringify(text));
  }
  const { text } = describeFailure(new UserError("x".repeat(1e6)));
  assert(text.length < 11_000, String(text.length));
});

Deno.test("describeFailure() prints the stack of a bug, line by line, as text alone", () => {
  const { text, exitCode } = describeFailure(new Error(hostile));
  assertEquals(exitCode, 70);
  assert(/^[^\p{Cc}\p{Cf}]+$/u.test(text.replaceAll("\n", " ")), JSON.stringify(text));
  assert(text.includes("failure_test.ts"), text);
});
