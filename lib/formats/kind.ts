/**
 * The kind of a file of parameters, by its first bytes.
 *
 * @module
 */
import { latin1 } from "./untrusted.ts";

/** The kinds of files that are read. */
export type Kind = "safetensors" | "pytorch" | "hdf5";

/** What the names of such files end in; the bytes decide, and this says what was meant. */
export const endings: Readonly<Record<string, Kind>> = {
  ".safetensors": "safetensors",
  ".pth": "pytorch",
  ".pt": "pytorch",
  ".pt7": "pytorch",
  ".hkl": "hdf5",
  ".h5": "hdf5",
};

/** Other endings that files of parameters have; what is in them varies. */
const otherEndings = [".bin", ".ckpt", ".tar", ".t7", ".pkl", ".hdf5"];

/** Whether a file of that name is one of parameters, as far as its ending tells. */
export function isNamedAsParams(path: string): boolean {
  const name = path.toLowerCase();
  return [...Object.keys(endings), ...otherEndings].some((ending) => name.endsWith(ending));
}

/** The kind of a file, by its bytes; undefined where they are of none of these. */
export function kindOf(bytes: Uint8Array): Kind | undefined {
  // First, for the length that such a file begins with may look like any other's signature.
  if (isSafetensors(bytes)) return "safetensors";
  if (pyTorchSignatures.some((signature) => startsWith(bytes, signature))) return "pytorch";
  if (latin1(bytes.subarray(257, 262)) === "ustar") return "pytorch"; // of old, and refused by name
  return isHdf5(bytes) ? "hdf5" : undefined;
}

/** The kind that the ending of a file's name promises. */
export function kindOfName(path: string): Kind | undefined {
  const name = path.toLowerCase();
  const ending = Object.keys(endings).find((ending) => name.endsWith(ending));
  return ending === undefined ? undefined : endings[ending];
}

/** The length of a header within the file, and the JSON object that the header is. */
function isSafetensors(bytes: Uint8Array): boolean {
  if (bytes.length < 9 || bytes[8] !== "{".charCodeAt(0)) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getBigUint64(0, true) <= BigInt(bytes.length - 8);
}

/** How the files of Torch7 (Lua) begin, a table or an object, in binary and in text. */
export const torch7Signatures: readonly string[] = [
  "\x03\0\0\0\x01\0\0\0",
  "\x04\0\0\0\x01\0\0\0",
  "3\n1\n",
  "4\n1\n",
];

/** A zip archive; pickles, since protocol 2 and before. */
const pyTorchSignatures = [
  "PK\x03\x04",
  "\x80",
  "L119547037146038801333356L",
  ...torch7Signatures,
];

const hdf5Signature = "\x89HDF\r\n\x1a\n";

/** HDF5's signature stands at the start, or after a block of 512 bytes, 1024, 2048 and so on. */
export function isHdf5(bytes: Uint8Array): boolean {
  for (let start = 0; start < bytes.length; start = Math.max(512, start * 2)) {
    if (startsWith(bytes.subarray(start), hdf5Signature)) return true;
  }
  return false;
}

/** Whether the bytes begin with that text, a byte each character. */
export function startsWith(bytes: Uint8Array, text: string): boolean {
  return latin1(bytes.subarray(0, text.length)) === text;
}
