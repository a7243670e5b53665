/**
 * Finds the state dictionary in the contents of a PyTorch file, and the network's keys.
 *
 * @module
 */
import {
  isCounter,
  type Selection,
  selectNetwork,
  usualPlaces,
  withoutWrappers,
} from "../network_keys.ts";
import { isSizes } from "../untrusted.ts";
import { describe, PythonObject, TensorObject } from "./objects.ts";
import { printable } from "../../errors.ts";

type Dictionary = Map<unknown, unknown>;

/**
 * Finds the parameters in the contents of a file: the network of {@link selectNetwork}, in whatever
 * dictionary it is. If nothing looks like a known network, returns the whole state dictionary with
 * prefixes removed: `student.` if the dictionary also has a teacher, which is left out; then `module.`,
 * `model.` or `_orig_mod.` if all keys have it. Leaves out `num_batches_tracked`.
 *
 * @param whole True to look for no known network, and take the whole state dictionary.
 * @throws {SyntaxError} If there is none, more than one, or one with values that are not tensors.
 */
export function selectStateDict(value: unknown, whole = false): Selection<TensorObject> {
  return (whole ? undefined : selectNetwork(flatten(value), shapeOf)) ?? {
    tensors: withoutWrappers(takeStudent(takeTensors(findDictionary(value)))),
    note: undefined,
  };
}

/** Deeper and longer than the paths of parameters in training programs. */
const maxDepth = 8;
const maxKey = 1024;

/** All tensors of all dictionaries and lists, each of which counts once. Keys are joined by dots. */
function flatten(value: unknown): Map<string, TensorObject> {
  const tensors = new Map<string, TensorObject>();
  const seen = new Set<unknown>();
  const visit = (inner: unknown, path: string, depth: number): void => {
    if (path.length > maxKey) return; // a long name above a million others would fill the memory
    if (inner instanceof TensorObject) tensors.set(path, inner);
    if (depth > maxDepth || seen.has(inner)) return;
    const entries = entriesOf(inner);
    if (!entries) return;
    seen.add(inner);
    for (const [key, next] of entries) {
      if (typeof key !== "string" && typeof key !== "number") continue;
      if (String(key).length > maxKey) continue;
      visit(next, path === "" ? String(key) : `${path}.${key}`, depth + 1);
    }
  };
  visit(value, "", 0);
  return tensors;
}

function entriesOf(value: unknown): Iterable<[unknown, unknown]> | undefined {
  if (Array.isArray(value)) return value.entries();
  if (!(value instanceof Map)) return undefined;
  // Runs of the original code store running statistics in a separate dictionary.
  const [params, stats] = [value.get("params"), value.get("stats")];
  if (!(params instanceof Map && stats instanceof Map)) return value;
  const others = [...value].filter(([key]) => key !== "params" && key !== "stats");
  return [["params", params], ["params", stats], ...others];
}

function shapeOf({ layout }: TensorObject): readonly number[] | undefined {
  const shape = layout?.shape;
  return isSizes(shape) ? shape : undefined;
}

function findDictionary(value: unknown): Dictionary {
  if (!(value instanceof Map)) {
    const remedy = value instanceof PythonObject ? remedyOfObject : "";
    throw new SyntaxError(`it holds no state dictionary: it is ${describe(value)}${remedy}`);
  }
  const params = value.get("params");
  if (params instanceof Map) {
    const stats = value.get("stats");
    return stats instanceof Map ? new Map([...params, ...stats]) : params;
  }
  const wrapped = usualPlaces.map((key) => value.get(key)).find((inner) => inner instanceof Map);
  return wrapped ?? findOther(value);
}

/** The dictionary itself, or the only dictionary of tensors in it, whatever its name. */
function findOther(dictionary: Dictionary): Dictionary {
  // Keyed by value, so that a dictionary with a million names is searched only once.
  const inner = new Map(
    [...dictionary].filter(([, value]) => value instanceof Map)
      .map(([key, value]) => [value as Dictionary, key]),
  );
  const candidates = [...inner].filter(([value]) => holdsTensors(value));
  const [first] = candidates;
  if (first && candidates.length === 1) return first[0];
  if (candidates.length > 1) {
    const names = list(candidates.map(([, key]) => key));
    throw new SyntaxError(`it holds several state dictionaries: ${names}; save one alone`);
  }
  if ([...dictionary.values()].some((value) => value instanceof TensorObject)) return dictionary;
  throw new SyntaxError(
    dictionary.size === 0
      ? "it is empty"
      : `it holds no state dictionary, but ${list([...dictionary.keys()])}` +
        remedyFor([...dictionary.values()]),
  );
}

const remedyOfObject = "; save its state_dict() alone";

/** What to do if a whole module was saved. */
function remedyFor(values: unknown[]): string {
  const object = values.find((value) => value instanceof PythonObject);
  return object ? `, where one is ${describe(object)}${remedyOfObject}` : "";
}

function holdsTensors(dictionary: Dictionary): boolean {
  return dictionary.size > 0 &&
    [...dictionary.values()].every((value) => value instanceof TensorObject);
}

function list(keys: unknown[]): string {
  const names = keys.slice(0, 5).map((key) =>
    typeof key === "string" ? printable(key) : describe(key)
  );
  return names.join(", ") + (keys.length > 5 ? ", ..." : "");
}

function takeTensors(dictionary: Dictionary): Map<string, TensorObject> {
  const tensors = new Map<string, TensorObject>();
  for (const [key, value] of dictionary) {
    if (typeof key !== "string") {
      throw new SyntaxError(`its state dictionary has a key that is ${describe(key)}`);
    }
    if (isCounter(key)) continue;
    if (!(value instanceof TensorObject)) {
      throw new SyntaxError(
        `${printable(key)} of its state dictionary is ${describe(value)}, not a tensor`,
      );
    }
    tensors.set(key, value);
  }
  if (tensors.size === 0) throw new SyntaxError("its state dictionary is empty");
  return tensors;
}

function takeStudent(tensors: Map<string, TensorObject>): Map<string, TensorObject> {
  const startsWith = (prefix: string) => [...tensors].filter(([key]) => key.startsWith(prefix));
  const [student, teacher] = [startsWith("student."), startsWith("teacher.")];
  if (student.length + teacher.length === 0) return tensors;
  if (student.length === 0) {
    throw new SyntaxError("it holds the parameters of a teacher and of no student");
  }
  return new Map(student.map(([key, tensor]) => [key.slice("student.".length), tensor]));
}
