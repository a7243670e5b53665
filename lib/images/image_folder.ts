/**
 * Finds the images in a folder of classes, and reads none of them.
 *
 * @module
 */
import { join } from "@std/path";
import { UserError } from "../errors.ts";
import { codeOf, exists, toPath, whyNot } from "../files.ts";
import { mapOrdered } from "./ordered.ts";

/** The images of a folder that holds a folder for each class. */
export interface ImageFolder {
  /** The folder's path. */
  readonly path: string;
  /** The names of the classes, sorted: the place of a name is its class's label. */
  readonly classes: readonly string[];
  /** The number of images, `N`. */
  readonly size: number;
  /** The label of each image, `[N]`, each in `[0, classes.length)`. */
  readonly labels: Int32Array;
  /** The path of the image at an index in `[0, N)`. */
  pathOf(index: number): string;
}

/** The two parts of a set of images; one of them may be missing. */
export interface ImageSplits {
  /** What is trained on. */
  readonly train: ImageFolder | undefined;
  /** What is evaluated on; its classes are those of `train`. */
  readonly val: ImageFolder | undefined;
}

const imageName = /\.(jpe?g|png)$/i;
/** Enough to hide the waiting for a disk far away. */
const foldersAtATime = 8;

/**
 * Reads the folders `train` and `val` of a set of images, as ImageNet is laid out for PyTorch.
 *
 * @throws {UserError} where both are missing, one is no proper folder of classes (see
 * {@linkcode readImageFolder}), or their classes are not the same.
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
  const differing = [...trained.symmetricDifference(evaluated)].sort()[0];
  if (differing === undefined) return;
  const [there, missing] = trained.has(differing) ? [train, val] : [val, train];
  throw new UserError(
    `Cannot use ${val.path} with ${train.path}: class ${differing} is in ${there.path} and not in ` +
      `${missing.path}; both need the same folders of classes`,
    { code: "does-not-fit" },
  );
}

/**
 * Reads a folder of classes: each folder in it is a class, and all `.jpg`, `.jpeg` and `.png` files
 * (in any case) in that, at any depth, are its images. Classes, and the images of each, are sorted.
 * Symbolic links are followed; names that begin with a dot are left out.
 *
 * @throws {UserError} where the folder cannot be read, holds no classes, or a class has no images.
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
  const { folders } = await list(path);
  const classes = folders.sort();
  if (classes.length === 0) {
    throw new UserError(
      `Cannot read images from ${path}: there are no folders in it; it must hold a folder of ` +
        "images for each class",
      { code: "not-found" },
    );
  }
  const root = await Deno.realPath(path);
  const perClass = mapOrdered(
    classes,
    async (name) => compact(await imagesBelow(join(path, name), "", [root])),
    { concurrency: foldersAtATime, window: classes.length },
  );
  const names = await Array.fromAsync(perClass);
  const empty = names.findIndex(({ ends }) => ends.length === 0);
  if (empty >= 0) {
    const where = names.every(({ ends }) => ends.length === 0)
      ? `any of its ${classes.length} folders`
      : `the folder of class ${classes[empty]}`;
    throw new UserError(
      `Cannot read images from ${path}: there is no .jpg, .jpeg or .png in ${where}; put images ` +
        "there or remove the folder",
      { code: "not-found" },
    );
  }
  return imageFolder(path, classes, names);
}

/** The names of a class's images. A string for each of a million would take four times the memory. */
interface Names {
  /** All of them, one after another. */
  text: string;
  /** Where each of them ends, `[images of the class]`. */
  ends: Uint32Array;
}

function compact(names: readonly string[]): Names {
  let end = 0;
  return { text: names.join(""), ends: Uint32Array.from(names, ({ length }) => end += length) };
}

function imageFolder(
  path: string,
  classes: readonly string[],
  names: readonly Names[],
): ImageFolder {
  let size = 0;
  const firsts = names.map(({ ends }) => (size += ends.length) - ends.length);
  const labels = new Int32Array(size);
  firsts.forEach((first, label) => labels.fill(label, first));
  const pathOf = (index: number): string => {
    const label = labels[index];
    if (label === undefined) {
      throw new RangeError(`The index must be from 0 to ${size - 1}: current value is ${index}`);
    }
    const { text, ends } = names[label]!;
    const within = index - firsts[label]!;
    return join(path, classes[label]!, text.slice(ends[within - 1] ?? 0, ends[within]));
  };
  return { path, classes, size, labels, pathOf };
}

/** The paths of the images below a folder, relative to it and after `prefix`, sorted. */
async function imagesBelow(
  folder: string,
  prefix: string,
  above: readonly string[],
): Promise<string[]> {
  const real = await Deno.realPath(folder);
  if (above.includes(real)) return []; // a link to a folder that it lies in
  const { files, folders } = await list(folder);
  const images = files.filter((name) => imageName.test(name)).map((name) => prefix + name);
  for (const name of folders) {
    images.push(...await imagesBelow(join(folder, name), `${prefix}${name}/`, [...above, real]));
  }
  return images.sort();
}

async function list(folder: string): Promise<{ files: string[]; folders: string[] }> {
  const [files, folders]: [string[], string[]] = [[], []];
  try {
    for await (const { name, isDirectory, isFile, isSymlink } of Deno.readDir(folder)) {
      if (name.startsWith(".")) continue;
      const isFolder = isSymlink ? await leadsToFolder(join(folder, name)) : isDirectory;
      if (isFolder) folders.push(name);
      else if (isFile || isSymlink) files.push(name); // and no pipe
    }
  } catch (error) {
    throw new UserError(
      `Cannot read images from ${folder}: ${whyNot(error)}; give a folder that holds a folder of ` +
        "images for each class",
      { code: codeOf(error, "not-readable") },
    );
  }
  return { files, folders };
}

/** A link to nothing, or to a pipe, counts as a file: that it cannot be read is told when it is to be. */
async function leadsToFolder(link: string): Promise<boolean> {
  return await Deno.stat(link).then(({ isDirectory }) => isDirectory, () => false);
}
