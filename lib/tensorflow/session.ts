/**
 * A `TF_Session`: runs operations of a graph and measures each one. Only profiles use it, because
 * TensorFlow only measures ops in sessions. Compiled functions run elsewhere.
 *
 * @module
 */
import protobuf from "protobufjs/minimal.js";
import { configProto } from "./config_proto.ts";
import type { Context, Handle } from "./context.ts";
import { concat, type Graph, type Operation } from "./graph.ts";
import {
  addressesOf,
  bufferBytes,
  type Bytes,
  type Library,
  notNull,
  type Pointer,
  Status,
} from "./library.ts";

/** The arguments of a run. */
export interface SessionRun {
  /** Operations to replace by values. */
  inputs: readonly Operation[];
  /** Their values. */
  values: readonly Handle[];
  /** The operations to run, with everything they need. Nothing is returned. */
  targets: readonly Operation[];
}

/**
 * The context's `ConfigProto` plus, in field 10 (`graph_options`), field 10 (`rewrite_options`), field
 * 19 (`disable_meta_optimizer`): so the nodes run unchanged, as in a compiled function.
 */
function sessionConfig({ options }: Context): Bytes {
  const writer = protobuf.Writer.create().uint32(10 << 3 | 2).fork();
  writer.uint32(10 << 3 | 2).fork().uint32(19 << 3).bool(true).ldelim().ldelim();
  return new Uint8Array([...configProto(options), ...writer.finish()]);
}

/** `RunOptions` with field 1, `trace_level`, as `SOFTWARE_TRACE`: measures every node. */
const runOptions: Bytes = Uint8Array.of(1 << 3, 1);

export class Session {
  readonly #library: Library;
  readonly #pointer: Pointer;
  readonly #status: Status;
  readonly #options: Pointer;

  constructor(context: Context, graph: Graph) {
    const { library } = context;
    this.#library = library;
    this.#status = new Status(library);
    this.#pointer = this.#open(graph, sessionConfig(context));
    this.#options = notNull(
      library.TF_NewBufferFromString(runOptions, BigInt(runOptions.byteLength)),
      "run options",
    );
  }

  #open(graph: Graph, config: Bytes): Pointer {
    const library = this.#library;
    const status = this.#status.pointer;
    const options = notNull(library.TF_NewSessionOptions(), "session options");
    try {
      library.TF_SetConfig(options, config, BigInt(config.byteLength), status);
      this.#status.check(() => "TF_SetConfig");
      const session = library.TF_NewSession(graph.pointer, options, status);
      this.#status.check(() => "TF_NewSession");
      return notNull(session, "session");
    } finally {
      library.TF_DeleteSessionOptions(options);
    }
  }

  /** Runs outside the JavaScript thread. Returns the bytes of a `RunMetadata`. */
  async run({ inputs, values, targets }: SessionRun): Promise<Bytes> {
    const library = this.#library;
    const status = this.#status.pointer;
    const tensors: Pointer[] = [];
    const metadata = notNull(library.TF_NewBuffer(), "buffer");
    try {
      for (const { pointer } of values) {
        const tensor = library.TFE_TensorHandleResolve(pointer, status);
        this.#status.check(() => "TFE_TensorHandleResolve");
        tensors.push(notNull(tensor, "tensor"));
      }
      // This list keeps the memory alive until TensorFlow is done.
      const held = [
        concat(inputs.map((operation) => ({ operation, index: 0 }))),
        addressesOf(tensors),
        addressesOf(targets.map(({ pointer }) => pointer)),
      ] as const;
      await library.TF_SessionRunOffThread(
        this.#pointer,
        this.#options,
        held[0],
        held[1],
        inputs.length,
        null,
        null,
        0,
        held[2],
        targets.length,
        metadata,
        status,
      );
      void held;
      this.#status.check(() => "the graph of a compiled function");
      return bufferBytes(metadata);
    } finally {
      tensors.forEach((tensor) => library.TF_DeleteTensor(tensor));
      library.TF_DeleteBuffer(metadata);
    }
  }

  delete(): void {
    const library = this.#library;
    library.TF_CloseSession(this.#pointer, this.#status.pointer);
    library.TF_DeleteSession(this.#pointer, this.#status.pointer);
    library.TF_DeleteBuffer(this.#options);
    this.#status.delete();
  }
}
