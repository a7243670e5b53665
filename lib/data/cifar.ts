/**
 * Reads CIFAR-10, CIFAR-100 and the repository's sample of CIFAR-10. Downloads missing data sets.
 *
 * @module
 */
import { checkOptions } from "../arguments.ts";
import { toPath } from "../files.ts";
import { fromFileUrl, join } from "@std/path";
import { needsDeno, UserError } from "../errors.ts";
import {
  cifarArchives,
  cifarFiles,
  type CifarFormat,
  cifarFormats,
  type CifarName,
  otherVersions,
} from "./cifar_format.ts";
import { readClasses, readRecords, statOrUndefined } from "./cifar_records.ts";
import type { DownloadProgress } from "./download.ts";
import type { ImageSet } from "./image_set.ts";

export type { CifarName } from "./cifar_format.ts";

/** The URL of the folder where the author publishes the data sets. */
export const cifarSource = "https://www.cs.toronto.edu/~kriz/";

/** Where the sample is, for error messages. */
const inRepository = "it is part of the repository and not of the package";

/** The two parts of a CIFAR data set. */
export interface Cifar {
  /** 50,000 images; 2,000 in the sample. */
  readonly train: ImageSet;
  /** 10,000 images; 500 in the sample. */
  readonly test: ImageSet;
}

/** Options of {@linkcode loadCifar}. */
export interface LoadCifarOptions {
  /** The data set. */
  dataset: CifarName;
  /**
   * The folder with the `.bin` files, or its parent. The sample is always read from the repository.
   *
   * @default "data"
   */
  dataroot?: string;
  /** Called with a line to show before a download. */
  log?: (line: string) => void;
  /** Called with the number of bytes received so far and, if known, the total. */
  progress?: DownloadProgress;
  /**
   * The URL of the folder with the archives, ending with a slash.
   *
   * @default cifarSource
   */
  source?: string;
}

/**
 * Reads a CIFAR data set. Downloads it into `dataroot` first if all of its files are missing there.
 *
 * @example
 * ```ts
 * import { loadCifar } from "@attention-transfer/core";
 *
 * const { train, test } = await loadCifar({ dataset: "CIFAR10-sample" });
 * console.log(train.size, test.size); // 2000 500
 * ```
 *
 * @throws {UserError} If the files are not right, or missing and out of reach.
 * @throws {RangeError} If there is no such data set.
 * @throws {TypeError} If an option is unknown.
 */
export async function loadCifar(options: LoadCifarOptions): Promise<Cifar> {
  checkOptions("loadCifar", options, {
    dataset: true,
    dataroot: true,
    source: true,
    log: true,
    progress: true,
  });
  const { dataset, dataroot = "data" } = options;
  needsDeno(`read ${dataset}`, "give its images and labels to your own batches");
  if (dataset === "CIFAR10-sample") return await readCifar(dataset, sampleFolder(import.meta.url));
  if (await findFolder(formatOf(dataset), dataroot) === undefined) {
    await fetchCifar(dataset, dataroot, options);
  }
  return await readCifar(dataset, dataroot);
}

/**
 * Reads the binary version of a CIFAR data set: images `[N, 32, 32, 3]`, labels `[N]`, and class names.
 * The labels of CIFAR-100 are its 100 fine labels.
 *
 * @example
 * ```ts
 * import { readCifar } from "@attention-transfer/core";
 *
 * const { train } = await readCifar("CIFAR10-sample", "data/cifar10-sample");
 * console.log(train.classes[train.labels[0]!]); // "cat"
 * ```
 *
 * @param place The path or `file:` URL of the folder with the `.bin` files, or the one around it.
 * @throws {UserError} If a file is missing or not of its right size, or a label is out of range.
 * @throws {RangeError} If there is no such data set.
 */
export async function readCifar(dataset: CifarName, place: string | URL): Promise<Cifar> {
  const folder = toPath(place);
  const format = formatOf(dataset);
  const found = await findFolder(format, folder);
  if (found === undefined) {
    const advice = dataset === "CIFAR10-sample"
      ? inRepository
      : "name the folder with the option dataroot, or try the data set CIFAR10-sample";
    const other = await otherVersion(dataset, folder);
    const why = other === undefined
      ? `no ${cifarFiles(format)[0]} in ${folder} or in ${join(folder, format.folder)}`
      : `${other}; download ${cifarSource}${archiveName(dataset)} and unpack it in ${folder}`;
    throw new UserError(`Cannot read ${dataset}: ${why}; ${advice}`, {
      code: "not-found",
    });
  }
  const classes = await readClasses(format, found);
  return {
    train: await readRecords(format, found, format.train, classes),
    test: await readRecords(format, found, format.test, classes),
  };
}

/**
 * The folder of the sample.
 *
 * @param moduleUrl The URL of this module.
 * @throws {UserError} If this module does not come from a clone of the repository.
 */
export function sampleFolder(moduleUrl: string): string {
  const folder = new URL("../../data/cifar10-sample/", moduleUrl);
  if (folder.protocol === "file:") return fromFileUrl(folder);
  throw new UserError(
    `Cannot read CIFAR10-sample: ${inRepository} (running from ${moduleUrl}); run from a clone of ` +
      "the repository, or use the data set CIFAR10",
    { code: "not-found" },
  );
}

async function fetchCifar(
  dataset: "CIFAR10" | "CIFAR100",
  dataroot: string,
  { log, progress, source = cifarSource }: LoadCifarOptions,
): Promise<void> {
  const archive = cifarArchives[dataset];
  const other = await otherVersion(dataset, dataroot);
  log?.(`${other ?? `${dataset} is not in ${dataroot}`}: fetching ${source}${archive.name}`);
  const { fetchArchive } = await import("./download.ts"); // needs modules of Node and a reader of tar
  try {
    await fetchArchive(archive, source, dataroot, {
      ...(progress && { progress }),
      onWait: () =>
        log?.(`another process fetches ${archive.name} into ${dataroot}: waiting for it`),
    });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const file = join(dataroot, archive.folder, archive.files[0]!);
    const found = other ? ` (${other})` : "";
    throw new UserError(
      `${error.message}${found}; try the data set CIFAR10-sample, which needs no download, or unpack ` +
        `${archive.name} so that ${file} is there`,
      { cause: error },
    );
  }
}

function formatOf(dataset: CifarName): CifarFormat {
  const format = cifarFormats[dataset];
  if (format !== undefined) return format;
  const names = Object.keys(cifarFormats).join(", ");
  throw new RangeError(`The data set must be one of ${names}: current value is ${dataset}`);
}

/** Describes another version of the data set in a folder; undefined if there is none. */
async function otherVersion(dataset: CifarName, dataroot: string): Promise<string | undefined> {
  for (const { name, folder, file } of otherVersions[dataset]) {
    for (const candidate of [join(dataroot, folder), dataroot]) {
      if (!(await statOrUndefined(join(candidate, file)))?.isFile) continue;
      return `${candidate} holds the ${name} version of ${dataset}, and what is read here is the ` +
        "binary version";
    }
  }
  return undefined;
}

function archiveName(dataset: CifarName): string {
  return dataset === "CIFAR10-sample" ? "" : cifarArchives[dataset].name;
}

/** The first of the two possible folders that contains at least one of the files. */
async function findFolder(format: CifarFormat, folder: string): Promise<string | undefined> {
  for (const candidate of [join(folder, format.folder), folder]) {
    for (const file of cifarFiles(format)) {
      if (await statOrUndefined(join(candidate, file)) !== undefined) return candidate;
    }
  }
  return undefined;
}
