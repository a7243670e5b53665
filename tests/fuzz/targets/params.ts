/**
 * What the readers of parameters share: loading through the library's one door, and checking the result.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { UserError } from "../../../lib/errors.ts";
import type { Tensors } from "../../../lib/params.ts";
import { loadParams } from "../../../lib/formats/weights.ts";
import { isA, sound, type Target } from "../target.ts";
import { Scratch } from "./seeds.ts";

await tf.setBackend("cpu");

/** Memory for tensors, for what is read on the way to them, and for the reading program. */
export function paramsMemory(size: number): number {
  return 2 ** 27 + 64 * size;
}

/** Reads inputs as parameter files of this extension. */
export function paramsTarget(extension: string, make: Target["make"]): Target {
  const scratch = new Scratch();
  return {
    make,
    isNamed: isA(UserError),
    memory: paramsMemory,
    read: (input) =>
      checkLeak(async () => {
        const params = await loadParams(scratch.put(`input${extension}`, input));
        checkParams(params);
        tf.dispose(params);
      }),
    close: () => scratch.close(),
  };
}

/** Every tensor has the numbers that its shape says. */
export function checkParams(params: Tensors): void {
  for (const [key, tensor] of Object.entries(params)) {
    const size = tensor.shape.reduce((product, side) => product * side, 1);
    sound(tensor.dataSync().length === size, `${key} has not the values of its shape`);
  }
}

/** Whatever comes of reading, no tensor is left behind. */
export async function checkLeak(read: () => Promise<void>): Promise<void> {
  const before = tf.memory().numTensors;
  try {
    await read();
  } finally {
    const left = tf.memory().numTensors - before;
    sound(left === 0, `${left} tensors are left behind`);
  }
}
