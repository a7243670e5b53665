/**
 * TensorFlow's data types, by their numbers in the C interface, and their JavaScript arrays.
 *
 * @module
 */

/** `TF_DataType`: the types that tfjs's kernels use. */
export const DataType = {
  float32: 1,
  int32: 3,
  uint8: 4,
  int16: 5,
  string: 7,
  complex64: 8,
  int64: 9,
  bool: 10,
  bfloat16: 14,
  resource: 20,
} as const;

const names = new Map<number, string>(
  Object.entries(DataType).map(([name, number]) => [number, name]),
);

/** A name such as `float32`; `type 23` if tfjs has no name for it. */
export function dataTypeName(dtype: number): string {
  return names.get(dtype) ?? `type ${dtype}`;
}

/** A text such as `float32[128,10]`. */
export function describeType(
  { dtype, shape }: { dtype: number; shape: readonly number[] },
): string {
  return `${dataTypeName(dtype)}[${shape}]`;
}

type NumberArray = Float32Array | Int32Array | Uint8Array | BigInt64Array;

interface Layout {
  /** Bytes per element. */
  size: number;
  /** The array class for it. complex64 uses pairs of float32. */
  // deno-lint-ignore no-explicit-any -- the typed arrays' constructors share no narrower type
  array: new (buffer: any) => NumberArray;
}

const layouts = new Map<number, Layout>([
  [DataType.float32, { size: 4, array: Float32Array }],
  [DataType.int32, { size: 4, array: Int32Array }],
  [DataType.uint8, { size: 1, array: Uint8Array }],
  [DataType.complex64, { size: 8, array: Float32Array }],
  [DataType.int64, { size: 8, array: BigInt64Array }],
  [DataType.bool, { size: 1, array: Uint8Array }],
]);

/** Size and array class of a fixed-size type. Throws a TypeError for other types. */
export function layoutOf(dtype: number): Layout {
  const layout = layouts.get(dtype);
  if (!layout) {
    throw new TypeError(`Cannot move values of ${dataTypeName(dtype)} between here and C`);
  }
  return layout;
}

/** The number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** TensorFlow's maximum number of dimensions. */
const maxRank = 254;

/**
 * Refuses shapes that would crash TensorFlow. Allows dimensions of -1, which mean unknown.
 *
 * @throws {RangeError} If there are more than 254 dimensions, one that is not an integer of -1 or more,
 * or more than 2^53 elements (ignoring dimensions of 0).
 */
export function checkShape(shape: readonly number[]): void {
  if (shape.length > maxRank) {
    throw new RangeError(
      `Cannot make a tensor of ${shape.length} dimensions: TensorFlow takes ${maxRank} at the most`,
    );
  }
  let elements = 1;
  for (const dimension of shape) {
    if (!Number.isSafeInteger(dimension) || dimension < -1) {
      throw new RangeError(
        `Cannot make a tensor of shape [${shape}]: ${dimension} is no dimension; give whole numbers ` +
          `of 0 or more`,
      );
    }
    if (dimension > 0) elements *= dimension;
  }
  if (elements > Number.MAX_SAFE_INTEGER) {
    throw new RangeError(
      `Cannot make a tensor of shape [${shape}]: more than 2^53 elements, dimensions of 0 left out; ` +
        `give it smaller dimensions`,
    );
  }
}
