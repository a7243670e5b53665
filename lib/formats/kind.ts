/**
 * Detects the kind of a parameter file from its first bytes.
 *
 * @module
 */
import { latin1 } from "./untrusted.ts";

/** The supported kinds of files. */
export type Kind = "safetensors" | "pytorch" | "hdf5";

/** The name endings of these kinds. The bytes decide; the ending only shows what was expected. */
export const endings: Readonly<Record<string, Kind>> = {
  ".safetensors": "safetensors",
  ".pth": "pytorch",
  ".pt": "pytorch",
  ".pt7": "pytorch",
  ".hkl": "hdf5",
  ".h5": "hdf5",
};

/** Other endings of parameter files, whose contents vary. */
const otherEndings = [".bin", ".ckpt", ".tar", ".t7", ".pkl", ".hdf5"];

/** True if a file's ending is one of parameter files. */
export function isNamedAsParams(path: string): boolean {
  const name = path.toLowerCase();
  return [...Object.keys(endings), ...otherEndings].some((ending) => name.endsWith(ending));
}

/** The kind of a file, from its bytes; undefined if unknown. */
export function kindOf(bytes: Uint8Array): Kind | undefined {
  // First, because the length at the start can look like any other signature.
  if (isSafetensors(bytes)) return "safetensors";
  if (pyTorchSignatures.some((signature) => startsWith(bytes, signature))) return "pytorch";
  if (isTar(bytes)) return "pytorch"; // rejected later with a clear message
  return isHdf5(bytes) ? "hdf5" : undefined;
}

/** What often lies in place of a file of parameters, by its first bytes, and what to do. */
const inPlaceOfFiles: readonly (readonly [RegExp, string])[] = [
  [/^version https:\/\/git-lfs/, "it is a pointer of Git LFS; fetch the file with git lfs pull"],
  [/^\s*<(!doctype|html)/i, "it is a web page, as a failed download leaves; fetch it again"],
  // deno-lint-ignore no-control-regex
  [/^\x1f\x8b/, "it is compressed by gzip; unpack it first"],
];

/** What is in place of a file of parameters, and what to do; undefined if unknown. */
export function inPlaceOfFile(bytes: Uint8Array): string | undefined {
  const start = latin1(bytes.subarray(0, 32));
  return inPlaceOfFiles.find(([pattern]) => pattern.test(start))?.[1];
}

/** The kind that a file's ending suggests. */
export function kindOfName(path: string): Kind | undefined {
  const name = path.toLowerCase();
  const ending = Object.keys(endings).find((ending) => name.endsWith(ending));
  return ending === undefined ? undefined : endings[ending];
}

/** Checks for a header length that fits into the file, and the start of a JSON object. */
function isSafetensors(bytes: Uint8Array): boolean {
  if (bytes.length < 9 || bytes[8] !== "{".charCodeAt(0)) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getBigUint64(0, true) <= BigInt(bytes.length - 8);
}

/** The first bytes of Torch7 (Lua) files: a table or an object, in binary or in text. */
export const torch7Signatures: readonly string[] = [
  "\x03\0\0\0\x01\0\0\0",
  "\x04\0\0\0\x01\0\0\0",
  "3\n1\n",
  "4\n1\n",
];

/** How a zip archive begins. */
export const zipSignature = "PK\x03\x04";

/** How torch.save's pickles begin: of protocol 2 and later, and of earlier ones. */
export const pickleSignatures: readonly string[] = ["\x80", "L119547037146038801333356L"];

const pyTorchSignatures = [zipSignature, ...pickleSignatures, ...torch7Signatures];

/** True for a tar archive, the format of torch.save before PyTorch 0.1.12. */
export function isTar(bytes: Uint8Array): boolean {
  return latin1(bytes.subarray(257, 262)) === "ustar";
}

const hdf5Signature = "\x89HDF\r\n\x1a\n";

/** HDF5's signature is at the start of the file, or at 512, 1024, 2048 bytes and so on. */
export function isHdf5(bytes: Uint8Array): boolean {
  for (let start = 0; start < bytes.length; start = Math.max(512, start * 2)) {
    if (startsWith(bytes.subarray(start), hdf5Signature)) return true;
  }
  return false;
}

/** True if the bytes start with this text, one byte per character. */
export function startsWith(bytes: Uint8Array, text: string): boolean {
  return latin1(bytes.subarray(0, text.length)) === text;
}
