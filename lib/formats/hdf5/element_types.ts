/**
 * Maps HDF5 element types to safetensors names.
 *
 * @module
 */
import type { Metadata } from "h5wasm";
import { printable } from "../../errors.ts";

/** The element type of a dataset. `type` is a number of `H5Tget_class`; `size` is in bytes. */
export type Hdf5Type = Pick<Metadata, "type" | "size" | "signed" | "enum_type">;

const integer = 0;
const float = 1;
const enumeration = 8;

/** Names of unsupported classes, for messages. */
const otherClasses: Record<number, string> = {
  2: "times",
  3: "text",
  4: "bit fields",
  5: "opaque bytes",
  6: "compounds, such as complex numbers",
  7: "references",
  [enumeration]: "an enumeration",
  9: "sequences of varying length",
  10: "arrays as elements",
};

/**
 * The safetensors name of a type. Data is read as little-endian, whatever its order in the file.
 *
 * @param key of the dataset, for the message.
 * @throws {SyntaxError} If the elements are not numbers of 8 to 64 bits. The message describes them.
 */
export function nameType({ type, size, signed, enum_type }: Hdf5Type, key: string): string {
  const bits = size * 8;
  if (type === integer && [8, 16, 32, 64].includes(bits)) return `${signed ? "I" : "U"}${bits}`;
  if (type === float && [16, 32, 64].includes(bits)) return `F${bits}`;
  if (type === enumeration && size === 1 && isBoolean(enum_type?.members ?? {})) return "BOOL";
  const numbers = type === integer || type === float ? `numbers of ${bits} bits` : undefined;
  const what = numbers ?? otherClasses[type] ?? "of an unknown type";
  throw new SyntaxError(`${printable(key)} holds ${what}, not numbers of 8 to 64 bits`);
}

/** HDF5 has no booleans. h5py writes them as an enumeration of these two names. */
function isBoolean(members: Record<string, number>): boolean {
  return Object.keys(members).length === 2 && members.FALSE === 0 && members.TRUE === 1;
}
