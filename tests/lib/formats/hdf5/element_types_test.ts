/**
 * The types of HDF5's elements.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import { type Hdf5Type, nameType } from "../../../../lib/formats/hdf5/element_types.ts";

const booleans = { type: 0, nmembers: 2, members: { FALSE: 0, TRUE: 1 } };
const colours = { type: 0, nmembers: 1, members: { RED: 0 } };

Deno.test("nameType() gives safetensors' name of numbers and of h5py's booleans", () => {
  const names: [Hdf5Type, string][] = [
    [{ type: 0, size: 1, signed: false }, "U8"],
    [{ type: 0, size: 8, signed: true }, "I64"],
    [{ type: 1, size: 2, signed: false }, "F16"],
    [{ type: 1, size: 8, signed: false }, "F64"],
    [{ type: 8, size: 1, signed: true, enum_type: booleans }, "BOOL"],
  ];
  for (const [type, name] of names) assertEquals(nameType(type, "w"), name);
});

Deno.test("nameType() says what elements are that it has no name for", () => {
  const others: [Hdf5Type, string][] = [
    [{ type: 1, size: 1, signed: false }, "numbers of 8 bits"],
    [{ type: 0, size: 3, signed: true }, "numbers of 24 bits"],
    [{ type: 8, size: 4, signed: true, enum_type: booleans }, "an enumeration"],
    [{ type: 8, size: 1, signed: true, enum_type: colours }, "an enum"],
    [{ type: 9, size: 8, signed: false }, "sequences of varying length"],
    [{ type: -1, size: 4, signed: false }, "of an unknown type"],
  ];
  for (const [type, part] of others) assertThrows(() => nameType(type, "w"), SyntaxError, part);
});
