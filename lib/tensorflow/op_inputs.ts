/**
 * Reads TensorFlow's op definitions. A graph, unlike an eager op, needs to know which inputs are lists.
 * They also tell if an op is stateful, such as random numbers.
 *
 * @module
 */
import protobuf from "protobufjs/minimal.js";
import type { OpAttr } from "./attributes.ts";
import { bufferBytes, cString, type Library, notNull, Status } from "./library.ts";

/** An input argument of an op: one tensor, or a list whose length is an attribute. */
interface InputArgument {
  /** The attribute with the list's length or types. */
  list: string | undefined;
}

interface Definition {
  inputs: InputArgument[];
  isStateful: boolean;
}

// Fields of TensorFlow's OpDef and OpDef.ArgDef messages.
const opInputArg = 2;
const opIsStateful = 17;
const argNumberAttr = 5;
const argTypeListAttr = 6;

function parseOpDef(bytes: Uint8Array): Definition {
  const reader = protobuf.Reader.create(bytes);
  const inputs: InputArgument[] = [];
  let isStateful = false;
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const field = tag >>> 3;
    if (field === opInputArg) inputs.push(parseArgDef(reader.bytes()));
    else if (field === opIsStateful) isStateful = reader.bool();
    else reader.skipType(tag & 7);
  }
  return { inputs, isStateful };
}

function parseArgDef(bytes: Uint8Array): InputArgument {
  const reader = protobuf.Reader.create(bytes);
  let list: string | undefined;
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const field = tag >>> 3;
    if (field === argNumberAttr || field === argTypeListAttr) list = reader.string() || undefined;
    else reader.skipType(tag & 7);
  }
  return { list };
}

/** The definitions of ops. Each is requested from TensorFlow once. */
const known = new Map<string, Definition>();

/** Splits an op's inputs into its arguments; lists become arrays. Throws if the counts do not fit. */
export function groupInputs<T>(
  library: Library,
  op: string,
  attrs: readonly OpAttr[],
  inputs: readonly T[],
): (T | T[])[] {
  const definition = definitionOf(library, op).inputs;
  const lists = definition.filter(({ list }) => list !== undefined).length;
  const rest = inputs.length - (definition.length - lists);
  let next = 0;
  const grouped = definition.map(({ list }) => {
    if (list === undefined) return inputs[next++] as T;
    const length = lists === 1 ? rest : listLength(op, attrs, list);
    return inputs.slice(next, next += length);
  });
  if (next !== inputs.length || rest < 0) {
    throw new TypeError(
      `Cannot add ${op} to a trace: it takes ${definition.length} inputs and ${inputs.length} were given`,
    );
  }
  return grouped;
}

/** True if an op may give different results for the same inputs. */
export function isStateful(library: Library, op: string): boolean {
  return definitionOf(library, op).isStateful;
}

function definitionOf(library: Library, op: string): Definition {
  let definition = known.get(op);
  if (definition === undefined) known.set(op, definition = parseOpDef(read(library, op)));
  return definition;
}

/** The definition as an `OpDef` message. TensorFlow only tells it of a graph, so this makes one. */
function read(library: Library, op: string): Uint8Array {
  const status = new Status(library);
  const graph = notNull(library.TF_NewGraph(), "graph");
  const buffer = notNull(library.TF_NewBuffer(), "buffer");
  try {
    library.TF_GraphGetOpDef(graph, cString(op), buffer, status.pointer);
    status.check(() => `${op} in a trace`);
    return bufferBytes(buffer);
  } finally {
    library.TF_DeleteBuffer(buffer);
    library.TF_DeleteGraph(graph);
    status.delete();
  }
}

function listLength(op: string, attrs: readonly OpAttr[], list: string): number {
  const value = attrs.find(({ name }) => name === list)?.value;
  if (Array.isArray(value)) return value.length;
  if (typeof value === "number") return value;
  throw new TypeError(`Cannot add ${op} to a trace: its attribute ${list} is not given`);
}
