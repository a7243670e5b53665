/**
 * Corrects tfjs's tape for gradients of gradients.
 *
 * tfjs (4.22) records an op on its tape after it saves the op's outputs, so these count as constants.
 * Then the second derivative of `exp`, `tanh` or `softmax` is wrong, without an error. For outputs that
 * no gradient can pass, such as the result of a comparison, tfjs calls gradient functions that do not
 * exist. It keeps the caller's own lists: a list of results that is reversed, or a list of sizes that
 * is changed for the next op, would change the gradient. It does not free saved tensors if a gradient
 * fails.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { explainMissingKernel } from "./missing_kernels.ts";

/** tfjs's record of an op. */
interface TapeNode {
  kernelName: string;
  inputs: Record<string, tf.Tensor | undefined>;
  outputs: Pick<tf.Tensor, "id" | "dtype" | "shape" | "size">[];
  saved: (tf.Tensor | undefined)[];
  gradient?: (dys: (tf.Tensor | null)[]) => unknown;
}

type Run = (...args: unknown[]) => unknown;

/** Members of tfjs's engine that are missing in its types. */
interface Engine {
  state: {
    activeTape: TapeNode[] | null;
    gradientDepth: number;
    kernelDepth: number;
    activeScope?: { name: string };
  };
  runKernelFunc: Run;
  customGrad(f: Run): Run;
  gradients: Run;
  saveTensorsForBackwardMode(tensors: (tf.Tensor | undefined)[]): (tf.Tensor | undefined)[];
}

/** Corrects the tape of this engine permanently. */
export function mendTape(): void {
  const engine = tf.engine() as unknown as Engine;
  recordInOrder(engine);
  correctCrossEntropy(engine);
  saveWhatIsThere(engine);
  freeFailedGradients(engine);
}

/** Records each op before the ops that use its outputs. */
function recordInOrder(engine: Engine): void {
  const run = engine.runKernelFunc.bind(engine);
  engine.runKernelFunc = (...args) => {
    const { gradientDepth, kernelDepth, activeTape } = engine.state;
    if (gradientDepth === 0 || kernelDepth > 0 || !activeTape) return run(...args);
    const start = activeTape.length;
    const [call, ...rest] = args as [{ attrs?: unknown; forwardFunc?: Run }];
    const forwardFunc = call.forwardFunc && recordedWithin(engine, call.forwardFunc);
    const result = run({ ...call, attrs: copied(call.attrs), forwardFunc }, ...rest);
    const node = activeTape.pop() as TapeNode;
    activeTape.splice(placeOf(node, activeTape, start), 0, cleaned(node));
    return result;
  };
}

/** A copy of an op's attributes, with copies of the lists in them. */
function copied(attrs: unknown): unknown {
  if (Array.isArray(attrs)) return attrs.map(copied);
  if (typeof attrs !== "object" || attrs === null || ArrayBuffer.isView(attrs)) return attrs;
  return Object.fromEntries(Object.entries(attrs).map(([key, value]) => [key, copied(value)]));
}

/** The position of an op among the nodes recorded while it ran: before the first user of its outputs. */
function placeOf({ outputs }: TapeNode, tape: readonly TapeNode[], start: number): number {
  const ids = new Set(outputs.map(({ id }) => id));
  const within = tape.slice(start);
  const place = within.findIndex(({ inputs }) =>
    Object.values(inputs).some((input) => input && ids.has(input.id))
  );
  // These outputs belong to this op, not to an op inside its custom gradient.
  for (const node of within) {
    node.outputs = node.outputs.map((output) =>
      ids.has(output.id) ? { ...output, id: -1 - output.id } : output
    );
  }
  return place < 0 ? tape.length : start + place;
}

/** Removes missing inputs from a node, and adds an error if there is no known gradient. */
function cleaned(node: TapeNode): TapeNode {
  const { kernelName, inputs, outputs, saved } = node;
  // Integers and booleans have no gradient, whatever tfjs registers for the op.
  const passes = outputs.some(({ dtype }) => dtype === "float32" || dtype === "complex64");
  return {
    ...node,
    outputs: [...outputs],
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

/** Records the ops inside a custom gradient that may be differentiated again: it may save results. */
function recordedWithin(engine: Engine, forward: Run): Run {
  return (backend, save) => {
    const { state } = engine;
    if (state.gradientDepth < 2 || state.kernelDepth !== 1) return forward(backend, save);
    // Saving records its copies itself.
    const saveOne = (tensors: unknown) => atKernelDepth(engine, 1, () => (save as Run)(tensors));
    return atKernelDepth(engine, 0, () => forward(backend, saveOne));
  };
}

/**
 * The gradients of `tf.losses.softmaxCrossEntropy`. tfjs's by the logits only holds for labels that add
 * up to 1, and that by the labels never.
 */
function correctCrossEntropy(engine: Engine): void {
  const customGrad = engine.customGrad.bind(engine);
  engine.customGrad = (f) => {
    if (engine.state.activeScope?.name !== "softmaxCrossEntropy__op") return customGrad(f);
    return customGrad((...args) => ({
      value: (f(...args) as { value: tf.Tensor }).value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [labels, logProbabilities] = saved as [tf.Tensor, tf.Tensor];
        const [of, weights] = [tf.expandDims(dy, -1), tf.cast(labels, "float32")];
        const share = tf.mul(tf.exp(logProbabilities), tf.sum(weights, -1, true));
        return [
          tf.neg(tf.mul(of, logProbabilities)),
          tf.mul(of, tf.sub(share, weights)),
        ];
      },
    }));
  };
}

/** Runs `f` at a kernel depth. tfjs only records ops at depth 0. */
function atKernelDepth<T>({ state }: Engine, depth: number, f: () => T): T {
  const before = state.kernelDepth;
  state.kernelDepth = depth;
  try {
    return f();
  } finally {
    state.kernelDepth = before;
  }
}

/** Keeps an input undefined that the op was not given, such as a batch norm's scale. */
function saveWhatIsThere(engine: Engine): void {
  const save = engine.saveTensorsForBackwardMode.bind(engine);
  engine.saveTensorsForBackwardMode = (tensors) =>
    tensors.map((tensor) => tensor && save([tensor])[0]);
}

/** Frees tensors if a gradient throws, and adds advice if a kernel is missing. */
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
  if (state.gradientDepth > 0) return; // keep the outer gradient's tape
  for (const { saved } of state.activeTape ?? []) tf.dispose(saved);
  state.activeTape = null;
}
