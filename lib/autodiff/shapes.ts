/**
 * Gradients of ops that copy and move values.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { aroundAxis, gradient, ofInput, withSize } from "./gradient.ts";

/** tfjs ignores the mirrored values. */
const mirrorPad = gradient("MirrorPad", [], (dy, _, attrs) => {
  const { paddings, mode } = attrs as { paddings: [number, number][]; mode: string };
  const edge = mode === "reflect" ? 1 : 0; // the number of edge values that are not mirrored
  return {
    x: () => paddings.reduce((g, padding, axis) => foldBack(g, axis, padding, edge), dy),
  };
});

/** Adds the values beyond the edges of an axis to the positions they were mirrored from. */
function foldBack(
  x: tf.Tensor,
  axis: number,
  [before, after]: [number, number],
  edge: number,
): tf.Tensor {
  const [outer, padded, inner] = aroundAxis(x.shape, axis);
  const size = padded - before - after;
  const flat = tf.reshape(x, [outer, padded, inner]);
  const part = (start: number, count: number) =>
    tf.slice(flat, [0, start, 0], [outer, count, inner]);
  const mirrored = (start: number, count: number, left: number) =>
    tf.pad(tf.reverse(part(start, count), 1), [[0, 0], [left, size - left - count], [0, 0]]);
  let sum: tf.Tensor = part(before, size);
  if (before > 0) sum = tf.add(sum, mirrored(0, before, edge));
  if (after > 0) sum = tf.add(sum, mirrored(before + size, after, size - edge - after));
  return tf.reshape(sum, withSize(x.shape, axis, size));
}

/** tfjs uses one op per copy, and supports at most four dimensions. */
const tile = ofInput("Tile", (dy, x, attrs) => {
  const { reps } = attrs as { reps: number[] };
  return reps.reduce((g, count, axis) => {
    const [outer, size, inner] = aroundAxis(g.shape, axis);
    const copies = tf.reshape(g, [outer, count, size / count, inner]);
    const sum = count === 1 ? g : tf.sum(copies, 1);
    return tf.reshape(sum, withSize(g.shape, axis, x.shape[axis] as number));
  }, dy);
});

/** tfjs fails if there is only one part, because it then gets one gradient instead of a list. */
const split: tf.GradConfig = {
  kernelName: "SplitV",
  gradFunc: (dys, _, attrs) => ({
    x: () => tf.concat([dys].flat(), (attrs as unknown as tf.SplitVAttrs).axis),
  }),
};

const unpack: tf.GradConfig = {
  kernelName: "Unpack",
  gradFunc: (dys, _, attrs) => ({
    value: () => tf.stack([dys].flat(), (attrs as unknown as tf.UnpackAttrs).axis),
  }),
};

export const shapes: tf.GradConfig[] = [mirrorPad, split, tile, unpack];
