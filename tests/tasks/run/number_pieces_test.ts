/**
 * Numbers that travel as float32.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { fromPieces, toPieces } from "../../../tasks/run/number_pieces.ts";

Deno.test("toPieces() loses nothing of a number", () => {
  const numbers = [
    0,
    1,
    -1,
    1 / 3,
    Math.PI * 1e10,
    2 ** 48 - 1,
    Date.now(),
    50_000 * 2.30258509299,
  ];
  const pieces = Float32Array.from(numbers.flatMap(toPieces));
  assertEquals(fromPieces([...pieces]), numbers);
});

Deno.test("toPieces() keeps what is not finite", () => {
  assertEquals(fromPieces([NaN, Infinity, -Infinity].flatMap(toPieces)), [
    NaN,
    Infinity,
    -Infinity,
  ]);
});
