/**
 * The images that are shown: of a data set, or of files.
 *
 * @module
 */
import { join } from "@std/path";
import type { ImageSet } from "../../lib/data/image_set.ts";
import { UserError } from "../../lib/errors.ts";
import { readTextFile, whyNot } from "../../lib/files.ts";
import { type ImageDecoder, openImageDecoder } from "../../lib/images/decoder.ts";
import { UnreadableFolderError } from "../../lib/images/folder_names.ts";
import { findImages } from "../../lib/images/image_files.ts";
import { BrokenImageError } from "../../lib/images/image_header.ts";
import { readImage } from "../../lib/images/image_source.ts";
import type { LeftOut } from "../../lib/images/left_out.ts";
import type { SkippedImages } from "../../lib/images/skipped.ts";
import { centerView, type View } from "../../lib/images/view.ts";
import { readBoxes } from "../../lib/localization/annotation.ts";
import type { BoundingBox } from "../../lib/localization/box.ts";
import type { MapSize } from "../../lib/localization/resize_map.ts";
import { annotationOf } from "./annotation_path.ts";

/** An image as networks are shown it. */
export interface Picture {
  /** What it is called: its number in the data set, or its path. */
  name: string;
  /** `[H, W, 3]`, row-major, 0 to 255. */
  pixels: Float32Array;
  /** `[H, W]`. */
  size: MapSize;
  /** Its class, where that is known. */
  label?: number | undefined;
  /** The boxes of the objects in it, where there is an annotation. */
  boxes: readonly BoundingBox[];
}

/** What ImageNet's recipe resizes the shorter side to, over the size of the part that is shown. */
const resizeRatio = 256 / 224;

/**
 * Images of a set, by their numbers.
 *
 * @throws {UserError} If there is no image of a number.
 */
export function* picturesOfSet(set: ImageSet, indices: readonly number[]): Generator<Picture> {
  const { height, width, channels, images, labels } = set;
  checkIndices(indices, set.size);
  const length = height * width * channels;
  for (const index of indices) {
    yield {
      name: `test image ${index}`,
      pixels: Float32Array.from(images.subarray(index * length, (index + 1) * length)),
      size: [height, width],
      label: labels[index],
      boxes: [],
    };
  }
}

/** How {@linkcode picturesOfFiles} shows them. */
interface FilePicturesOptions {
  /** Which of the files; all unless given. */
  indices?: readonly number[] | undefined;
  /** The side of the result, in pixels. */
  size: number;
  /** The path of libtensorflow. */
  library: string;
  /** The most pixels that a file may have; see {@linkcode openImageDecoder}. */
  maxPixels?: number | undefined;
  /** Takes the images of folders that cannot be shown. */
  skipped?: SkippedImages | undefined;
  /** Told what a folder holds that is not read. */
  onLeftOut?: ((folder: string, leftOut: readonly LeftOut[]) => void) | undefined;
}

/**
 * The middle of each image of some files and folders, as ImageNet's recipe evaluates on it: the shorter
 * side is resized to 256 / 224 times the size. Boxes come from an XML file of the same name beside it,
 * and are cut off where the part ends. In folders, images are found as {@linkcode findImages} finds
 * them, and what cannot be shown goes to `skipped`.
 *
 * @throws {UserError} If a file that is named cannot be shown, a folder cannot be read or has no
 * images, or none can be shown.
 */
export async function* picturesOfFiles(
  paths: readonly string[],
  options: FilePicturesOptions,
): AsyncGenerator<Picture> {
  const { indices, size, library, maxPixels, skipped } = options;
  const files: FoundFile[] = [];
  for (const path of paths) {
    for (const file of await imagesAt(path, options)) files.push(file);
  }
  const chosen = indices ?? [...files.keys()];
  checkIndices(chosen, files.length);
  const normalization = { mean: [0, 0, 0], std: [1, 1, 1] };
  const decoder = openImageDecoder({ library, size, normalization, maxPixels });
  let [shown, first]: [number, Error | undefined] = [0, undefined];
  try {
    for (const index of chosen) {
      const { path, isNamed } = files[index] as FoundFile;
      const picture = await readPicture(path, decoder, skipped);
      if ("pixels" in picture) {
        shown++;
        yield picture;
      } else {
        first ??= cannotShow(path, picture.reason);
        if (isNamed) throw first;
        skipped?.add(path, picture.reason);
      }
    }
    if (shown === 0 && first) throw first;
  } finally {
    decoder.close();
  }
}

function cannotShow(path: string, reason: string): UserError {
  return new UserError(`Cannot show ${path}: ${reason}; see --files`);
}

/** The picture of a file, or why there is none. */
async function readPicture(
  path: string,
  decoder: ImageDecoder,
  skipped?: SkippedImages,
): Promise<Picture | { reason: string }> {
  const { size } = decoder;
  let view: View | undefined;
  try {
    const pixels = await decoder.decode(
      await readImage(path),
      (image) => view = centerView(image, { size, resize: Math.round(size * resizeRatio) }),
      undefined,
      (words) => skipped?.addDamaged(path, words),
    );
    const boxes = (await boxesBeside(path)).flatMap((box) => boxInView(box, view as View, size));
    return { name: path, pixels, size: [size, size], boxes };
  } catch (error) {
    const isOfFile = error instanceof UserError || error instanceof BrokenImageError;
    if (isOfFile) return { reason: error.message };
    throw error;
  }
}

async function boxesBeside(path: string): Promise<BoundingBox[]> {
  const annotation = annotationOf(path);
  try {
    return readBoxes(await readTextFile(annotation)).map(({ box }) => box);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    if (error instanceof UserError) throw new UserError(`${annotation}: ${error.message}`);
    throw new UserError(`Cannot read boxes from ${annotation}: ${whyNot(error)}`);
  }
}

/** A box of the image where it lies in the part of `size` that is shown; none where it lies outside. */
export function boxInView(
  [xmin, ymin, xmax, ymax]: BoundingBox,
  { box: { height, width }, resized, top = 0, left = 0 }: View,
  size: number,
): BoundingBox[] {
  const inside = (value: number) => Math.min(Math.max(value, 0), size);
  const [across, down] = [resized.width / width, resized.height / height];
  const [x0, x1] = [inside(xmin * across - left), inside(xmax * across - left)];
  const [y0, y1] = [inside(ymin * down - top), inside(ymax * down - top)];
  return x0 < x1 && y0 < y1 ? [[x0, y0, x1, y1]] : [];
}

/** A file that is shown, and whether the user named it or only its folder. */
interface FoundFile {
  path: string;
  isNamed: boolean;
}

/** The file at a path, or the images in the folder and those below it, sorted. */
async function imagesAt(path: string, { onLeftOut }: FilePicturesOptions): Promise<FoundFile[]> {
  const found = await Deno.stat(path).catch((error) => {
    throw cannotShow(path, whyNot(error));
  });
  if (!found.isDirectory) return [{ path, isNamed: true }];
  const { names, leftOut } = await findImages(path).catch((error) => {
    if (!(error instanceof UnreadableFolderError)) throw error;
    throw cannotShow(error.path, error.message);
  });
  onLeftOut?.(path, leftOut);
  if (names.length > 0) return names.map((name) => ({ path: join(path, name), isNamed: false }));
  throw cannotShow(path, "there is no .jpg, .jpeg or .png in it");
}

function checkIndices(indices: readonly number[], count: number): void {
  const missing = indices.find((index) => index >= count);
  if (missing === undefined) return;
  throw new UserError(
    `Cannot show image ${missing}: there are ${count}, from 0 to ${count - 1}; see --images`,
  );
}
