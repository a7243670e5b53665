/**
 * Finds the images in a folder of classes, without reading them.
 *
 * @module
 */
import { join } from "@std/path";
import { type Part, partOf } from "../data/part.ts";
import { UserError } from "../errors.ts";
import { exists, toPath } from "../files.ts";
import { byCodePoint } from "./code_points.ts";
import { readFolder, UnreadableFolderError } from "./folder_names.ts";
import { findImages, type FoundImages } from "./image_files.ts";
import { joinLeftOut, type LeftOut } from "./left_out.ts";
import { mapOrdered } from "./ordered.ts";

/** The images of a folder with one subfolder per class. */
export interface ImageFolder {
  /** The folder's path. */
  readonly path: string;
  /** The class names, sorted by code points. The index of a name is its label. */
  readonly classes: readonly string[];
  /** The number of images, `N`. */
  readonly size: number;
  /** The label of each image, `[N]`, each in `[0, classes.length)`. */
  readonly labels: Int32Array;
  /** Ignored files in the class folders, by kind. Their names start with the class. */
  readonly leftOut: readonly LeftOut[];
  /** The path of the image at an index in `[0, N)`. */
  pathOf(index: number): string;
}

/** The images of a part of a folder, in order. */
export function partOfFolder(folder: ImageFolder, part: Part): ImageFolder {
  const [from, to] = partOf(folder.size, part);
  return {
    ...folder,
    size: to - from,
    labels: folder.labels.subarray(from, to),
    pathOf: (index) => folder.pathOf(from + index),
  };
}

/** The two parts of an image data set. One of them may be missing. */
export interface ImageSplits {
  /** The training images. */
  readonly train: ImageFolder | undefined;
  /** The evaluation images, with the same classes as `train`. */
  readonly val: ImageFolder | undefined;
}

/** Enough to hide the latency of a remote disk. */
const foldersAtATime = 8;

/**
 * Reads the folders `train` and `val` of an image data set, in the layout of ImageNet for PyTorch.
 *
 * @throws {UserError} If both are missing, one is not a valid folder of classes (see
 * {@linkcode readImageFolder}), or their classes differ.
 */
export async function readImageSplits(place: string | URL): Promise<ImageSplits> {
  const path = toPath(place);
  const read = async (name: string) => {
    const folder = join(path, name);
    return await exists(folder) ? await readImageFolder(folder) : undefined;
  };
  const [train, val] = [await read("train"), await read("val")];
  if (!train && !val) {
    const why = await exists(path) ? "it holds neither train nor val" : "no such file or folder";
    throw new UserError(
      `Cannot read images from ${path}: ${why}; give the folder that holds train/CLASS/IMAGE and ` +
        "val/CLASS/IMAGE",
      { code: "not-found" },
    );
  }
  if (train && val) checkSameClasses(train, val);
  return { train, val };
}

function checkSameClasses(train: ImageFolder, val: ImageFolder): void {
  const [trained, evaluated] = [new Set(train.classes), new Set(val.classes)];
  const differing = [...trained.symmetricDifference(evaluated)].sort(byCodePoint)[0];
  if (differing === undefined) return;
  const [there, missing] = trained.has(differing) ? [train, val] : [val, train];
  throw new UserError(
    `Cannot use ${val.path} with ${train.path}: class ${differing} is in ${there.path} and not in ` +
      `${missing.path}; both need the same folders of classes`,
    { code: "does-not-fit" },
  );
}

/**
 * Reads a folder of classes: each subfolder is a class, and its images are all `.jpg`, `.jpeg` and
 * `.png` files (in any case) in it, at any depth. Classes, and the images of each class, are sorted by
 * code points, like in Python. Names that begin with a dot are left out. Symbolic links are followed,
 * except to a folder that contains this one, and each folder of a class is read once.
 *
 * @throws {UserError} If the folder cannot be read, has no classes, or a class has no images.
 *
 * @example
 * ```ts
 * import { readImageFolder } from "@attention-transfer/core";
 *
 * const path = await Deno.makeTempDir();
 * await Deno.mkdir(`${path}/cat`);
 * await Deno.writeFile(`${path}/cat/1.jpg`, new Uint8Array()); // nothing is decoded here
 * const folder = await readImageFolder(path);
 * console.log(folder.classes, folder.size); // ["cat"] 1
 * console.log(folder.pathOf(0).endsWith("1.jpg")); // true
 * ```
 */
