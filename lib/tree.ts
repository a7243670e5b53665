/**
 * Flattens nested arrays and plain objects of tensors into a list of tensors, and rebuilds them.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/** The structure of a nested value, with list indices instead of tensors. */
export type Tree =
  | { kind: "tensor"; index: number }
  | { kind: "array"; items: Tree[] }
  | { kind: "object"; entries: [string, Tree][] }
  | { kind: "static"; value: unknown };

/** Anything nested deeper is treated as a value that contains itself. */
const maxDepth = 64;

/** A flattened value. */
export interface Flat {
  tree: Tree;
  tensors: tf.Tensor[];
  /** The path of each tensor. */
  paths: string[];
  /** For every tensor and plain value, its path, and its type or value. */
  leaves: { path: string; type: string }[];
}

/**
 * Flattens a value. Numbers, strings, booleans, null and undefined stay in the tree. Throws a TypeError
 * with the path of anything else, of a disposed tensor, or of a value nested too deeply.
 */
export function flatten(value: unknown, root: string): Flat {
  const tensors: tf.Tensor[] = [];
  const paths: string[] = [];
  const leaves: Flat["leaves"] = [];
  const visitObject = (value: Record<string, unknown>, path: string, depth: number): Tree => {
    // Sort keys, so that their order does not change the signature.
    const visited = new Map(
      Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1).map(([key, item]) => {
        const step = /^\w+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
        return [key, visit(item, path + step, depth + 1)];
      }),
    );
    if (visited.size === 0) leaves.push({ path, type: "{}" });
    return {
      kind: "object",
      entries: Object.keys(value).map((key) => [key, visited.get(key) as Tree]),
    };
  };
  const visit = (value: unknown, path: string, depth = 0): Tree => {
    if (depth > maxDepth) {
      const start = path.slice(0, 40);
      throw new TypeError(
        `Cannot use ${start}...: it is nested more than ${maxDepth} deep, or holds itself`,
      );
    }
    if (value instanceof tf.Tensor) {
      if (value.isDisposed) throw new TypeError(`Cannot use ${path}: the tensor is disposed`);
      leaves.push({ path, type: `${value.dtype}[${value.shape}]` });
      paths.push(path);
      return { kind: "tensor", index: tensors.push(value) - 1 };
    }
    if (Array.isArray(value)) {
      if (value.length === 0) leaves.push({ path, type: "[]" });
      return {
        kind: "array",
        items: value.map((item, i) => visit(item, `${path}[${i}]`, depth + 1)),
      };
    }
    if (isPlainObject(value)) return visitObject(value, path, depth);
    if (!isPlainValue(value)) throw new TypeError(describeOther(value, path));
    leaves.push({ path, type: describeValue(value) });
    return { kind: "static", value };
  };
  return { tree: visit(value, root), tensors, paths, leaves };
}

function describeOther(value: unknown, path: string): string {
  const kind = typeof value === "object" ? value?.constructor?.name ?? "object" : typeof value;
  return `Cannot use ${path} (${kind}) in a jitted function: it takes and gives tensors, plain ` +
    "values, and arrays and plain objects of them; make typed arrays tensors first";
}

function isPlainValue(value: unknown): boolean {
  return value === null || ["number", "string", "boolean", "undefined"].includes(typeof value);
}

/** Formats a plain value as text. Different values have different texts. */
function describeValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  return Object.is(value, -0) ? "-0" : String(value);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Rebuilds a nested value with other tensors in the same places. */
export function unflatten(tree: Tree, tensors: readonly tf.Tensor[]): unknown {
  switch (tree.kind) {
    case "tensor":
      return tensors[tree.index];
    case "array":
      return tree.items.map((item) => unflatten(item, tensors));
    case "object":
      return Object.fromEntries(tree.entries.map(([key, item]) => [key, unflatten(item, tensors)]));
    case "static":
      return tree.value;
  }
}
