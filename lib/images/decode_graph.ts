/**
 * Builds the TensorFlow function that decodes an image, resizes a part of it and normalises the result.
 *
 * @module
 */
import type { Normalization } from "../data/normalize.ts";
import { type Context, DataType, Graph, type Output, sizeOf, typeAttr } from "../tensorflow/mod.ts";
import { bool, int, Nodes, string } from "./graph_nodes.ts";
import type { ImageHeader } from "./image_header.ts";
import type { JitterKind } from "./jitter.ts";

/** The settings of a decoding function. */
export interface DecodeFunction {
  format: ImageHeader["format"];
  /** The colour changes, in order. Their factors are an input of the function. */
  jitter: readonly JitterKind[];
  /** The height and width of the result. */
  size: number;
  normalization: Normalization;
}

const channels = 3;
const { uint8, float32 } = DataType;
/** The weights of red, green and blue in a grey value, from torchvision (ITU-R 601-2). */
const greyWeights = Float32Array.of(0.2989, 0.587, 0.114);

/**
 * Adds a decoding function to a context. Its inputs:
 *
 * - the file (string)
 * - the part's top, left, height and width (int32 `[4]`)
 * - `[1, height, 1, 3 * width]` (int32)
 * - for the rows and then for the columns: the scale and 1, the translation and 0 (float32 `[2]` each)
 * - whether to reverse height, width and channels (bool `[3]`)
 * - the factors of the colour changes (float32 `[jitter.length]`)
 *
 * Its output: float32 `[1, size, size, 3]`.
 */
export function addDecodeFunction(
  context: Context,
  name: string,
  { format, jitter, size, normalization }: DecodeFunction,
): void {
  const { library } = context;
  const graph = new Graph(library);
  try {
    const nodes = new Nodes(graph);
    const file = nodes.input(DataType.string, []);
    const box = nodes.input(DataType.int32, [4]);
    const rowsShape = nodes.input(DataType.int32, [4]);
    const pair = () => nodes.input(float32, [2]);
    const rows = { scale: pair(), translation: pair() };
    const columns = { scale: pair(), translation: pair() };
    const reversed = nodes.input(DataType.bool, [3]);
    const factors = nodes.input(float32, [jitter.length]);

    const part = format === "jpeg" ? jpegPart(nodes, file, box) : pngPart(nodes, file, box);
    // Before resizing, because there is less data to move.
    const turned = nodes.add("Reverse", [typeAttr("T", uint8)], part, reversed);
    let image = resized(nodes, turned, size, rowsShape, rows, columns);
    jitter.forEach((kind, i) => image = changeColours(nodes, image, size, kind, factors, i));
    const output = normalize(nodes, image, size, normalization);

    const mappings = [rows, columns].flatMap(({ scale, translation }) => [scale, translation]);
    const inputs = [file, box, rowsShape, ...mappings, reversed, factors];
    const fn = graph.toFunction(name, inputs, [output]);
    try {
      context.addFunction(fn, name);
    } finally {
      library.TF_DeleteFunction(fn);
    }
  } finally {
    graph.delete();
  }
}

/** Uses Pillow's decoder with the same settings. It stops after the last row of the part. */
function jpegPart(nodes: Nodes, file: Output, box: Output): Output {
  const attrs = [
    int("channels", channels),
    string("dct_method", "INTEGER_ACCURATE"),
    bool("fancy_upscaling", true),
  ];
  return nodes.add("DecodeAndCropJpeg", attrs, file, box);
}

function pngPart(nodes: Nodes, file: Output, box: Output): Output {
  const attrs = [int("channels", channels), typeAttr("dtype", uint8)];
  const whole = nodes.add("DecodePng", attrs, file);
  const sliceAttrs = [typeAttr("T", DataType.int32), typeAttr("Index", DataType.int32)];
  const slice = (from: number) =>
    nodes.add("Slice", sliceAttrs, box, nodes.ints(from), nodes.ints(2));
  const join = (start: Output, last: number) =>
    nodes.concat(DataType.int32, start, nodes.ints(last));
  const partAttrs = [typeAttr("T", uint8), typeAttr("Index", DataType.int32)];
  return nodes.add("Slice", partAttrs, whole, join(slice(0), 0), join(slice(2), channels));
}

/** The map from input to output positions along one axis, each value paired with a dummy column's. */
interface Mapping {
  scale: Output;
  translation: Output;
}

