/**
 * HDF5 files that the tests share, and what it means to refuse one.
 *
 * @module
 */
import { assert, assertRejects, assertStringIncludes } from "@std/assert";
import { UserError } from "../../../../lib/errors.ts";
import { readHdf5, type ReadHdf5Options } from "../../../../lib/formats/hdf5/read_hdf5.ts";

/** Made by ../../fixtures/hdf5_files.py. */
export function fixture(name: string): Uint8Array {
  return Deno.readFileSync(new URL(`../../../fixtures/hdf5/${name}`, import.meta.url));
}

/** Fails unless reading throws a UserError of one line with this part. */
export async function assertRefused(
  bytes: Uint8Array,
  part: string,
  options: ReadHdf5Options = {},
): Promise<void> {
  const { message } = await assertRejects(() => readHdf5(bytes, "a.hkl", options), UserError);
  assertStringIncludes(message, "Cannot read parameters from a.hkl: ");
  assertStringIncludes(message, part);
  assert(/^[^\p{Cc}]{1,300}$/u.test(message), message);
}
