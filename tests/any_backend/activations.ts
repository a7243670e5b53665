/**
 * Tests of what is measured of activations and gates, on a backend.
 *
 * @module
 */
import { assertGate, assertNorms, assertStatistics } from "../models/activation_checks.ts";
import type { Suite } from "./backend.ts";

/** Registers them. */
export function testActivations({ test, backend }: Suite): void {
  test("the distribution of activations is as counted directly", () => assertStatistics(backend));
  test("the norms of positions are as added up directly", () => assertNorms(backend));
  test("the gate of SGE is what it multiplies by", () => assertGate(backend));
}
