/**
 * Reads the images to show, from a data set or from files.
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
import { annotationOf } from "../cli/access.ts";

/** An image as networks see it. */
export interface Picture {
  /** Its number in the data set, or its path. */
  name: string;
  /** `[H, W, 3]`, row-major, 0 to 255. */
  pixels: Float32Array;
  /** `[H, W]`. */
  size: MapSize;
  /** Its class, if known. */
  label?: number | undefined;
  /** The boxes of its objects, if there is an annotation. */
  boxes: readonly BoundingBox[];
}

/** The length of the shorter side before the crop of a size, in ImageNet's recipe. */
export function usualResize(size: number): number {
  return Math.round(size * 256 / 224);
}

/**
 * Images of a data set, by number.
 *
 * @throws {UserError} If a number has no image.
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

interface FilePicturesOptions {
  /** Which of the files. Default: all. */
  indices?: readonly number[] | undefined;
  /** The side of the result, in pixels. */
  size: number;
  /** The length of the shorter side before the crop. Default: that of ImageNet's recipe. */
  resize?: number | undefined;
  /** The path of libtensorflow. */
  library: string;
  /** The most pixels that a file may have; see {@linkcode openImageDecoder}. */
  maxPixels?: number | undefined;
  /** Collects images in folders that cannot be shown. */
  skipped?: SkippedImages | undefined;
  /** Called with the contents of a folder that are not read. */
  onLeftOut?: ((folder: string, leftOut: readonly LeftOut[]) => void) | undefined;
}

/**
 * Reads images from files and folders, as ImageNet's recipe does for evaluation: resizes the
 * shorter side and crops the centre. Boxes come from an XML file with
 * the same name beside the image, and are cropped too. In folders, {@linkcode findImages} finds the
 * images; those that cannot be shown go to `skipped`.
 *
 * @throws {UserError} If a named file cannot be shown, a folder cannot be read or has no images, or
 * no image can be shown.
 */
export async function* picturesOfFiles(
  paths: readonly string[],
  options: FilePicturesOptions,
): AsyncGenerator<Picture> {
  const { indices, size, resize = usualResize(size), library, maxPixels, skipped } = options;
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
      const picture = await readPicture(path, decoder, resize, skipped);
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
  resize: number,
  skipped?: SkippedImages,
): Promise<Picture | { reason: string }> {
  const { size } = decoder;
  let view: View | undefined;
  try {
    const pixels = await decoder.decode(
      await readImage(path),
      (image) => view = centerView(image, { size, resize }),
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

/** The part of a box inside the shown crop of `size`; empty if it lies outside. */
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

/** A file to show; `isNamed` is false if the user named only its folder. */
interface FoundFile {
  path: string;
  isNamed: boolean;
}

/** The file at a path, or all images in a folder and its subfolders, sorted. */
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
