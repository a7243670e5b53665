/**
 * The binary version of CIFAR: which files there are, and what is in them. After the page of the
 * data sets' author, https://www.cs.toronto.edu/~kriz/cifar.html.
 *
 * @module
 */
import type { Archive } from "./download.ts";

/** The name of a CIFAR data set, as in `--dataset`. */
export type CifarName = "CIFAR10" | "CIFAR100" | "CIFAR10-sample";

/** A file of records and how many there are in it. */
export interface RecordFile {
  /** The name of the file. */
  readonly name: string;
  /** The number of records in it. */
  readonly records: number;
}

/** The files of one data set. */
export interface CifarFormat {
  /** Bytes of labels before the pixels of a record; the last of them is the class. */
  readonly labelBytes: number;
  /** The number of classes. */
  readonly classCount: number;
  /** The text file with a class name a line. */
  readonly classFile: string;
  /** The files to train on, in their order. */
  readonly train: readonly RecordFile[];
  /** The files to test on. */
  readonly test: readonly RecordFile[];
  /** The folder that the files are in, inside the archive and inside the data folder. */
  readonly folder: string;
}

/** The side of a CIFAR image in pixels. */
export const SIDE = 32;
/** The colour channels of a CIFAR image. */
export const CHANNELS = 3;
/** The bytes of the pixels of one image. */
export const IMAGE_BYTES: number = SIDE * SIDE * CHANNELS;

/** The files of each data set. */
export const CIFAR_FORMATS: Readonly<Record<CifarName, CifarFormat>> = {
  "CIFAR10": {
    labelBytes: 1,
    classCount: 10,
    classFile: "batches.meta.txt",
    train: [1, 2, 3, 4, 5].map((i) => ({ name: `data_batch_${i}.bin`, records: 10_000 })),
    test: [{ name: "test_batch.bin", records: 10_000 }],
    folder: "cifar-10-batches-bin",
  },
  "CIFAR100": {
    labelBytes: 2, // the coarse label, then the fine one
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

/** A version of a data set that is published too, and not read here. */
export interface OtherVersion {
  /** Its name, as its author has it. */
  readonly name: "Python" | "Matlab";
  /** The folder that its archive unpacks to. */
  readonly folder: string;
  /** One of its files. */
  readonly file: string;
}

/** What people have in place of the binary version. */
export const OTHER_VERSIONS: Readonly<Record<CifarName, readonly OtherVersion[]>> = {
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

/** The archives that the author publishes, with the MD5 sums that are printed beside them. */
export const CIFAR_ARCHIVES: Readonly<Record<"CIFAR10" | "CIFAR100", Archive>> = {
  "CIFAR10": {
    name: "cifar-10-binary.tar.gz",
    md5: "c32a1d4ab5d03f1284b67883e8d87530",
    folder: CIFAR_FORMATS.CIFAR10.folder,
    files: cifarFiles(CIFAR_FORMATS.CIFAR10),
  },
  "CIFAR100": {
    name: "cifar-100-binary.tar.gz",
    md5: "03b5dce01913d631647c71ecec9e9cb8",
    folder: CIFAR_FORMATS.CIFAR100.folder,
    files: cifarFiles(CIFAR_FORMATS.CIFAR100),
  },
};

/**
 * Turns the planes of one image (red, green, blue, each row by row) into pixels `[H, W, C]`.
 *
 * @param planes The planes, from `from` on.
 * @param pixels Where the pixels go, from `to` on.
 */
export function planesToPixels(
  planes: Uint8Array,
  from: number,
  pixels: Uint8Array,
  to: number,
): void {
  const plane = SIDE * SIDE;
  for (let i = 0; i < plane; i++) {
    for (let c = 0; c < CHANNELS; c++) {
      pixels[to + CHANNELS * i + c] = planes[from + c * plane + i]!;
    }
  }
}

/** The inverse of {@linkcode planesToPixels}. */
export function pixelsToPlanes(
  pixels: Uint8Array,
  from: number,
  planes: Uint8Array,
  to: number,
): void {
  const plane = SIDE * SIDE;
  for (let i = 0; i < plane; i++) {
    for (let c = 0; c < CHANNELS; c++) {
      planes[to + c * plane + i] = pixels[from + CHANNELS * i + c]!;
    }
  }
}
