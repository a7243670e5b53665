/**
 * Files of torch.save that the tests share, and what it means to refuse one.
 *
 * @module
 */
import { assert, assertRejects, assertStringIncludes } from "@std/assert";
import { UserError } from "../../../../lib/errors.ts";
import { readPyTorch } from "../../../../lib/formats/pytorch/read_pytorch.ts";
import { legacyFile, values, zipFile } from "./crafted.ts";
import type { SafeTensor } from "../../../../lib/formats/safetensors.ts";

/** Made by ../../fixtures/pytorch_files.py. */
export function fixture(name: string): Uint8Array {
  return Deno.readFileSync(new URL(`../../../fixtures/pytorch/${name}`, import.meta.url));
}

/** Fails unless reading throws a UserError of one line with this part. */
export async function assertRefused(bytes: Uint8Array, part: string): Promise<void> {
  const { message } = await assertRejects(() => readPyTorch(bytes, "a.pth"), UserError);
  assertStringIncludes(message, "Cannot read parameters from a.pth: ");
  assertStringIncludes(message, part);
  assert(/^[^\p{Cc}]{1,300}$/u.test(message), message);
}

/** Both formats around one value. */
export const formats: Record<string, (value: string) => Uint8Array> = {
  zip: (value) => zipFile(value),
  legacy: (value) => legacyFile(value, value.includes("storage") ? {} : { keys: [] }),
};

/** What the tensor of crafted files is. */
export const six: SafeTensor = { dtype: "F32", shape: [2, 3], data: values };
