/**
 * Sets attributes of an eager op or a graph node, for which the C interface has different functions.
 *
 * @module
 */
import { checkShape } from "./data_types.ts";
import {
  addressesOf,
  type Bytes,
  cString,
  type Library,
  type Pointer,
  type Status,
} from "./library.ts";

/** `TF_AttrType`: the kinds of attributes that tfjs's kernels use. */
export const AttrType = { string: 0, int: 1, float: 2, bool: 3, type: 4, shape: 5 } as const;

/** An attribute of an op, as passed by tfjs's kernels. */
export interface OpAttr {
  name: string;
  type: number;
  value: unknown;
}

/** An attribute with a data type as its value, such as `T`. */
export function typeAttr(name: string, dtype: number): OpAttr {
  return { name, type: AttrType.type, value: dtype };
}

const kinds = [
  ...["String", "Int", "Float", "Bool", "Type", "Shape"] as const,
  ...["StringList", "IntList", "FloatList", "BoolList", "TypeList"] as const,
] as const;

/** The setters of one half of the C interface. */
export type AttributeSetters = { [Kind in typeof kinds[number]]: Library[`TF_SetAttr${Kind}`] };

function settersOf(library: Library, prefix: "TF_SetAttr" | "TFE_OpSetAttr"): AttributeSetters {
  const setters = kinds.map((kind) => [kind, library[`${prefix}${kind}`]]);
  return Object.fromEntries(setters) as AttributeSetters;
}

/** The setters for an eager `TFE_Op`. */
export function eagerSetters(library: Library, status: Status): AttributeSetters {
  return {
    ...settersOf(library, "TFE_OpSetAttr"),
    Shape: (op, name, dimensions, count) => {
      library.TFE_OpSetAttrShape(op, name, dimensions, count, status.pointer);
      status.check(() => `TFE_OpSetAttrShape`);
    },
  };
}

/** The setters for a `TF_OperationDescription` of a graph. */
export function graphSetters(library: Library): AttributeSetters {
  return settersOf(library, "TF_SetAttr");
}

const encoder = new TextEncoder();

/**
 * Sets one attribute. Throws a TypeError that names it if its kind is unknown, and a RangeError if a
 * number is too large.
 *
 * @returns memory that C may read until the op has run or the node is finished. Keep it until then.
 */
export function setAttribute(set: AttributeSetters, target: Pointer, attr: OpAttr): unknown {
  const name = cString(attr.name);
  const { value } = attr;
  switch (attr.type) {
    case AttrType.string: {
      if (Array.isArray(value)) return setStrings(set, target, name, value);
      const bytes: Bytes = encoder.encode(String(value));
      set.String(target, name, bytes, BigInt(bytes.byteLength));
      return bytes;
    }
    case AttrType.int:
      checkWhole(attr);
      if (!Array.isArray(value)) return set.Int(target, name, BigInt(value as number));
      return setList(set.IntList, target, name, BigInt64Array.from(value, BigInt));
    case AttrType.float:
      checkNumbers(attr);
      if (!Array.isArray(value)) return set.Float(target, name, value as number);
      return setList(set.FloatList, target, name, Float32Array.from(value));
    case AttrType.bool:
      if (!Array.isArray(value)) return set.Bool(target, name, value ? 1 : 0);
      return setList(set.BoolList, target, name, Uint8Array.from(value, Number));
    case AttrType.type:
      checkNumbers(attr);
      if (!Array.isArray(value)) return set.Type(target, name, value as number);
      return setList(set.TypeList, target, name, Int32Array.from(value));
    case AttrType.shape:
      checkShape(value as number[]);
      return setList(set.Shape, target, name, BigInt64Array.from(value as number[], BigInt));
    default:
      throw new TypeError(`Cannot set attribute ${attr.name}: unknown kind ${attr.type}`);
  }
}

/**
 * Ops read integers as 32 bits, except for random seeds. If a number does not fit, the passes over a
 * compiled function crash.
 */
function checkWhole(attr: OpAttr): void {
  checkNumbers(attr);
  const { name, value } = attr;
  const numbers = [value].flat() as number[];
  const fraction = numbers.find((number) => !Number.isInteger(number));
  if (fraction !== undefined) {
    throw new RangeError(`Cannot run an op with ${name} of ${fraction}: it takes whole numbers`);
  }
  if (name.startsWith("seed")) return;
  const large = numbers.find((number) => Math.abs(number) >= 2 ** 31);
  if (large === undefined) return;
  throw new RangeError(`Cannot run an op with ${name} of ${large}: it takes numbers of 32 bits`);
}

/** Missing values would be read as 0 or NaN. */
function checkNumbers({ name, value }: OpAttr): void {
  const wrong = [value].flat().findIndex((number) => typeof number !== "number");
  if (wrong < 0) return;
  throw new TypeError(
    `Cannot run an op with ${name} of ${[value].flat()[wrong]}: it takes numbers`,
  );
}

function setStrings(
  set: AttributeSetters,
  target: Pointer,
  name: Bytes,
  values: readonly unknown[],
): unknown {
  const strings = values.map((value) => encoder.encode(String(value)));
  const pointers = addressesOf(strings.map((bytes) => Deno.UnsafePointer.of(bytes)));
  const lengths = BigUint64Array.from(strings, ({ byteLength }) => BigInt(byteLength));
  set.StringList(target, name, pointers, lengths, strings.length);
  return [strings, pointers, lengths];
}

function setList<T extends ArrayLike<unknown>>(
  set: (target: Pointer, name: Bytes, values: T, count: number) => void,
  target: Pointer,
  name: Bytes,
  values: T,
): T {
  set(target, name, values, values.length);
  return values;
}
