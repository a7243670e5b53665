/**
 * Reads TensorFlow's op definitions. A graph, unlike an eager op, needs to know which inputs are lists.
 * They also tell if an op is stateful, such as random numbers.
 *
 * @module
 */
import protobuf from "protobufjs";
import type { OpAttr } from "./attributes.ts";
import { bufferBytes, cString, type Library, notNull, Status } from "./library.ts";

/** What is needed of TensorFlow's OpDef. */
const OpDef = protobuf.parse(`
  syntax = "proto3";

  message OpDef {
    repeated ArgDef input_arg = 2;
    bool is_stateful = 17;
  }
  message ArgDef {
    string number_attr = 5;
    string type_list_attr = 6;
  }
`).root.lookupType("OpDef");

interface Definition {
  /** For each input, the attribute with its list's length or types; undefined for one tensor. */
  lists: (string | undefined)[];
  isStateful: boolean;
}

function parseOpDef(bytes: Uint8Array): Definition {
  const { inputArg, isStateful } = OpDef.decode(bytes) as unknown as {
    inputArg: { numberAttr: string; typeListAttr: string }[];
    isStateful: boolean;
  };
  const lists = inputArg.map((arg) => arg.numberAttr || arg.typeListAttr || undefined);
  return { lists, isStateful };
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
  const { lists } = definitionOf(library, op);
  const listCount = lists.filter((list) => list !== undefined).length;
  const rest = inputs.length - (lists.length - listCount);
  let next = 0;
  const grouped = lists.map((list) => {
    if (list === undefined) return inputs[next++] as T;
    const length = listCount === 1 ? rest : listLength(op, attrs, list);
    return inputs.slice(next, next += length);
  });
  if (next !== inputs.length || rest < 0) {
    throw new TypeError(
      `Cannot add ${op} to a trace: it takes ${lists.length} inputs and ${inputs.length} were given`,
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
