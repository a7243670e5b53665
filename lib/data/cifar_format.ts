/**
 * The binary version of CIFAR: its files and their contents. Source: the page of the data sets' author,
 * https://www.cs.toronto.edu/~kriz/cifar.html.
 *
 * @module
 */
import type { Archive } from "./download.ts";

/** The name of a CIFAR data set. */
export type CifarName = "CIFAR10" | "CIFAR100" | "CIFAR10-sample";

/** A file of records. */
export interface RecordFile {
  /** The name of the file. */
  readonly name: string;
  /** The number of records in it. */
  readonly records: number;
}

/** The files of one data set. */
export interface CifarFormat {
  /** Label bytes before the pixels of a record. The last one is the class. */
  readonly labelBytes: number;
  /** The number of classes. */
  readonly classCount: number;
  /** The text file with one class name per line. */
  readonly classFile: string;
  /** The training files, in order. */
  readonly train: readonly RecordFile[];
  /** The test files. */
  readonly test: readonly RecordFile[];
  /** The folder of the files, inside the archive and inside the data folder. */
  readonly folder: string;
}

/** The height and width of a CIFAR image in pixels. */
export const imageSide = 32;
/** The colour channels of a CIFAR image. */
export const imageChannels = 3;
/** The size of one image's pixels in bytes. */
export const imageBytes: number = imageSide * imageSide * imageChannels;

/** The files of each data set. */
export const cifarFormats: Readonly<Record<CifarName, CifarFormat>> = {
  "CIFAR10": {
    labelBytes: 1,
    classCount: 10,
    classFile: "batches.meta.txt",
    train: [1, 2, 3, 4, 5].map((i) => ({ name: `data_batch_${i}.bin`, records: 10_000 })),
    test: [{ name: "test_batch.bin", records: 10_000 }],
    folder: "cifar-10-batches-bin",
  },
  "CIFAR100": {
    labelBytes: 2, // coarse label, then fine label
    classCount: 100,
    classFile: "fine_label_names.txt",
    train: [{ name: "train.bin", records: 50_000 }],
    test: [{ name: "test.bin", records: 10_000 }],
    folder: "cifar-100-binary",
  },
  "CIFAR10-sample": {
    labelBytes: 1,
    classCount: 10,
    classFile: "batches.meta.txt",
    train: [{ name: "data_batch_1.bin", records: 2_000 }],
    test: [{ name: "test_batch.bin", records: 500 }],
    folder: "cifar10-sample",
  },
};

/** The names of the files of a data set. */
export function cifarFiles(format: CifarFormat): string[] {
  return [...format.train.map(({ name }) => name), ...format.test.map(({ name }) => name)]
    .concat(format.classFile);
}

/** A published version of a data set that is not supported here. */
export interface OtherVersion {
  /** The author's name for it. */
  readonly name: "Python" | "Matlab";
  /** The folder that its archive unpacks to. */
  readonly folder: string;
  /** One of its files. */
  readonly file: string;
}

/** Versions that users may have instead of the binary one. */
export const otherVersions: Readonly<Record<CifarName, readonly OtherVersion[]>> = {
  "CIFAR10": [
    { name: "Python", folder: "cifar-10-batches-py", file: "data_batch_1" },
    { name: "Matlab", folder: "cifar-10-batches-mat", file: "data_batch_1.mat" },
  ],
  "CIFAR100": [
    { name: "Python", folder: "cifar-100-python", file: "train" },
    { name: "Matlab", folder: "cifar-100-matlab", file: "train.mat" },
  ],
  "CIFAR10-sample": [],
};

/** The published archives, with their published MD5 sums. */
export const cifarArchives: Readonly<Record<"CIFAR10" | "CIFAR100", Archive>> = {
  "CIFAR10": {
    name: "cifar-10-binary.tar.gz",
    md5: "c32a1d4ab5d03f1284b67883e8d87530",
    folder: cifarFormats.CIFAR10.folder,
    files: cifarFiles(cifarFormats.CIFAR10),
  },
  "CIFAR100": {
    name: "cifar-100-binary.tar.gz",
    md5: "03b5dce01913d631647c71ecec9e9cb8",
    folder: cifarFormats.CIFAR100.folder,
    files: cifarFiles(cifarFormats.CIFAR100),
  },
};

/**
 * Turns the planes of one image (red, green, blue, each row by row) into pixels `[H, W, C]`, or back.
 *
 * @param input The image, starting at `from`.
 * @param output The result, starting at `to`.
 * @param rows of the input: {@linkcode imageChannels} if it holds planes, else the number of pixels.
 */
export function transpose(
  input: Uint8Array,
  from: number,
  output: Uint8Array,
  to: number,
  rows: number,
): void {
  const columns = imageBytes / rows;
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) {
      output[to + rows * column + row] = input[from + columns * row + column]!;
    }
  }
}
