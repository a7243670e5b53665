/**
 * tfjs's tape, made right for gradients of gradients.
 *
 * tfjs (4.22) records an op on its tape after it has saved the op's outputs, which are then taken for
 * constants: the second derivative of `exp`, `tanh` or `softmax` is wrong without a word. It gives
 * numbers that no gradient can pass (the result of a comparison) to gradient functions that it does not
 * have, and forgets what it saved where a gradient fails.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { explainMissingKernel } from "./missing_kernels.ts";

/** What tfjs records of an op. */
interface TapeNode {
  kernelName: string;
  inputs: Record<string, tf.Tensor | undefined>;
  outputs: Pick<tf.Tensor, "id" | "dtype" | "shape" | "size">[];
  saved: (tf.Tensor | undefined)[];
  gradient?: (dys: (tf.Tensor | null)[]) => unknown;
}

type Run = (...args: unknown[]) => unknown;

/** The parts of tfjs's engine that its types hide. */
interface Engine {
  state: { activeTape: TapeNode[] | null; gradientDepth: number; kernelDepth: number };
  runKernelFunc: Run;
  customGrad(f: Run): Run;
  gradients: Run;
  saveTensorsForBackwardMode(tensors: (tf.Tensor | undefined)[]): (tf.Tensor | undefined)[];
}

/** Mends the tape of this engine, which stays mended. */
export function mendTape(): void {
  const engine = tf.engine() as unknown as Engine;
  recordInOrder(engine);
  recordCustomGradients(engine);
  saveWhatIsThere(engine);
  freeFailedGradients(engine);
}

/** Puts each op on the tape before what was made of its outputs. */
function recordInOrder(engine: Engine): void {
  const run = engine.runKernelFunc.bind(engine);
  engine.runKernelFunc = (...args) => {
    const { gradientDepth, kernelDepth, activeTape } = engine.state;
    if (gradientDepth === 0 || kernelDepth > 0 || !activeTape) return run(...args);
    const start = activeTape.length;
    const result = run(...args);
    const node = activeTape.pop() as TapeNode;
    activeTape.splice(placeOf(node, activeTape, start), 0, cleaned(node));
    return result;
  };
}

/** The place of an op among the nodes recorded while it ran: before all that take one of its outputs. */
function placeOf({ outputs }: TapeNode, tape: readonly TapeNode[], start: number): number {
  const ids = new Set(outputs.map(({ id }) => id));
  const place = tape.findIndex(({ inputs }, i) =>
    i >= start && Object.values(inputs).some((input) => input && ids.has(input.id))
  );
  // The op gives these outputs, not an op that a custom gradient ran inside.
  for (const node of tape.slice(start)) {
    node.outputs = node.outputs.map((output) => ids.has(output.id) ? hidden(output) : output);
  }
  return place < 0 ? tape.length : place;
}

/** Stands for an output that another op gives. */
function hidden(
  { id, dtype, shape, size }: TapeNode["outputs"][number],
): TapeNode["outputs"][number] {
  return { id: -1 - id, dtype, shape, size };
}

/** A node without the inputs that the op was not given, and with an error where no gradient is known. */
function cleaned(node: TapeNode): TapeNode {
  const { kernelName, inputs, outputs, saved } = node;
  // No gradient passes a whole number or a truth value, whatever tfjs has registered for the op.
  const passes = outputs.some(({ dtype }) => dtype === "float32" || dtype === "complex64");
  return {
    ...node,
    inputs: passes ? Object.fromEntries(Object.entries(inputs).filter(([, input]) => input)) : {},
    saved: saved.filter((tensor) => tensor),
    gradient: node.gradient ?? (() => {
      throw new TypeError(
        `Cannot take the gradient of ${kernelName}: tfjs has none. Write it with other ops, or give ` +
          `it a gradient by tf.customGrad, or take no gradient through it`,
      );
    }),
  };
}

/**
 * Lets the ops inside a custom gradient be recorded, where it may be differentiated again: it may have
 * saved one of their results.
 */
function recordCustomGradients(engine: Engine): void {
  const customGrad = engine.customGrad.bind(engine);
  engine.customGrad = (f) =>
    customGrad((...args) => {
      const { state } = engine;
      if (state.gradientDepth < 2 || state.kernelDepth !== 1) return f(...args);
      const save = args.pop() as Run; // which records its copies itself
      return atKernelDepth(engine, 0, () =>
        f(...args, (tensors: unknown) =>
          atKernelDepth(engine, 1, () => save(tensors))));
    });
}

/** Runs `f` inside as many kernels; tfjs records the ops that run inside of none. */
function atKernelDepth<T>({ state }: Engine, depth: number, f: () => T): T {
  const before = state.kernelDepth;
  state.kernelDepth = depth;
  try {
    return f();
  } finally {
    state.kernelDepth = before;
  }
}

/** An input that the op was not given, such as a batch norm's scale, stays undefined. */
function saveWhatIsThere(engine: Engine): void {
  const save = engine.saveTensorsForBackwardMode.bind(engine);
  engine.saveTensorsForBackwardMode = (tensors) =>
    tensors.map((tensor) => tensor && save([tensor])[0]);
}

/** Makes gradients leave nothing behind where they throw, and say what to do where a kernel is missing. */
function freeFailedGradients(engine: Engine): void {
  const gradients = engine.gradients.bind(engine);
  engine.gradients = (...args) => {
    try {
      return gradients(...args);
    } catch (error) {
      forgetTape(engine);
      throw explainMissingKernel(error);
    }
  };
}

function forgetTape({ state }: Engine): void {
  if (state.gradientDepth > 0) return; // the outer gradient's own tape goes on
  for (const { saved } of state.activeTape ?? []) tf.dispose(saved);
  state.activeTape = null;
}
