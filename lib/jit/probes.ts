/**
 * Tests TensorFlow's abilities with a small computation: its fused ops, and convolutions in bfloat16.
 *
 * @module
 */
import { AttrType, type OpAttr, typeAttr } from "../tensorflow/attributes.ts";
import { autocast } from "./autocast.ts";
import type { Context, Handle } from "../tensorflow/context.ts";
import { DataType, sizeOf } from "../tensorflow/data_types.ts";
import { fuse } from "./fusion.ts";
import { TensorFlowError } from "../tensorflow/library.ts";
import { runOnce } from "./lower.ts";
import { withoutDeadNodes } from "./passes.ts";
import { type Ref, type Trace, TraceRecorder } from "./trace.ts";

const channels = 16;
const xShape = [2, 4, 4, channels];
const filterShape = [3, 3, channels, channels];
const inputShapes = [xShape, filterShape, [channels], [channels]];

/**
 * True if fused ops give the same results as the ops they replace. Without oneDNN, one of them exists
 * but computes nothing. They are not used on a GPU.
 */
export function canFuse(context: Context): boolean {
  return !context.usesGpu && gives(fuse, 1e-3, context);
}

/** True if bfloat16 works, with or without fused ops. */
export function canNarrow(fuses: boolean, context: Context): boolean {
  // Rounding errors are at most 0.4%, and batch norm multiplies their effect by 3.
  return gives((trace) => autocast(fuses ? fuse(trace) : trace), 0.03, context);
}

/**
 * True if a pass does not change the results of the probe. `tolerance` is absolute up to 1, and
 * relative for larger results.
 */
function gives(pass: (trace: Trace) => Trace, tolerance: number, context: Context): boolean {
  const plain = record(context);
  const inputs = inputShapes.map((shape) => ramp(context, shape));
  try {
    const expected = run(plain, "probe_plain", inputs, context);
    const changed = run(withoutDeadNodes(pass(plain)), "probe_pass", inputs, context);
    return changed.every((values, i) =>
      values.length === expected[i]?.length &&
      values.every((value, j) => {
        const right = expected[i]?.[j] ?? NaN;
        return Math.abs(value - right) < tolerance * Math.max(1, Math.abs(right));
      })
    );
  } catch (error) {
    if (error instanceof TensorFlowError) return false; // an op exists but refuses to run
    throw error;
  } finally {
    inputs.forEach((handle) => context.deleteHandle(handle));
  }
}

/** All that {@link fuse} handles: convolutions with bias, pad, and sum; batch norm with relu, and gradient. */
function record(context: Context): Trace {
  const recorder = new TraceRecorder(context.library);
  recorder.precision = "bfloat16"; // used by the autocast pass
  try {
    const add = (op: string, attrs: OpAttr[], ...inputs: Ref[]) =>
      recorder.add(op, [typeAttr("T", DataType.float32), ...attrs], inputs)[0] as Ref;
    const relu = (x: Ref) => add("Relu", [], x);
    const [x, filter, vector, positive] = inputShapes.map((shape) =>
      recorder.addInput({ dtype: DataType.float32, shape })
    ) as [Ref, Ref, Ref, Ref];
    const constant = (dtype: number, shape: number[], values: Float32Array | Int32Array) =>
      recorder.addConstant({ dtype, shape, values });
    const empty = constant(DataType.float32, [0], new Float32Array(0));
    const zero = constant(DataType.float32, [], new Float32Array(1));
    const widths = constant(DataType.int32, [4, 2], Int32Array.of(0, 0, 1, 1, 1, 1, 0, 0));
    const conv = (input: Ref, stride: number, padding: string) => {
      const attrs = [
        { name: "strides", type: AttrType.int, value: [1, stride, stride, 1] },
        { name: "padding", type: AttrType.string, value: padding },
      ];
      return add("Conv2D", [...attrs, nhwc], input, filter);
    };
    const normAttrs = (isTraining: boolean): OpAttr[] => [
      typeAttr("U", DataType.float32),
      { name: "epsilon", type: AttrType.float, value: 1e-5 },
      { name: "is_training", type: AttrType.bool, value: isTraining },
      nhwc,
    ];
    const norm = (isTraining: boolean, ...statistics: [Ref, Ref]) =>
      add("FusedBatchNormV3", normAttrs(isTraining), x, vector, vector, ...statistics);
    const normalized = relu(norm(true, empty, empty));
    // A relu is only fused to a batch norm that has a gradient.
    const gradientInputs = [normalized, x, vector, vector, positive, empty];
    const outputs = [
      add("BiasAdd", [nhwc], conv(x, 1, "SAME"), vector),
      conv(add("PadV2", [], x, widths, zero), 2, "VALID"),
      add("Add", [], conv(x, 1, "SAME"), x),
      normalized,
      relu(norm(false, vector, positive)),
      add("FusedBatchNormGradV3", normAttrs(false), ...gradientInputs),
    ];
    return { nodes: recorder.nodes, inputs: recorder.inputs, outputs };
  } finally {
    recorder.delete();
  }
}

const nhwc: OpAttr = { name: "data_format", type: AttrType.string, value: "NHWC" };

/** Varied numbers from about 0.1 to 1.1. */
function ramp(context: Context, shape: number[]): Handle {
  const values = Float32Array.from({ length: sizeOf(shape) }, (_, i) => 0.1 + (i * 37 % 101) / 100);
  return context.newHandle(DataType.float32, shape, values);
}

function run(trace: Trace, name: string, inputs: Handle[], context: Context): Float32Array[] {
  return runOnce(trace, name, inputs, context).map((handle) => {
    const values = context.read(handle) as Float32Array;
    context.deleteHandle(handle);
    return values;
  });
}
