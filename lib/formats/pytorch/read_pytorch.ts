/**
 * Reads parameters from torch.save files, without Python.
 *
 * @module
 */
import { isTar, pickleSignatures, startsWith, torch7Signatures, zipSignature } from "../kind.ts";
import type { SafeTensor, SafeTensors } from "../safetensors.ts";
import { openLegacyFile } from "./legacy_format.ts";
import { memoryLimit, quotedStart, readable } from "../untrusted.ts";
import type { Selection } from "../network_keys.ts";
import { selectStateDict } from "./state_dict.ts";
import { placeTensor, readTensor } from "./tensors.ts";
import { openZipFile, type PyTorchFile } from "./zip_format.ts";

/** The tensors read from a file, and what {@link Selection} says of them. */
export interface ReadTensors extends SafeTensors, Pick<Selection<SafeTensor>, "note" | "naming"> {}

/**
 * Reads the state dictionary in the bytes of a `.pth`, `.pt` or `.pt7` file written by torch.save, in
 * both formats since PyTorch 0.1.12. Runs no code in the file, which can only create tensors and
 * containers.
 *
 * The dictionary may be nested anywhere in the file. The network's keys may have any prefix, and other
 * tensors may be next to them: see {@link selectStateDict}.
 *
 * @param path of the file, only for messages.
 * @param whole True to look for no known network, and take the whole state dictionary.
 * @returns arrays in PyTorch's layout and types, as from a safetensors file. They may share memory.
 * @throws {UserError} If the file is damaged, of another kind, uses a name that does not create
 * tensors, or has no state dictionary. Memory and time are always limited by the file size.
 */
export async function readPyTorch(
  bytes: Uint8Array,
  path: string,
  whole = false,
): Promise<ReadTensors> {
  return await readable(path, () => readTensors(bytes, whole));
}

async function readTensors(bytes: Uint8Array, whole: boolean): Promise<ReadTensors> {
  const limit = memoryLimit(bytes);
  const file = await openFile(bytes, limit);
  const { tensors: selected, ...rest } = selectStateDict(file.value, whole);
  const placed = [...selected].map(([key, tensor]) => [key, placeTensor(key, tensor)] as const);
  // A stride of 0, or many tensors of one storage, can make a small file large.
  const total = placed.reduce(
    (sum, [, { size, bytesPerElement }]) => sum + size * bytesPerElement,
    0,
  );
  if (total > limit) {
    throw new SyntaxError(
      `its tensors have ${total} bytes, and ${limit} are the most for its size`,
    );
  }
  const tensors: [string, SafeTensor][] = [];
  for (const [key, tensor] of placed) {
    const storage = await file.readStorage(tensor.storage);
    tensors.push([key, readTensor(tensor, storage, file.bigEndian)]);
  }
  return { tensors: Object.fromEntries(tensors), metadata: {}, ...rest };
}

async function openFile(bytes: Uint8Array, limit: number): Promise<PyTorchFile> {
  if (startsWith(bytes, zipSignature)) return await openZipFile(bytes, limit);
  if (pickleSignatures.some((start) => startsWith(bytes, start))) return openLegacyFile(bytes);
  throw new SyntaxError(otherKind(bytes));
}

function otherKind(bytes: Uint8Array): string {
  if (bytes.length === 0) return "it is empty";
  if (isTar(bytes)) {
    return "it is of the tar format before PyTorch 0.1.12; open it with torch.load in PyTorch and " +
      "save its state dictionary with torch.save";
  }
  if (torch7Signatures.some((start) => startsWith(bytes, start))) {
    return "it is of Torch7 (Lua), not of PyTorch; convert it to PyTorch first";
  }
  return `it is not a file of torch.save, for it begins with ${quotedStart(bytes)}`;
}
