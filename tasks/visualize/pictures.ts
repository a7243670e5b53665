/**
 * The images that are shown: of a data set, or of files.
 *
 * @module
 */
import { join } from "@std/path";
import type { ImageSet } from "../../lib/data/image_set.ts";
import { UserError } from "../../lib/errors.ts";
import { readFile, readTextFile, whyNot } from "../../lib/files.ts";
import { type ImageDecoder, openImageDecoder } from "../../lib/images/decoder.ts";
import { BrokenImageError, MOST_IMAGE_BYTES } from "../../lib/images/image_header.ts";
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
 * @throws {UserError} where there is no image of a number.
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
export interface FilePicturesOptions {
  /** Which of the files; all unless given. */
  indices?: readonly number[] | undefined;
  /** The side of the result, in pixels. */
  size: number;
  /** The path of libtensorflow. */
  library: string;
}

/**
 * The middle of each image of some files and folders, as ImageNet's recipe evaluates on it: the shorter
 * side is resized to 256 / 224 times the size. Boxes come from an XML file of the same name beside it,
 * and are cut off where the part ends.
 *
 * @throws {UserError} where a file cannot be read, is no image, or there is none.
 */
export async function* picturesOfFiles(
  paths: readonly string[],
  { indices, size, library }: FilePicturesOptions,
): AsyncGenerator<Picture> {
  const files = (await Promise.all(paths.map(imagesAt))).flat();
  const chosen = indices ?? [...files.keys()];
  checkIndices(chosen, files.length);
  const normalization = { mean: [0, 0, 0], std: [1, 1, 1] };
  const decoder = openImageDecoder({ library, size, normalization });
  try {
    for (const index of chosen) yield await readPicture(files[index] as string, decoder);
  } finally {
    decoder.close();
  }
}

async function readPicture(path: string, decoder: ImageDecoder): Promise<Picture> {
  const { size } = decoder;
  let view: View | undefined;
  try {
    const file = await readFile(path, MOST_IMAGE_BYTES);
    const pixels = await decoder.decode(
      file,
      (image) => view = centerView(image, { size, resize: Math.round(size * resizeRatio) }),
    );
    const boxes = (await boxesBeside(path)).flatMap((box) => boxInView(box, view as View, size));
    return { name: path, pixels, size: [size, size], boxes };
  } catch (error) {
    if (error instanceof UserError) throw error;
    const why = error instanceof BrokenImageError ? error.message : whyNot(error);
    throw new UserError(`Cannot show ${path}: ${why}; see --files`);
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

const imageName = /\.(jpe?g|png)$/i;

/** The file at a path, or the images in the folder and those below it, sorted. */
async function imagesAt(path: string): Promise<string[]> {
  const found = await Deno.stat(path).catch((error) => {
    throw new UserError(`Cannot show ${path}: ${whyNot(error)}; see --files`);
  });
  if (!found.isDirectory) return [path];
  const images = (await imagesBelow(path)).sort();
  if (images.length > 0) return images;
  throw new UserError(`Cannot show ${path}: there is no .jpg, .jpeg or .png in it; see --files`);
}

async function imagesBelow(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder)).catch((error) => {
    throw new UserError(`Cannot show ${folder}: ${whyNot(error)}; see --files`);
  });
  const below = entries.map(async ({ name, isDirectory, isFile, isSymlink }) => {
    if (isDirectory) return await imagesBelow(join(folder, name));
    return (isFile || isSymlink) && imageName.test(name) ? [join(folder, name)] : [];
  });
  return (await Promise.all(below)).flat();
}

function checkIndices(indices: readonly number[], count: number): void {
  const missing = indices.find((index) => index >= count);
  if (missing === undefined) return;
  throw new UserError(
    `Cannot show image ${missing}: there are ${count}, from 0 to ${count - 1}; see --images`,
  );
}
