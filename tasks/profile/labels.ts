/**
 * What the nodes of a training step are for: which part of the step, and which group of the network.
 *
 * @module
 */
import type { ProfiledNode } from "../../lib/jit/mod.ts";

/** A part of a training step. */
export type Part = "teacher" | "forward" | "backward" | "update";

/** What a node is for. */
export interface NodeLabel {
  part: Part;
  /** The first word of the layer's name, such as `group1`; or `loss`, `teacher` or `images`. */
  group: string;
  /** The key of the parameter that the node was found by, such as `group1.block0.conv0`. */
  key?: string;
}

/**
 * Labels the nodes of a compiled `trainStep`, by what they come from and lead to:
 *
 * - _teacher_: what is computed from captured tensors, which a teacher's parameters are, without the
 *   student's state and the step's scalars. Its part of the loss is among it.
 * - _forward_: what the loss, its terms or the counts of right answers need. A gradient by the images is
 *   among it where a loss needs that.
 * - _update_: what computes new parameters, buffers and running statistics from gradients and batch
 *   statistics.
 * - _backward_: the rest.
 *
 * A node belongs to the layer whose parameter it takes, or whose gradient alone it leads to. Any other
 * node belongs to the layer of its first input (in the backward pass: of its first input from the forward
 * pass). At the border of two layers it may therefore be counted to either. Forward nodes that lead to no
 * layer are of the loss, and so are backward nodes that come from none.
 */
export function labelNodes(nodes: readonly ProfiledNode[]): NodeLabel[] {
  const graph = new StepGraph(nodes);
  const labels: NodeLabel[] = [];
  nodes.forEach((_, index) => labels.push(graph.label(index, labels)));
  return labels;
}

/** What a node comes from. */
interface Origin {
  captured: boolean;
  /** The student's state or a scalar of the step. */
  state: boolean;
  /** For a parameter, and for what is made of parameters and constants alone: the key. */
  parameter?: string | undefined;
  buffer?: string | undefined;
  isConstant: boolean;
}

/** What a node leads to. */
interface Goal {
  /** The loss, its terms, or the counts of right answers. */
  metrics: boolean;
  /** Keys of new parameters, running statistics and buffers; not by way of a choice's condition. */
  keys: ReadonlySet<string>;
  /** Whether a layer of the forward pass comes after it. */
  layer: boolean;
}

class StepGraph {
  readonly #nodes: readonly ProfiledNode[];
  readonly #origins: Origin[] = [];
  readonly #goals: Goal[];
  /** The keys of the parameters that are trained. */
  readonly #trained: Set<string>;
  /** Backward nodes that take a parameter, and what comes after them. */
  readonly #fromLayer = new Set<number>();

  constructor(nodes: readonly ProfiledNode[]) {
    this.#nodes = nodes;
    for (const node of nodes) this.#origins.push(this.#originOf(node));
    this.#goals = this.#findGoals();
    this.#trained = new Set(this.#origins.flatMap(({ buffer }) => buffer ?? []));
  }

  #originOf({ source, inputs }: ProfiledNode): Origin {
    if (source === "captured") return { captured: true, state: false, isConstant: false };
    if (source !== undefined && source !== "constant") {
      const parameter = stateKey("arguments[0]", "params", source.argument);
      const buffer = stateKey("arguments[0]", "buffers", source.argument);
      const state = !source.argument.startsWith("arguments[1]");
      return { captured: false, state, parameter, buffer, isConstant: false };
    }
    const taken = inputs.map((input) => this.#origins[input]!);
    const variable = taken.filter(({ isConstant }) => !isConstant);
    return {
      captured: taken.some(({ captured }) => captured),
      state: taken.some(({ state }) => state),
      parameter: variable.every(({ parameter }) => parameter !== undefined)
        ? variable[0]?.parameter
        : undefined,
      isConstant: variable.length === 0,
    };
  }

