/**
 * The real files that inputs are made from, and a folder to put inputs in.
 *
 * @module
 */
import { join } from "@std/path";
import type { Bytes } from "../bytes.ts";

const fixtures = new URL("../../fixtures/", import.meta.url);

/** The files of tests/fixtures by these names. */
export function readFixtures(names: readonly string[]): Bytes[] {
  return names.map((name) => Deno.readFileSync(new URL(name, fixtures)));
}

/** All files in a folder of tests/fixtures whose name passes. */
export function fixturesIn(folder: string, passes: RegExp): string[] {
  return [...Deno.readDirSync(new URL(`${folder}/`, fixtures))]
    .map(({ name }) => name).filter((name) => passes.test(name)).sort()
    .map((name) => `${folder}/${name}`);
}

/** A new folder, which {@linkcode Scratch.close} removes. */
export class Scratch {
  readonly path: string = Deno.makeTempDirSync({ prefix: "fuzz-" });

  /** Writes a file there, and returns its path. */
  put(name: string, bytes: Uint8Array): string {
    const path = join(this.path, name);
    Deno.writeFileSync(path, bytes);
    return path;
  }

  async close(): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
