/**
 * The labelled images of a folder of classes, such as ImageNet's `val`.
 *
 * @module
 */
import { basename, dirname, join } from "@std/path";
import type { Batch } from "../../../lib/data/batches.ts";
import type { Normalization } from "../../../lib/data/normalize.ts";
import { openImageDecoder } from "../../../lib/images/decoder.ts";
import { evalImageBatches } from "../../../lib/images/image_batches.ts";
import type { ImageFolder } from "../../../lib/images/image_folder.ts";
import { SkippedImages } from "../../../lib/images/skipped.ts";
import { type Picture, picturesOfFiles, usualResize } from "../../visualize/pictures.ts";
import type { TestImages } from "./test_images.ts";

/** Options of {@linkcode imagesOfFolder}. */
export interface FolderOptions {
  /** The path of libtensorflow, which decodes the images. */
  library: string;
  /** The side of the images that networks see, in pixels. Default 224. */
  size?: number;
  /** The shorter side of an image before its centre is cropped, in pixels. Default 256 / 224 of `size`. */
  resize?: number;
  /** See {@linkcode DecoderOptions}. */
  maxPixels?: number;
  /** At most so many images, spread evenly over the folder. Default: all. */
  most?: number | undefined;
  /** Images in a batch, which limits the memory. Default 25. */
  batchSize?: number;
  /** Collects the images that cannot be used. */
  skipped?: SkippedImages;
}

/** The images of a folder. They are decoded for each pass, and never all in memory. */
export function imagesOfFolder(
  folder: ImageFolder,
  options: FolderOptions,
): TestImages {
  const { library, size = 224, most, batchSize = 25, skipped = new SkippedImages() } = options;
  const { resize = usualResize(size), maxPixels } = options;
  const part = most === undefined ? folder : spread(folder, most);
  async function* batches(normalization: Normalization): AsyncGenerator<Batch> {
    const decoder = openImageDecoder({ library, size, normalization, maxPixels });
    try {
      yield* evalImageBatches(part, { decoder, skipped, batchSize, resize });
    } finally {
      decoder.close();
    }
  }
  async function* pictures(indices: readonly number[]): AsyncGenerator<Picture> {
    const used = usedOf(part, skipped);
    const paths = indices.map((index) => part.pathOf(used[index] as number));
    let drawn = 0;
    for await (const picture of picturesOfFiles(paths, { size, resize, library, maxPixels })) {
      const label = part.labels[used[indices[drawn++] as number] as number];
      const name = join(basename(dirname(picture.name)), basename(picture.name));
      yield { ...picture, name, label, boxes: [] };
    }
  }
  const whole = `${folder.size} images of ${basename(folder.path)}`;
  return {
    name: part.size === folder.size ? `the ${whole}` : `${part.size} of the ${whole}`,
    size: part.size,
    classes: folder.classes,
    batches,
    pictures,
  };
}

/** Some images of a folder. Images are sorted by class, so the first ones would be of a few classes. */
function spread(folder: ImageFolder, most: number): ImageFolder {
  const size = Math.min(most, folder.size);
  const place = (index: number) => Math.floor(index * folder.size / size);
  return {
    ...folder,
    size,
    labels: Int32Array.from({ length: size }, (_, i) => folder.labels[place(i)] as number),
    pathOf: (index) => folder.pathOf(place(index)),
  };
}

/** The indices of the images that batches hold: all but the skipped ones. */
function usedOf({ size, pathOf }: ImageFolder, skipped: SkippedImages): number[] {
  const left = new Set(Array.from(skipped, ({ path }) => path));
  return Array.from({ length: size }, (_, i) => i).filter((index) => !left.has(pathOf(index)));
}
