/**
 * The attributes of tfjs's kernels that TensorFlow reads as int32. tfjs truncates larger values, so
 * that `tf.fill([2 ** 38], 1)` would give an empty tensor.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";

const attributes: Readonly<Record<string, readonly string[]>> = {
  BatchToSpaceND: ["blockShape", "crops"],
  Bincount: ["size"],
  Concat: ["axis"],
  CropAndResize: ["cropSize"],
  Cumprod: ["axis"],
  Cumsum: ["axis"],
  DepthToSpace: ["blockSize"],
  ExpandDims: ["dim"],
  Fill: ["shape"],
  GatherV2: ["axis", "batchDims"],
  LinSpace: ["num"],
  MirrorPad: ["paddings"],
  Multinomial: ["numSamples"],
  NonMaxSuppressionV3: ["maxOutputSize"],
  NonMaxSuppressionV4: ["maxOutputSize"],
  NonMaxSuppressionV5: ["maxOutputSize"],
  OneHot: ["depth"],
  PadV2: ["paddings"],
  Reshape: ["shape"],
  ResizeBilinear: ["size"],
  ResizeNearestNeighbor: ["size"],
  ScatterNd: ["shape"],
  Slice: ["begin", "size"],
  SpaceToBatchND: ["blockShape", "paddings"],
  SparseToDense: ["outputShape"],
  SplitV: ["numOrSizeSplits", "axis"],
  StridedSlice: ["begin", "end", "strides"],
  Tile: ["reps"],
  TopK: ["k"],
  UnsortedSegmentSum: ["numSegments"],
};

const largest = 2 ** 31 - 1;

/**
 * Checks a kernel's attributes.
 *
 * @throws {RangeError} If a value is not an int32. The message names kernel, attribute and value.
 */
export function checkWholeNumbers(kernel: string, attrs: tf.NamedAttrMap | undefined): void {
  for (const name of attributes[kernel] ?? []) {
    const wrong = [attrs?.[name]].flat(Infinity as 2).find((value) => !isInt32(value));
    if (wrong === undefined) continue;
    throw new RangeError(
      `Cannot run ${kernel}: ${name} is [${attrs?.[name]}], and ${wrong} is no whole number from ` +
        `${-largest - 1} to ${largest}`,
    );
  }
}

/** Missing values are accepted. */
function isInt32(value: unknown): boolean {
  return value === undefined ||
    Number.isInteger(value) && -largest - 1 <= (value as number) && (value as number) <= largest;
}
