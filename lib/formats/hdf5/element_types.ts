/**
 * Maps HDF5 element types to safetensors names.
 *
 * @module
 */

/** The element type of a dataset. */
export interface Hdf5Type {
  /** HDF5's type class, with the numbers of `H5Tget_class`. */
  type: number;
  /** Bytes per element. */
  size: number;
  signed: boolean;
  enum_type?: { type: number; members: Record<string, number> };
}

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
 * @throws {SyntaxError} If the elements are not numbers of 8 to 64 bits. The message describes them.
 */
export function nameType({ type, size, signed, enum_type }: Hdf5Type): string {
  const bits = size * 8;
  if (type === integer && [8, 16, 32, 64].includes(bits)) return `${signed ? "I" : "U"}${bits}`;
  if (type === float && [16, 32, 64].includes(bits)) return `F${bits}`;
  if (type === enumeration && size === 1 && isBoolean(enum_type?.members ?? {})) return "BOOL";
  const numbers = type === integer || type === float ? `numbers of ${bits} bits` : undefined;
  throw new SyntaxError(numbers ?? otherClasses[type] ?? "of an unknown type");
}

/** HDF5 has no booleans. h5py writes them as an enumeration of these two names. */
function isBoolean(members: Record<string, number>): boolean {
  return Object.keys(members).length === 2 && members.FALSE === 0 && members.TRUE === 1;
}
