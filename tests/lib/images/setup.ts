/**
 * What the tests of images share: a decoder whose results are pixel values, and small images.
 *
 * @module
 */
import { fromFileUrl, join } from "@std/path";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { type ImageDecoder, openImageDecoder } from "../../../lib/images/decoder.ts";

const { library } = await useTensorFlow({ gpu: false });

/** A decoder that leaves pixels on their scale of 0 to 255. */
export function pixelDecoder(size: number, threads = 2): ImageDecoder {
  return openImageDecoder({
    library,
    size,
    threads,
    normalization: { mean: [0, 0, 0], std: [1, 1, 1] },
  });
}

/** The folder of the images that tests/fixtures/images.py writes. */
export const fixtureFolder: string = fromFileUrl(new URL("../../fixtures/images", import.meta.url));

/** The bytes of one of them. */
export function fixtureImage(name: string): Uint8Array<ArrayBuffer> {
  return Deno.readFileSync(join(fixtureFolder, name));
}

/** The names of all of them, sorted. */
export const fixtureNames: readonly string[] = [...Deno.readDirSync(fixtureFolder)]
  .map(({ name }) => name)
  .filter((name) => /\.(jpg|png)$/.test(name))
  .sort();

/** Writes files below a folder, and the folders on the way: `{ "cat/1.jpg": bytes }`. */
export async function writeFiles(folder: string, files: Record<string, Uint8Array>): Promise<void> {
  for (const [name, bytes] of Object.entries(files)) {
    const path = join(folder, name);
    await Deno.mkdir(join(path, ".."), { recursive: true });
    await Deno.writeFile(path, bytes);
  }
}
