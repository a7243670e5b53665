/**
 * Runs ONNX files in ONNX Runtime, on activations as the project has them.
 *
 * @module
 */
import * as ort from "onnxruntime-web";
import type { Values } from "../../parity.ts";

ort.env.wasm.numThreads = 1; // more would be workers, which outlive a test

/** A file that is open in the runtime. */
export interface OpenModel {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** All outputs for images `[N, H, W, C]`, by their names; those of rank 4 are `[N, H, W, C]` too. */
  run(images: Values): Promise<Record<string, Values>>;
}

/** Opens the bytes of a file for a test, and closes it. */
export async function withModel<T>(
  bytes: Uint8Array,
  test: (model: OpenModel) => Promise<T>,
): Promise<T> {
  const session = await ort.InferenceSession.create(bytes);
  try {
    return await test({
      inputs: session.inputNames,
      outputs: session.outputNames,
      run: async (images) => {
        const { shape, data } = turned(images, [0, 3, 1, 2]);
        const results = await session.run({ images: new ort.Tensor("float32", data, shape) });
        const values = Object.entries(results).map(([name, { dims, data }]) => {
          const plain = { shape: [...dims], data: data as Float32Array };
          return [name, dims.length === 4 ? turned(plain, [0, 2, 3, 1]) : plain] as const;
        });
        return Object.fromEntries(values);
      },
    });
  } finally {
    await session.release();
  }
}

/** Turns the axes of a 4-D array: axis `i` of the result is axis `axes[i]` of the given one. */
function turned({ shape, data }: Values, axes: readonly [number, number, number, number]) {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const sizes = axes.map((axis) => shape[axis]!);
  const result = Float32Array.from(data, (_, index) => {
    let from = 0;
    for (let i = 3; i >= 0; i--) {
      from += index % sizes[i]! * strides[axes[i]!]!;
      index = Math.floor(index / sizes[i]!);
    }
    return data[from]!;
  });
  return { shape: sizes, data: result };
}