  #findGoals(): Goal[] {
    const goals = this.#nodes.map(({ results }) => {
      const keys = results.filter((path) => !watches.includes(path)).map((path) =>
        stateKey("result.state", "params", path) ?? stateKey("result.state", "buffers", path)
      );
      return {
        metrics: keys.includes(undefined),
        keys: new Set(keys.filter((key) => key !== undefined)),
        layer: false,
      };
    });
    for (let index = goals.length - 1; index >= 0; index--) {
      const { metrics, keys, layer } = goals[index]!;
      const isLayer = layer || metrics && this.#parameterOf(index) !== undefined;
      const { op, inputs } = this.#nodes[index]!;
      inputs.forEach((input, i) => {
        const goal = goals[input]!;
        goal.metrics ||= metrics;
        goal.layer ||= isLayer;
        // Whether the gradients are finite, which all keys depend on, tells nothing of a layer.
        const isCondition = op === "Select" && i === 0;
        if (!isCondition) keys.forEach((key) => goal.keys.add(key));
      });
    }
    return goals;
  }

  /** The key of the first parameter that a node takes; one made of parameters alone takes none. */
  #parameterOf(index: number): string | undefined {
    if (this.#origins[index]!.parameter !== undefined) return undefined;
    return this.#nodes[index]!.inputs
      .map((input) => this.#origins[input]!.parameter)
      .find((key) => key !== undefined);
  }

  /** What the node is for, given the labels of those before it. */
  label(index: number, labels: readonly NodeLabel[]): NodeLabel {
    const { captured, state } = this.#origins[index]!;
    if (captured && !state) return { part: "teacher", group: "teacher" };
    if (this.#goals[index]!.metrics) return { ...this.#forward(index, labels), part: "forward" };
    if (this.#isUpdate(index, labels)) return { ...this.#updated(index, labels), part: "update" };
    return { ...this.#backward(index, labels), part: "backward" };
  }

  #forward(index: number, labels: readonly NodeLabel[]): Omit<NodeLabel, "part"> {
    const key = this.#origins[index]!.parameter ?? this.#parameterOf(index);
    if (key !== undefined) return layer(key);
    if (!this.#goals[index]!.layer) return { group: "loss" };
    return this.#inputLabels(index, labels).find(isLayer) ?? { group: "images" };
  }

  #isUpdate(index: number, labels: readonly NodeLabel[]): boolean {
    const { keys } = this.#goals[index]!;
    const [only] = keys.size === 1 ? keys : [];
    if (only !== undefined && !this.#trained.has(only)) return true;
    if (only !== undefined && this.#origins[index]!.parameter === only) return true;
    return this.#nodes[index]!.inputs.some((input) => {
      const { parameter, buffer } = this.#origins[input]!;
      return buffer !== undefined || labels[input]!.part === "update" ||
        parameter !== undefined && parameter === only;
    });
  }

  #updated(index: number, labels: readonly NodeLabel[]): Omit<NodeLabel, "part"> {
    const { keys } = this.#goals[index]!;
    if (keys.size === 1) return layer([...keys][0]!);
    return this.#inputLabels(index, labels).find(isLayer) ?? { group: "update" };
  }

  #backward(index: number, labels: readonly NodeLabel[]): Omit<NodeLabel, "part"> {
    const { inputs } = this.#nodes[index]!;
    const { keys } = this.#goals[index]!;
    const taken = this.#origins[index]!.parameter ?? this.#parameterOf(index);
    if (taken !== undefined || inputs.some((input) => this.#fromLayer.has(input))) {
      this.#fromLayer.add(index);
    }
    if (keys.size === 1) return layer([...keys][0]!);
    if (taken !== undefined) return layer(taken);
    if (!this.#fromLayer.has(index)) return { group: "loss" };
    const given = this.#inputLabels(index, labels).filter(isLayer);
    return given.find(({ part }) => part === "forward") ?? given[0] ?? { group: "loss" };
  }

  #inputLabels(index: number, labels: readonly NodeLabel[]): NodeLabel[] {
    return this.#nodes[index]!.inputs.map((input) => labels[input]!);
  }
}

function layer(key: string): Omit<NodeLabel, "part"> {
  return { group: key.split(".")[0]!, key };
}

function isLayer({ key }: NodeLabel): boolean {
  return key !== undefined;
}

/** Results that are of no use to the student, and only tell whether its gradients are finite. */
const watches = ["result.gradientSums", "result.skipped"];

/** The key of a state's parameter or buffer; `loss.` before those of the loss. */
function stateKey(root: string, part: "params" | "buffers", path: string): string | undefined {
  const ofLoss = keyUnder(`${root}.loss.${part}`, path);
  return ofLoss === undefined ? keyUnder(`${root}.${part}`, path) : `loss.${ofLoss}`;
}

/** The key `a.b` of the path `<parent>["a.b"]`, and `a` of `<parent>.a`. */
function keyUnder(parent: string, path: string): string | undefined {
  if (!path.startsWith(parent)) return undefined;
  const step = path.slice(parent.length);
  return step.startsWith(".") ? step.slice(1) : JSON.parse(step.slice(1, -1));
}
