/**
 * Decodes the images of a folder one by one, and records those that cannot be used.
 *
 * @module
 */
import { dirname } from "@std/path";
import { UserError } from "../errors.ts";
import { exists, readFile, whyNot } from "../files.ts";
import type { ImageDecoder, Pixels } from "./decoder.ts";
import type { ImageFolder } from "./image_folder.ts";
import { BrokenImageError, type ImageSize, mostImageBytes } from "./image_header.ts";
import type { SkippedImages } from "./skipped.ts";
import type { View } from "./view.ts";

/** An image with its label. */
export interface LabeledImage {
  pixels: Pixels;
  label: number;
}

/** Opens the images of a folder. Images that cannot be used are added to `skipped`. */
export function imageSource(folder: ImageFolder, decoder: ImageDecoder, skipped: SkippedImages) {
  const spare: Pixels[] = [];
  return {
    /** The image at an index; undefined, and reported, if it cannot be used. */
    async decode(
      index: number,
      view: (image: ImageSize) => View,
    ): Promise<LabeledImage | undefined> {
      const path = folder.pathOf(index);
      const onDamage = skipped.isDamaged(path)
        ? undefined
        : (words: string) => skipped.addDamaged(path, words);
      try {
        const pixels = await decoder.decode(await readImage(path), view, spare.pop(), onDamage);
        return { pixels, label: folder.labels[index]! };
      } catch (error) {
        if (!(error instanceof BrokenImageError)) throw error;
        await checkFolder(dirname(path));
        skipped.add(path, error.message);
        return undefined;
      }
    },
    /** Makes an image's memory available for another one. */
    release({ pixels }: LabeledImage): void {
      spare.push(pixels);
    },
    /** The error for the case that no image can be used. */
    noneLeft(): UserError {
      const first = [...skipped].find(({ path }) => path.startsWith(folder.path));
      return new UserError(
        `Cannot use any of the ${folder.size} images in ${folder.path}: ${first?.path}: ` +
          `${first?.reason}; put JPEG or PNG files there`,
        { code: "not-readable" },
      );
    },
  };
}

/** The images of a folder. */
export type ImageSource = ReturnType<typeof imageSource>;

/** A broken image can be skipped, but if the folder is gone, all other images fail, too. */
async function checkFolder(path: string): Promise<void> {
  if (await exists(path)) return;
  throw new UserError(`Cannot read the images in ${path}: the folder is gone; put it back`, {
    code: "not-found",
  });
}

/**
 * The bytes of an image file.
 *
 * @throws {BrokenImageError} If it cannot be read, is not a file, or is too large.
 */
export async function readImage(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readFile(path, mostImageBytes);
  } catch (error) {
    throw new BrokenImageError(whyNot(error), { cause: error });
  }
}
