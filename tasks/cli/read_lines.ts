/**
 * Reads what a program writes, line by line.
 *
 * @module
 */
import { createInterface } from "node:readline";
import { Readable } from "node:stream";

/** The lines of a stream of bytes. */
export function readLines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncIterable<string> {
  return createInterface({ input: Readable.from(stream.pipeThrough(new TextDecoderStream())) });
}
