/**
 * Unpacks what is wanted of a `.tar.gz` archive.
 *
 * @module
 */
import { basename, join } from "@std/path";
import { createTarDecoder } from "modern-tar";

/** What is wanted of an archive. */
export interface ArchiveContents {
  /** The folder inside the archive. */
  readonly folder: string;
  /** The files wanted of that folder; nothing else is unpacked. */
  readonly files: readonly string[];
}

/** How many times its size an archive of images may unpack to. Those of CIFAR are little compressed. */
const MOST_TIMES = 8;
/** Bytes that any archive may unpack to: what surrounds small files packs well. */
const ALWAYS_ALLOWED = 2 ** 24;

/**
 * Unpacks the wanted files into `parent/folder`, which is made, and nothing else.
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
    .pipeThrough(atMost(MOST_TIMES * size + ALWAYS_ALLOWED))
    .pipeThrough(createTarDecoder());
  for await (const { header, body } of entries) {
    if (header.type === "file" && missing.delete(header.name)) {
      await unpackFile(body, join(parent, header.name), header.size);
    } else {
      // Not cancelled: a late cancel makes the decoder lose the entry after it.
      await body.pipeTo(new WritableStream());
    }
  }
  if (missing.size > 0) throw new Error(`the archive lacks ${[...missing].join(", ")}`);
}

/** The decoder takes the end of an archive for the end of the file in it. */
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

/** Passes so many bytes on, and fails on more. */
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
