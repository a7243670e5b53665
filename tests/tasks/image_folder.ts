/**
 * A small folder of images for the tests of `deno task imagenet`.
 *
 * @module
 */
import { join } from "@std/path";

/** The pictures of each class. */
const pictures = [
  "colour.jpg",
  "grey.jpg",
  "progressive.jpg",
  "colour.png",
  "full_chroma.jpg",
];
/** Makes train/ and val/ with the pictures in each class. */
export async function makeImages(folder: string, classes: readonly string[]): Promise<void> {
  for (const part of ["train", "val"]) {
    for (const name of classes) {
      const path = join(folder, part, name);
      await Deno.mkdir(path, { recursive: true });
      for (const picture of pictures) {
        const source = new URL(`../fixtures/images/${picture}`, import.meta.url);
        await Deno.copyFile(source, join(path, picture));
      }
    }
  }
}
