/** Tests of how TensorFlow's record of a step is read. @module */
import { assertEquals } from "@std/assert";
import { nodeTimes } from "../../../lib/tensorflow/step_stats.ts";

/** A field of a message: bytes, a text, or a whole number. */
function field(number: number, value: number[] | string | bigint): number[] {
  if (typeof value === "bigint") return [...varint(BigInt(number << 3)), ...varint(value)];
  const bytes = typeof value === "string" ? [...new TextEncoder().encode(value)] : value;
  return [...varint(BigInt(number << 3 | 2)), ...varint(BigInt(bytes.length)), ...bytes];
}

function varint(value: bigint): number[] {
  return value < 128n ? [Number(value)] : [Number(value & 127n) | 128, ...varint(value >> 7n)];
}

Deno.test("nodeTimes() gives the nodes of all devices as they began, in whole nanoseconds", () => {
  const epoch = 1_764_300_000_123_456_789n; // more than a number holds
  const node = (name: string, start: bigint, end: bigint) =>
    field(2, [...field(1, name), ...field(13, epoch), ...field(14, start), ...field(15, end)]);
  const devices = [node("second", 20n, 25n), [
    ...node("third", 21n, 22n),
    ...node("first", 3n, 9n),
  ]];
  const metadata = field(1, devices.flatMap((nodes) => field(1, nodes)));
  assertEquals(nodeTimes(Uint8Array.from(metadata)), [
    { name: "first", start: epoch + 3n, duration: 6 },
    { name: "second", start: epoch + 20n, duration: 5 },
    { name: "third", start: epoch + 21n, duration: 1 },
  ]);
});

Deno.test("nodeTimes() gives none where nothing was recorded", () => {
  assertEquals(nodeTimes(new Uint8Array()), []);
});
