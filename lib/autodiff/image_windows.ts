/**
 * What a window of a convolution or a pooling sees, position by position: the pieces that gradients
 * are composed of where a backend has no kernel for them. All from ops of rank 4 at most, because
 * tfjs's kernels are not right beyond that on every backend, and all differentiable.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/** Where windows lie on an image. */
export interface Windows {
  /** Rows and columns of a window. */
  size: readonly [number, number];
  strides: readonly [number, number];
  /** Rows of padding above, and columns on the left. */
  before: readonly [number, number];
  /** How many windows there are, in rows and columns. */
  counts: readonly [number, number];
}

/** What tfjs tells of a convolution or a pooling. */
type Info = Pick<
  tf.backend_util.Conv2DInfo,
  | "filterHeight"
  | "filterWidth"
  | "strideHeight"
  | "strideWidth"
  | "padInfo"
  | "outHeight"
  | "outWidth"
>;

/** The windows of a convolution or a pooling, of what tfjs tells of it. */
export function windowsOf(info: Info): Windows {
  return {
    size: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    before: [info.padInfo.top, info.padInfo.left],
    counts: [info.outHeight, info.outWidth],
  };
}

/** All positions in a window, row by row. */
export function positions({ size: [rows, columns] }: Windows): [row: number, column: number][] {
  return Array.from(
    { length: rows * columns },
    (_, i) => [Math.floor(i / columns), i % columns],
  );
}

/**
 * What each window sees at one of its positions.
 *
 * @param x `[outer, H, W, inner]`.
 * @param fill what is seen beyond the edge.
 * @returns for a position: `[outer, rows, columns, inner]`, as many rows and columns as windows.
 */
export function look(
  x: tf.Tensor4D,
  windows: Windows,
  fill = 0,
): (row: number, column: number) => tf.Tensor4D {
  const { strides: [down, across], before, counts: [rows, columns] } = windows;
  const [outer, height, width, inner] = x.shape;
  const [allRows, allColumns] = [0, 1].map((axis) => blocks(windows, axis, [height, width])) as [
    number,
    number,
  ];
  const padded = tf.pad(x, [
    [0, 0],
    [before[0], allRows * down - before[0] - height],
    [before[1], allColumns * across - before[1] - width],
    [0, 0],
  ], fill);
  // Every stride-th row and column, by reshaping: tfjs has no gradient of a slice with strides.
  const groups = tf.reshape(padded, [outer * allRows, down, allColumns, across * inner]);
  const phase = remember((row: number, column: number) => {
    if (down === 1 && across === 1) return padded;
    const size = [outer * allRows, 1, allColumns, inner];
    return tf.slice(groups, [0, row, 0, column * inner], size);
  });
  // Columns first, and as matrices: then the rows of an image lie together, and few pieces are copied.
  const column = remember((row: number, column: number) => {
    const all = tf.reshape(phase(row, column % across), [outer * allRows, allColumns * inner]);
    const start = Math.floor(column / across) * inner;
    const chosen = tf.slice(all, [0, start], [outer * allRows, columns * inner]);
    return tf.reshape(chosen, [outer, allRows * columns * inner]);
  });
  return (row, at) => {
    const start = Math.floor(row / down) * columns * inner;
    const seen = tf.slice(column(row % down, at), [0, start], [outer, rows * columns * inner]);
    return tf.reshape(seen, [outer, rows, columns, inner]);
  };
}

/** A function of a row and a column that is computed once for each. */
function remember<T>(f: (row: number, column: number) => T): (row: number, column: number) => T {
  const known = new Map<string, T>();
  return (row, column) => {
    const key = `${row},${column}`;
    if (!known.has(key)) known.set(key, f(row, column));
    return known.get(key) as T;
  };
}

/** How many strides cover the padded image along an axis, with all that windows see. */
function blocks(
  { size, strides, before, counts }: Windows,
  axis: number,
  image: readonly number[],
): number {
  const of = (pair: readonly number[]) => pair[axis] as number;
  const seen = Math.floor((of(size) - 1) / of(strides)) + of(counts);
  return Math.max(seen, Math.ceil((of(before) + of(image)) / of(strides)));
}

/**
 * The transpose of {@link look}: puts what each window has at a position where it was seen.
 *
 * @param y `[outer, rows, columns, inner]`.
 * @param image the size of the image `[H, W]`.
 * @returns `[outer, H, W, inner]`.
 */
export function spread(
  y: tf.Tensor4D,
  windows: Windows,
  [row, column]: readonly [number, number],
  image: readonly [number, number],
): tf.Tensor4D {
  const { strides: [down, across], before } = windows;
  const [outer, rows, columns, inner] = y.shape;
  const [height, width] = [0, 1].map((axis) =>
    (blocks(windows, axis, image) + 1) * (windows.strides[axis] as number) +
    (windows.size[axis] as number)
  ) as [number, number];
  const apart = tf.reshape(
    tf.pad(tf.reshape(y, [outer * rows, 1, columns, inner]), [
      [0, 0],
      [0, down - 1],
      [0, 0],
      [0, (across - 1) * inner],
    ]),
    [outer, rows * down, columns * across, inner],
  );
  const placed = tf.pad(apart, [
    [0, 0],
    [row, height - row - rows * down],
    [column, width - column - columns * across],
    [0, 0],
  ]);
  return tf.slice(placed, [0, ...before, 0], [outer, ...image, inner]) as tf.Tensor4D;
}
