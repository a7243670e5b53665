/**
 * Spatial group-wise enhance as ONNX ops; see `models/spatial_group_enhance.ts`.
 *
 * @module
 */
import { ElementType } from "./format.ts";
import type { GraphBuilder } from "./graph_builder.ts";
import type { Activation, OnnxLayers } from "./layers.ts";

/** Added to the standard deviation. */
const epsilon = 1e-5;

/** The axis of the positions in `[N, groups, channels of a group, positions]`. */
const positions = 3;

/**
 * The layer of a block, if the network has it.
 *
 * @param key of the block: the parameters are `<key>.sge.weight` and `<key>.sge.bias`.
 */
export function enhance(layers: OnnxLayers, x: Activation, key: string): Activation {
  if (!layers.has(`${key}.sge.weight`)) return x;
  const { graph } = layers;
  const [groups] = layers.shapeOf(`${key}.sge.weight`) as [number];
  // Broadcasts over examples and positions. The authors' files have this shape, too.
  const [weight, bias] = ["weight", "bias"].map((name) =>
    layers.param(`${key}.sge.${name}`, [groups], [1, groups, 1, 1])
  ) as [string, string];
  const grouped = inGroups(graph, x, groups);
  const means = graph.add("Transpose", [meanOverPositions(graph, grouped)], { perm: [0, 1, 3, 2] });
  const similarity = graph.add("MatMul", [means, grouped]);
  const scaled = layers.normalizes
    ? normalized(graph, similarity, weight)
    : graph.add("Mul", [similarity, weight]);
  const gate = graph.add("Sigmoid", [graph.add("Add", [scaled, bias])]);
  const gated = graph.add("Mul", [grouped, gate]);
  const shape = graph.add("Shape", [x.name]);
  return { ...x, name: graph.add("Reshape", [gated, shape]) };
}

function inGroups(graph: GraphBuilder, { name, channels }: Activation, groups: number): string {
  // 0 keeps a size, -1 means the rest.
  const sizes = [0, groups, channels / groups, -1];
  const shape = graph.numbers(`shape_${groups}_of_${channels / groups}`, {
    values: BigInt64Array.from(sizes, BigInt),
    shape: [sizes.length],
  });
  return graph.add("Reshape", [name, shape]);
}

/**
 * Similarities `[N, groups, 1, positions]`, centred to mean 0, divided by their unbiased standard
 * deviation, times the weight.
 */
function normalized(graph: GraphBuilder, similarity: string, weight: string): string {
  const centred = graph.add("Sub", [similarity, meanOverPositions(graph, similarity)]);
  const squares = graph.add("ReduceSumSquare", [centred], { axes: [positions], keepdims: 1 });
  const size = graph.add("Shape", [similarity], { start: positions, end: positions + 1 });
  const count = graph.add("Cast", [size], { to: ElementType.float32 });
  const variance = graph.add("Div", [squares, graph.add("Sub", [count, scalar(graph, "one", 1)])]);
  const deviation = graph.add("Sqrt", [variance]);
  const divisor = graph.add("Add", [deviation, scalar(graph, "sge_epsilon", epsilon)]);
  return graph.add("Mul", [centred, graph.add("Div", [weight, divisor])]);
}

function meanOverPositions(graph: GraphBuilder, x: string): string {
  return graph.add("ReduceMean", [x], { axes: [positions], keepdims: 1 });
}

function scalar(graph: GraphBuilder, name: string, value: number): string {
  return graph.numbers(name, { values: Float32Array.of(value), shape: [] });
}
