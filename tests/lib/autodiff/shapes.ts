/**
 * Convolutions and poolings drawn at random, for the tests of their composed gradients.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import type { WindowAttrs } from "../../../lib/autodiff/windows.ts";

/** A convolution or a pooling. */
export interface Drawn {
  image: [number, number, number, number];
  size: [number, number];
  strides: [number, number];
  pad: WindowAttrs["pad"];
  outputs: number;
  seed: number;
}

const whole = (min: number, max: number) => fc.integer({ min, max });
const pair = (max: number) => fc.tuple(whole(1, max), whole(1, max));

/** Any of them whose windows fit the image. */
export const shapes: fc.Arbitrary<Drawn> = fc.record({
  image: fc.tuple(whole(1, 3), whole(4, 9), whole(4, 9), whole(1, 5)),
  size: pair(4),
  strides: pair(3),
  pad: fc.oneof(
    fc.constantFrom<WindowAttrs["pad"]>("same", "valid"),
    fc.tuple(...[1, 2, 3, 4].map(() => whole(0, 1))).map(([top, bottom, left, right]) =>
      [[0, 0], [top, bottom], [left, right], [0, 0]] as WindowAttrs["pad"]
    ),
  ),
  outputs: whole(1, 4),
  seed: whole(1, 1e6),
});

/** Numbers that are the same on every backend. */
export function numbers<R extends tf.Rank>(shape: tf.ShapeMap[R], seed: number): tf.Tensor<R> {
  const size = tf.util.sizeFromShape(shape);
  const data = Float32Array.from({ length: size }, (_, i) => Math.sin(seed + i * 1.7) * 2);
  return tf.tensor<R>(data, shape);
}

/** Checks a property, and frees what it made. */
export function holds(property: (drawn: Drawn) => void, numRuns = 60): void {
  fc.assert(
    fc.property(shapes, (drawn) => {
      tf.tidy(() => property(drawn));
    }),
    { numRuns, seed: 12 },
  );
}