/**
 * Bilinear and antialiased, with the kernel and borders of Pillow, which also rounds between the two
 * steps. TensorFlow's op is much faster on whole rows than on pixels, so this turns columns into rows.
 */
function resized(
  nodes: Nodes,
  image: Output,
  size: number,
  rowsShape: Output,
  rows: Mapping,
  columns: Mapping,
): Output {
  const swap = (x: Output) => nodes.transpose(x, 1, 0, 2);
  const asRows = nodes.reshape(uint8, image, rowsShape);
  const byRows = resizedRows(nodes, uint8, asRows, size, rows);
  const turned = swap(nodes.reshape(float32, byRows, [size, -1, channels]));
  const asColumns = nodes.reshape(float32, turned, [1, -1, 1, size * channels]);
  const byColumns = resizedRows(nodes, float32, asColumns, size, columns);
  const result = swap(nodes.reshape(float32, byColumns, [size, size, channels]));
  return nodes.reshape(float32, result, [1, size, size, channels]);
}

/** `[1, rows, 1, values]` to `[1, size, 1, values]`. */
function resizedRows(
  nodes: Nodes,
  dtype: number,
  rows: Output,
  size: number,
  { scale, translation }: Mapping,
): Output {
  const attrs = [
    typeAttr("T", dtype),
    string("kernel_type", "triangle"),
    bool("antialias", true),
  ];
  return nodes.add("ScaleAndTranslate", attrs, rows, nodes.ints(size, 1), scale, translation);
}

function changeColours(
  nodes: Nodes,
  image: Output,
  size: number,
  kind: JitterKind,
  factors: Output,
  index: number,
): Output {
  const sliceAttrs = [typeAttr("T", float32), typeAttr("Index", DataType.int32)];
  const factor = nodes.add("Slice", sliceAttrs, factors, nodes.ints(index), nodes.ints(1));
  const rest = nodes.float("Sub", nodes.floats([1], [1]), factor);
  const pixels = nodes.reshape(float32, image, [size * size, channels]);
  const changed = kind === "brightness"
    ? nodes.float("Mul", pixels, factor)
    : kind === "contrast"
    ? blend(nodes, pixels, factor, nodes.float("Mul", meanGrey(nodes, pixels, size), rest))
    : nodes.matMul(pixels, saturationMatrix(nodes, factor, rest));
  const clipped = nodes.float(
    "ClipByValue",
    changed,
    nodes.floats([], [0]),
    nodes.floats([], [255]),
  );
  return nodes.reshape(float32, clipped, [1, size, size, channels]);
}

function blend(nodes: Nodes, pixels: Output, factor: Output, added: Output): Output {
  return nodes.float("AddV2", nodes.float("Mul", pixels, factor), added);
}

/** The mean grey value, `[1]`. Averages rows first, so that the thread count does not change it. */
function meanGrey(nodes: Nodes, pixels: Output, size: number): Output {
  const grey = nodes.matMul(pixels, nodes.floats([channels, 1], greyWeights));
  const rows = nodes.mean(nodes.reshape(float32, grey, [size, size]), 1);
  return nodes.reshape(float32, nodes.mean(rows, 0), [1]);
}

/** A matrix `[3, 3]` that scales each pixel's distance from its grey value by `factor`. */
function saturationMatrix(nodes: Nodes, factor: Output, rest: Output): Output {
  const identity = nodes.floats([channels, channels], [1, 0, 0, 0, 1, 0, 0, 0, 1]);
  const toGrey = nodes.floats(
    [channels, channels],
    Array.from(greyWeights).flatMap((weight) => Array(channels).fill(weight)),
  );
  return blend(nodes, identity, factor, nodes.float("Mul", toGrey, rest));
}

/** Uses constants of the size of the image: TensorFlow broadcasts `[3]` more slowly than it computes. */
function normalize(
  nodes: Nodes,
  image: Output,
  size: number,
  { mean, std }: Normalization,
): Output {
  const shape = [1, size, size, channels];
  const repeated = (f: (channel: number) => number) =>
    nodes.floats(shape, Array.from({ length: sizeOf(shape) }, (_, i) => f(i % channels)));
  const centred = nodes.float("Sub", image, repeated((c) => mean[c]!));
  return nodes.float("Mul", centred, repeated((c) => 1 / std[c]!));
}
