/**
 * What the device can do at best: one large matrix product, and one large pass over memory.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { type Context, DataType, type Handle, typeAttr } from "../../../lib/tensorflow/mod.ts";
import type { Binding } from "../../../lib/backend/binding.ts";
import type { Precision } from "../../../lib/jit/mod.ts";
import { type Program, timeBlock } from "../in_turns.ts";

/** A product of two square matrices of this size, or a pass over so many numbers. */
export type Ceiling = { product: number } | { copy: number };

/** Multiply-adds of a product's step, or bytes that a pass reads and writes. */
export function workOfCeiling(ceiling: Ceiling, precision: Precision): number {
  if ("product" in ceiling) return ceiling.product ** 3;
  return 2 * ceiling.copy * (precision === "bfloat16" ? 2 : 4);
}

/** A program whose only time is the mean of its steps, with one wait for the device at the end. */
export function ceilingProgram(ceiling: Ceiling, precision: Precision): Program {
  const { context, run } = ceilingRun(ceiling, precision);
  const wait = (result: Handle) => waitFor(context, result);
  const done = (result: Handle) => context.deleteHandle(result);
  return (steps) => timeBlock(steps, run, { wait, done });
}

/** Runs of a ceiling; each result belongs to the caller. */
export function ceilingRun(
  ceiling: Ceiling,
  precision: Precision,
): { context: Context; run: () => Handle } {
  const { binding: { context } } = tf.backend() as unknown as { binding: Binding };
  return { context, run: runOf(ceiling, precision, context) };
}

function runOf(ceiling: Ceiling, precision: Precision, context: Context): () => Handle {
  if ("product" in ceiling) {
    const shape = [ceiling.product, ceiling.product];
    const [a, b] = [random(context, shape, precision), random(context, shape, precision)];
    const attrs = [typeAttr("T", a.dtype)];
    return () => context.execute("MatMul", attrs, [a, b], 1)[0] as Handle;
  }
  const x = random(context, [ceiling.copy], precision);
  const attrs = [typeAttr("T", x.dtype)];
  return () => context.execute("Neg", attrs, [x], 1)[0] as Handle;
}

/** The numbers that are repeated in a large tensor: to draw all of them would take seconds. */
const drawn = 2 ** 16;

function random(context: Context, shape: number[], precision: Precision): Handle {
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  const values = new Float32Array(size);
  const some = Float32Array.from({ length: Math.min(drawn, size) }, () => Math.random() - 0.5);
  for (let at = 0; at < size; at += some.length) {
    values.set(some.subarray(0, Math.min(some.length, size - at)), at);
  }
  const made = context.newHandle(DataType.float32, shape, values);
  // An op's result is on the device; a new tensor would be copied there by each op.
  const type = precision === "bfloat16" ? DataType.bfloat16 : DataType.float32;
  const op = precision === "bfloat16" ? "Cast" : "Neg";
  const attrs = precision === "bfloat16"
    ? [typeAttr("SrcT", DataType.float32), typeAttr("DstT", type)]
    : [typeAttr("T", type)];
  const [placed] = context.execute(op, attrs, [made], 1);
  context.deleteHandle(made);
  return placed as Handle;
}

/** Reads one number of a tensor, for which the device must have made it. */
function waitFor(context: Context, tensor: Handle): void {
  const rank = tensor.shape.length;
  const numbers = (value: number) =>
    context.newHandle(DataType.int32, [rank], new Int32Array(rank).fill(value));
  const [begin, size] = [numbers(0), numbers(1)];
  const slice = [typeAttr("T", tensor.dtype), typeAttr("Index", DataType.int32)];
  const [element] = context.execute("Slice", slice, [tensor, begin, size], 1) as [Handle];
  const cast = [typeAttr("SrcT", tensor.dtype), typeAttr("DstT", DataType.float32)];
  const [wide] = context.execute("Cast", cast, [element], 1) as [Handle];
  context.read(wide);
  for (const handle of [begin, size, element, wide]) context.deleteHandle(handle);
}
