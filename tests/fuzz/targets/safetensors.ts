/**
 * Damaged safetensors files.
 *
 * @module
 */
import { formatSafetensors } from "../../../lib/formats/safetensors.ts";
import type { Random } from "../../../lib/random.ts";
import { type Bytes, damage, happens, pick, writeField } from "../bytes.ts";
import { safetensorsFields } from "../fields.ts";
import { damageJson } from "../json.ts";
import type { Target } from "../target.ts";
import { paramsTarget } from "./params.ts";
import { readFixtures } from "./seeds.ts";

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** A file with what the others lack: metadata, booleans, tensors without elements. */
const rich = formatSafetensors({
  tensors: {
    "module.conv.weight": {
      dtype: "F32",
      shape: [2, 1, 3, 3],
      data: bytesOf(Float32Array.from({ length: 18 }, (_, i) => i)),
    },
    "module.flags": { dtype: "BOOL", shape: [3], data: Uint8Array.of(1, 0, 1) },
    "module.empty": { dtype: "I64", shape: [0, 4], data: new Uint8Array() },
    "module.scalar": { dtype: "BF16", shape: [], data: Uint8Array.of(0, 64) },
  },
  metadata: { format: "pt", normalization: "cifar" },
});

/** The same file with another header, whose length is right or else wrong by a little. */
export function withHeader(
  file: Uint8Array,
  random: Random,
  change: (json: string) => string,
): Bytes {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const end = 8 + Number(view.getBigUint64(0, true));
  const json = new TextEncoder().encode(change(new TextDecoder().decode(file.subarray(8, end))));
  const result = new Uint8Array(8 + json.length + file.length - end);
  const off = happens(random, 0.9) ? 0 : random.integer(9) - 4;
  writeField(result, { at: 0, size: 8 }, BigInt(Math.max(0, json.length + off)));
  result.set(json, 8);
  result.set(file.subarray(end), 8 + json.length);
  return result;
}

/** Damages a safetensors file as bytes, or the JSON of its header. */
export function damageSafetensors(
  file: Uint8Array,
  random: Random,
  others: readonly Uint8Array[],
): Bytes {
  if (happens(random, 0.25)) {
    return damage(file, random, { fields: safetensorsFields(file), others });
  }
  const changed = withHeader(file, random, (json) => damageJson(json, random));
  return happens(random, 0.1) ? damage(changed, random, { others }) : changed;
}

/** Opens the target. */
export function open(): Target {
  const seeds = [
    rich,
    ...readFixtures([
      "hdf5/hickle.safetensors",
      "hdf5/tensors.safetensors",
      "pytorch/tensors.safetensors",
      "pytorch/checkpoint.safetensors",
    ]),
  ];
  return paramsTarget(
    ".safetensors",
    (random) => damageSafetensors(pick(random, seeds), random, seeds),
  );
}
