/**
 * Reads the files of a CIFAR data set: class names, and records of labels and pixels.
 *
 * @module
 */
import { join } from "@std/path";
import { UserError } from "../errors.ts";
import { exists, whyNot } from "../files.ts";
import {
  type CifarFormat,
  imageBytes,
  imageChannels,
  imageSide,
  type RecordFile,
  transpose,
} from "./cifar_format.ts";
import type { ImageSet } from "./image_set.ts";

/** More than the names of 100 classes need. */
const maxClassFile = 2 ** 16;

/**
 * The class names, one per line of a text file.
 *
 * @throws {UserError} If the file is missing or has another number of names.
 */
export async function readClasses(format: CifarFormat, folder: string): Promise<string[]> {
  const path = join(folder, format.classFile);
  const lines = (await readText(path)).split("\n").map((line) => line.trim());
  const classes = lines.filter((line) => line !== "");
  if (classes.length === format.classCount) return classes;
  throw unreadable(
    path,
    `${format.classCount} class names expected, one a line, ${classes.length} found`,
  );
}

/**
 * The images and labels of several files of records, in order.
 *
 * @throws {UserError} If a file is missing or has a wrong size, or a label is out of range.
 */
export async function readRecords(
  format: CifarFormat,
  folder: string,
  files: readonly RecordFile[],
  classes: readonly string[],
): Promise<ImageSet> {
  const size = files.reduce((sum, { records }) => sum + records, 0);
  const images = new Uint8Array(size * imageBytes);
  const labels = new Int32Array(size);
  let at = 0;
  for (const { name, records } of files) {
    const path = join(folder, name);
    const recordBytes = format.labelBytes + imageBytes;
    const bytes = await readFile(path, records * recordBytes);
    for (let i = 0; i < records; i++, at++) {
      const start = i * recordBytes;
      const label = bytes[start + format.labelBytes - 1]!;
      if (label >= format.classCount) {
        throw unreadable(
          path,
          `label 0 to ${format.classCount - 1} expected, ${label} found in record ${i}`,
        );
      }
      labels[at] = label;
      transpose(bytes, start + format.labelBytes, images, at * imageBytes, imageChannels);
    }
  }
  return {
    images,
    labels,
    size,
    height: imageSide,
    width: imageSide,
    channels: imageChannels,
    classes,
  };
}

/** Reads a whole file, which must have `size` bytes. */
async function readFile(path: string, size: number): Promise<Uint8Array> {
  const expected = `a file of ${grouped(size)} bytes`;
  let found = await sizeOf(path, expected);
  if (found === size) {
    const bytes = await read(path);
    found = bytes.length; // it may have changed meanwhile
    if (found === size) return bytes;
  }
  throw unreadable(path, `${expected} expected, one of ${grouped(found)} found`);
}

async function readText(path: string): Promise<string> {
  const expected = "a text file";
  const found = await sizeOf(path, expected);
  if (found <= maxClassFile) return new TextDecoder().decode(await read(path));
  throw unreadable(path, `${expected} expected, one of ${grouped(found)} bytes found`);
}

async function sizeOf(path: string, expected: string): Promise<number> {
  const info = await statOrUndefined(path);
  if (info === undefined) throw unreadable(path, `${expected} expected, nothing found`);
  if (!info.isFile) throw unreadable(path, `${expected} expected, a folder found`);
  return info.size;
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    throw unreadable(path, whyNot(error), { cause: error });
  }
}

/**
 * Information about a file; undefined if it does not exist.
 *
 * @throws {UserError} If this cannot be found out.
 */
export async function statOrUndefined(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (!await exists(path)) return undefined;
    throw unreadable(path, whyNot(error), { cause: error });
  }
}

function unreadable(path: string, reason: string, options?: ErrorOptions): UserError {
  return new UserError(
    `Cannot read ${path}: ${reason}; put the file of the original archive there, ` +
      "or remove the folder to have it downloaded again",
    { code: "not-readable", ...options },
  );
}

function grouped(value: number): string {
  return value.toLocaleString("en-US");
}
