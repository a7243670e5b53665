/**
 * What the tests of parameter files share.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import { loadParams } from "../../../lib/formats/weights.ts";
import type { Tensors } from "../../../lib/params.ts";
import { inFolder } from "../../folders.ts";

/** Runs a test with a path in a folder of its own. */
export function withFile(test: (path: string, folder: string) => Promise<void>): Promise<void> {
  return inFolder((folder) => test(join(folder, "a.safetensors"), folder));
}

/** Fails unless reading throws a UserError of one line with these parts. */
export async function assertRefused(path: string, ...parts: string[]): Promise<void> {
  const error = await assertRejects(() => loadParams(path), UserError);
  for (const part of [path, ...parts]) assert(error.message.includes(part), error.message);
  assertEquals(error.message.split("\n").length, 1);
}

/** The bytes of values. */
export function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Type, shape and values of a parameter. */
export function read(params: Tensors, key: string): [string, number[], number[]] {
  const tensor = params[key];
  assert(tensor, `no ${key}`);
  return [tensor.dtype, tensor.shape, Array.from(tensor.dataSync())];
}
