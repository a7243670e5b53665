/**
 * Reads all datasets of an HDF5 file by key, with limits that are checked before any data is read.
 *
 * @module
 */
import { printable } from "../../errors.ts";
import type { SafeTensor } from "../safetensors.ts";
import { nameType } from "./element_types.ts";
import type { Hdf5File } from "./hdf5_file.ts";
import { findLayout, keyOf, type Layout } from "./keys.ts";

/** A dataset that can be read as a tensor. */
interface Dataset {
  path: string;
  /** The safetensors name of the type. */
  dtype: string;
  shape: number[];
  byteLength: number;
}

/** More than the groups and parameters of any network. hickle uses one group per parameter. */
const maxObjects = 2 ** 14;
/** Stops loops of groups that contain themselves. */
const maxDepth = 12;
/** Loops of groups can repeat a short name to a long path. */
const maxPathLength = 1024;

/**
 * Reads the datasets of a file by their keys.
 *
 * @param limit the maximum size of all datasets together, in bytes.
 * @throws {SyntaxError} If they are larger, one is not a tensor or cannot be read, or the groups are
 * unusual.
 */
export function readDatasets(file: Hdf5File, limit: number): Record<string, SafeTensor> {
  const datasets = [...findDatasets(file, limit)];
  return Object.fromEntries(datasets.map(([key, dataset]) => [key, read(file, key, dataset)]));
}

function read(
  file: Hdf5File,
  key: string,
  { path, dtype, shape, byteLength }: Dataset,
): SafeTensor {
  const data = byteLength === 0 ? new Uint8Array() : file.read(path, byteLength);
  if (!data) throw new SyntaxError(`${printable(key)} is damaged, or lies in another file`);
  return { dtype, shape, data };
}

function findDatasets(file: Hdf5File, limit: number): Map<string, Dataset> {
  const layout = findLayout(file.attributes("/"), file.names("/"));
  const datasets = new Map<string, Dataset>();
  let total = 0;
  for (const names of walk(file)) {
    const key = keyOf(names, layout);
    if (key === undefined) continue;
    if (key === "") throw new SyntaxError("it holds a single array and no state dictionary");
    if (datasets.has(key)) throw new SyntaxError(`it holds ${printable(key)} more than once`);
    const dataset = inspect(file, pathOf(names), key, layout);
    total += dataset.byteLength;
    if (total > limit) {
      throw new SyntaxError(
        `its arrays up to ${
          printable(key)
        } have ${total} bytes, and ${limit} are the most for its size`,
      );
    }
    datasets.set(key, dataset);
  }
  if (datasets.size === 0) throw new SyntaxError("it holds no arrays");
  return datasets;
}

function pathOf(names: string[]): string {
  return `/${names.join("/")}`;
}

/** The list of names that leads to each dataset. */
function* walk(file: Hdf5File): Generator<string[]> {
  let objects = 0;
  const waiting: string[][] = [[]];
  for (let group = waiting.pop(); group; group = waiting.pop()) {
    const names = file.names(pathOf(group));
    objects += names.length;
    if (objects > maxObjects) {
      throw new SyntaxError(`it holds more than ${maxObjects} objects, or groups in a loop`);
    }
    for (const name of names) {
      const inner = [...group, name];
      const kind = objectKindOf(file, inner);
      if (kind === "dataset") yield inner;
      if (kind === "group") waiting.push(inner);
    }
  }
}

function objectKindOf(file: Hdf5File, names: string[]): "group" | "dataset" | "type" {
  const path = pathOf(names);
  const name = names.at(-1) as string;
  // In a path, such names would lead elsewhere. No program writes them.
  if (name === "" || name === "." || name.includes("/")) {
    throw new SyntaxError(`it is damaged: ${printable(path)} has no proper name`);
  }
  if (names.length > maxDepth || path.length > maxPathLength) {
    throw new SyntaxError(
      `its groups lie more than ${maxDepth} deep, have names of more than ${maxPathLength} ` +
        `characters, or hold themselves: ${printable(path)}`,
    );
  }
  const kind = file.kind(path);
  if (kind === "link") {
    throw new SyntaxError(`${printable(path)} is a link to elsewhere, which is not followed`);
  }
  if (kind === undefined) {
    throw new SyntaxError(`it is damaged: ${printable(path)} cannot be opened`);
  }
  return kind;
}

function inspect(file: Hdf5File, path: string, key: string, layout: Layout): Dataset {
  const description = file.describe(path);
  const { shape, size } = description;
  const dtype = nameType(description, key);
  if (shape === null) throw new SyntaxError(`${printable(key)} is empty, without a shape`);
  if (description.virtual_sources !== undefined) {
    throw new SyntaxError(
      `${printable(key)} is put together from other datasets, which is not supported`,
    );
  }
  const filter = file.unknownFilter(path);
  if (filter !== undefined) {
    throw new SyntaxError(
      `${printable(key)} is compressed by ${
        printable(filter)
      }, which is not supported; use gzip or nothing`,
    );
  }
  // hickle pickles unknown objects. Only an attribute distinguishes these bytes from arrays.
  const mayBePickle = layout === "hickle4" && dtype === "U8" && shape.length === 1;
  if (mayBePickle && !file.attributes(path).includes("np_dtype")) {
    throw new SyntaxError(`${printable(key)} is a pickled object of Python, not an array`);
  }
  return { path, dtype, shape, byteLength: shape.reduce((product, side) => product * side, size) };
}
