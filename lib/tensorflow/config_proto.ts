/**
 * Options of a context or session, and their `ConfigProto`.
 *
 * @module
 */
import protobuf from "protobufjs/minimal.js";
import type { Bytes } from "./library.ts";

/** The compute options of a context. */
export interface ContextOptions {
  /** Threads within an op. Default: TensorFlow's choice (all cores). */
  threads?: number | undefined;
  /** Ops of compiled functions that run at the same time. Default: `threads`. */
  opThreads?: number | undefined;
  /**
   * True to use a GPU if there is one.
   *
   * @default true
   */
  gpu?: boolean;
}

/**
 * A `ConfigProto` with the number of GPUs (its field 1, a map), of threads (its fields 2, intra op,
 * and 5, inter op), and with the process that leads collective ops (field 1 of its field 16).
 */
export function configProto(
  { threads, opThreads = threads, gpu = true, leader }: ContextOptions & { leader?: string },
): Bytes {
  const writer = protobuf.Writer.create();
  if (!gpu) writer.uint32(1 << 3 | 2).fork().uint32(1 << 3 | 2).string("GPU").ldelim();
  if (threads !== undefined) writer.uint32(2 << 3).int32(threads);
  if (opThreads !== undefined) writer.uint32(5 << 3).int32(opThreads);
  if (leader !== undefined) {
    writer.uint32(16 << 3 | 2).fork().uint32(1 << 3 | 2).string(leader).ldelim();
  }
  return new Uint8Array(writer.finish());
}
