/**
 * Checks of what is measured of activations and of gates, against direct computations, on a backend.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { randomStream } from "../../lib/random.ts";
import { activationStatistics, positionNorms } from "../../models/activations.ts";
import { spatialGate, spatialGroupEnhance } from "../../models/spatial_group_enhance.ts";
import type { Backend } from "../backends.ts";
import { assertClose, toTensor, type Values } from "../parity.ts";

const { normal } = randomStream(1, 0);

/** A quarter are zero, and some lie far outside. */
export const activation: Values = {
  shape: [2, 5, 6, 8],
  data: Float32Array.from(
    { length: 2 * 5 * 6 * 8 },
    (_, i) => i % 4 === 0 ? 0 : i % 37 === 0 ? 40 * normal() : 0.3 + 2 * normal(),
  ),
};

function direct(x: Float32Array, unit?: number) {
  const average = (f: (value: number) => number) => x.reduce((sum, v) => sum + f(v), 0) / x.length;
  const mean = average((v) => v);
  const variance = average((v) => (v - mean) ** 2);
  const scale = unit ?? Math.sqrt(variance);
  const shares = new Float64Array(64);
  for (const v of x) {
    shares[Math.min(Math.max(Math.floor((v / scale + 8) * 4), 0), 63)]! += 1 / x.length;
  }
  return { mean, variance, nearZero: average((v) => Number(Math.abs(v) < 0.05 * scale)), shares };
}

/** Checks the distribution of an activation. */
export async function assertStatistics(backend: Backend): Promise<void> {
  for (const unit of [undefined, 1.3]) {
    const run = backend.use((x: tf.Tensor) =>
      activationStatistics(x, unit === undefined ? undefined : tf.scalar(unit))
    );
    const found = await run(toTensor(activation));
    const expected = direct(activation.data as Float32Array, unit);
    for (const name of ["mean", "variance", "nearZero"] as const) {
      const [value] = found[name].dataSync();
      assertAlmostEquals(value! / expected[name], 1, 1e-5, `${name}, unit ${unit}`);
    }
    const shares = found.shares.dataSync();
    assertEquals(shares.length, 64);
    shares.forEach((share, bin) => {
      assertAlmostEquals(share, expected.shares[bin]!, 1e-6, `bin ${bin}, unit ${unit}`);
    });
    assert(shares[0]! > 0 && shares[63]! > 0 || unit === undefined, "some lie beyond the bins");
  }
}

/** Checks the norms of all channels together, and of groups. */
export async function assertNorms(backend: Backend): Promise<void> {
  for (const groups of [1, 4]) {
    const run = backend.use((x: tf.Tensor4D) => positionNorms(x, groups));
    const norms = await run(toTensor<tf.Rank.R4>(activation));
    const width = 8 / groups;
    const data = Float32Array.from(
      { length: 60 * groups },
      (_, i) => Math.hypot(...activation.data.slice(i * width, (i + 1) * width)),
    );
    const expected = { shape: [2, 5, 6, groups], data };
    assertClose(norms, expected, { atol: 1e-6, rtol: 1e-6 }, `${groups}`);
  }
}

/** Checks that the gate is what the features are multiplied by, and one of its values. */
export async function assertGate(backend: Backend): Promise<void> {
  const { normal } = randomStream(4, 0);
  const data = Float32Array.from({ length: 2 * 3 * 4 * 6 }, () => 0.5 + normal());
  for (const normalize of [true, false]) {
    const run = backend.use((x: tf.Tensor4D, weight: tf.Tensor1D, bias: tf.Tensor1D) => ({
      gate: spatialGate(x, weight, bias, 3, { normalize }),
      enhanced: spatialGroupEnhance(x, weight, bias, 3, { normalize }),
    }));
    const x = tf.tensor4d(data, [2, 3, 4, 6]);
    const { gate, enhanced } = await run(x, tf.tensor1d([1, -2, 3]), tf.tensor1d([0, 1, -1]));
    assertEquals(gate.shape, [2, 3, 4, 3]);
    const [gates, changed] = [gate.dataSync(), enhanced.dataSync()];
    for (let i = 0; i < data.length; i++) {
      const ofGate = Math.floor(i / 6) * 3 + Math.floor(i % 6 / 2);
      const error = Math.abs(changed[i]! - data[i]! * gates[ofGate]!);
      assert(error < 1e-5, `element ${i}, normalize ${normalize}`);
    }
    assertAlmostEquals(gates[1]!, directGate(data, normalize), 1e-5, `normalize ${normalize}`);
  }
}

/** The gate of the second group at the first position of the first image. */
function directGate(values: ArrayLike<number>, normalize: boolean): number {
  const vectors = Array.from({ length: 12 }, (_, i) => [values[6 * i + 2]!, values[6 * i + 3]!]);
  const average = (of: number[]) => of.reduce((a, b) => a + b) / of.length;
  const means = [0, 1].map((c) => average(vectors.map((vector) => vector[c]!)));
  const products = vectors.map(([a, b]) => a! * means[0]! + b! * means[1]!);
  const mean = average(products);
  const deviation = Math.sqrt(products.reduce((sum, p) => sum + (p - mean) ** 2, 0) / 11);
  const scaled = normalize ? (products[0]! - mean) / (deviation + 1e-5) : products[0]!;
  return 1 / (1 + Math.exp(-(-2 * scaled + 1)));
}