export async function readImageFolder(place: string | URL): Promise<ImageFolder> {
  const path = toPath(place);
  try {
    const classes = await classesIn(path);
    const perClass = mapOrdered(
      classes,
      async (name) => compact(await findImages(join(path, name), path)),
      { concurrency: foldersAtATime, window: classes.length },
    );
    const found = await Array.fromAsync(perClass);
    checkEach(path, classes, found);
    return imageFolder(path, classes, found);
  } catch (error) {
    if (!(error instanceof UnreadableFolderError)) throw error;
    throw new UserError(
      `Cannot read images from ${error.path}: ${error.message}; give a folder that holds a folder of ` +
        "images for each class",
      { code: "not-found" },
    );
  }
}

async function classesIn(path: string): Promise<string[]> {
  const { folders, links, unnameableFolders: [name] } = await readFolder(path);
  // Leaving it out would change the labels of all later classes.
  if (name !== undefined) {
    throw new UserError(
      `Cannot read images from ${path}: the name of its folder "${name}" is not UTF-8; rename it`,
      { code: "not-readable" },
    );
  }
  const classes = [...folders, ...links].sort(byCodePoint);
  if (classes.length > 0) return classes;
  throw new UserError(
    `Cannot read images from ${path}: there are no folders in it; it must hold a folder of ` +
      "images for each class",
    { code: "not-found" },
  );
}

/** Throws if a class has no images. */
function checkEach(path: string, classes: readonly string[], found: readonly ClassImages[]): void {
  const empty = found.findIndex(({ ends }) => ends.length === 0);
  if (empty < 0) return;
  const [where, leftOut] = found.every(({ ends }) => ends.length === 0)
    ? [`any of its ${classes.length} folders`, leftOutOf(classes, found)]
    : [`the folder of class ${classes[empty]}`, found[empty]!.leftOut];
  const instead = leftOut.map(({ what, count }) => `${count} ${what}`).join(", ");
  throw new UserError(
    `Cannot read images from ${path}: there is no .jpg, .jpeg or .png in ${where}` +
      `${instead && ` (but ${instead})`}; put images there or remove the folder`,
    { code: "not-found" },
  );
}

/** The names of a class's images in one string. Separate strings would take four times the memory. */
interface ClassImages extends Pick<FoundImages, "leftOut"> {
  /** All names, concatenated. */
  text: string;
  /** The end of each name, `[images of the class]`. */
  ends: Uint32Array;
}

function compact({ names, leftOut }: FoundImages): ClassImages {
  let end = 0;
  const ends = Uint32Array.from(names, ({ length }) => end += length);
  return { text: names.join(""), ends, leftOut };
}

function leftOutOf(classes: readonly string[], found: readonly ClassImages[]): LeftOut[] {
  const parts = found.flatMap(({ leftOut }, label) =>
    leftOut.map((kind) => [`${classes[label]}/`, kind] as const)
  );
  return joinLeftOut(parts);
}

function imageFolder(
  path: string,
  classes: readonly string[],
  found: readonly ClassImages[],
): ImageFolder {
  let size = 0;
  const firsts = found.map(({ ends }) => (size += ends.length) - ends.length);
  const labels = new Int32Array(size);
  firsts.forEach((first, label) => labels.fill(label, first));
  const pathOf = (index: number): string => {
    const label = labels[index];
    if (label === undefined) {
      throw new RangeError(`The index must be from 0 to ${size - 1}: current value is ${index}`);
    }
    const { text, ends } = found[label]!;
    const within = index - firsts[label]!;
    return join(path, classes[label]!, text.slice(ends[within - 1] ?? 0, ends[within]));
  };
  return { path, classes, size, labels, leftOut: leftOutOf(classes, found), pathOf };
}
