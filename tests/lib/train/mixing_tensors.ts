/**
 * A mixing on the device, for tests.
 *
 * @module
 */
import type { Mixing } from "../../../lib/data/batches.ts";
import type { MixingTensors } from "../../../lib/train/batch.ts";
import { toTensors } from "../../../lib/train/device.ts";

/** The tensors of a mixing, as a batch gets them. */
export function mixingTensors(mixing: Mixing, [height, width]: readonly number[]): MixingTensors {
  const count = mixing.partners.length;
  const { mixing: tensors } = toTensors({
    images: new Float32Array(count * height! * width!),
    labels: new Int32Array(count),
    shape: [count, height!, width!, 1],
    mixing,
  });
  return tensors!;
}
