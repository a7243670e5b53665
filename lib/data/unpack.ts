/**
 * Unpacks selected files of a `.tar.gz` archive.
 *
 * @module
 */
import { basename, join } from "@std/path";
import { createTarDecoder } from "modern-tar";

/** The files to unpack from an archive. */
export interface ArchiveContents {
  /** The folder inside the archive. */
  readonly folder: string;
  /** The wanted files in that folder. Nothing else is unpacked. */
  readonly files: readonly string[];
}

/** The largest allowed ratio of unpacked to packed size. CIFAR archives are compressed little. */
const mostTimes = 8;
/** The unpacked size in bytes that is always allowed: headers around small files compress well. */
const alwaysAllowed = 2 ** 24;

/**
 * Unpacks only the wanted files, into `parent/folder`, which is created.
 *
 * @throws {Error} If the archive is damaged, lacks a file, or unpacks to many times its size.
 */
export async function unpackArchive(
  path: string,
  { folder, files }: ArchiveContents,
  parent: string,
): Promise<void> {
  await Deno.mkdir(join(parent, folder));
  const missing = new Set(files.map((file) => `${folder}/${file}`));
  const file = await Deno.open(path);
  const { size } = await file.stat();
  const entries = file.readable
    .pipeThrough(new DecompressionStream("gzip"))
    .pipeThrough(atMost(mostTimes * size + alwaysAllowed))
    .pipeThrough(createTarDecoder());
  for await (const { header, body } of entries) {
    if (header.type === "file" && missing.delete(header.name)) {
      await unpackFile(body, join(parent, header.name), header.size);
    } else {
      // Do not cancel: a late cancel makes the decoder lose the next entry.
      await body.pipeTo(new WritableStream());
    }
  }
  if (missing.size > 0) throw new Error(`the archive lacks ${[...missing].join(", ")}`);
}

/** Checks the size, because the decoder treats a cut-off archive as the end of the file. */
async function unpackFile(
  body: ReadableStream<Uint8Array>,
  path: string,
  size: number,
): Promise<void> {
  await Deno.writeFile(path, body);
  const { size: written } = await Deno.stat(path);
  if (written !== size) {
    throw new Error(`the archive is cut short: ${basename(path)} has ${written} bytes of ${size}`);
  }
}

/** Passes on up to `limit` bytes, and fails if there are more. */
function atMost(limit: number): TransformStream<Uint8Array, Uint8Array> {
  let left = limit;
  return new TransformStream({
    transform(chunk, controller) {
      left -= chunk.length;
      if (left < 0) throw new Error(`the archive unpacks to more than ${limit} bytes`);
      controller.enqueue(chunk);
    },
  });
}
