/**
 * How a context or session computes, and its `ConfigProto`.
 *
 * @module
 */
import protobuf from "protobufjs/minimal.js";
import type { Bytes } from "./library.ts";

/** How the context computes. */
export interface ContextOptions {
  /** Threads within an op; TensorFlow's own choice (all cores) unless given. */
  threads?: number | undefined;
  /** Ops of compiled functions that run at a time; as `threads` unless given. */
  opThreads?: number | undefined;
  /**
   * Whether to compute on a GPU where there is one.
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
