/**
 * Makes the two end records of a zip archive consistent.
 *
 * @module
 */
import { Uint8ArrayReader } from "@zip.js/zip.js";

const endSignature = 0x06054b50;
const endLength = 22;
/** The offset of the directory position in the end record, and its value for "see Zip64". */
const directoryFieldOffset = 16;
const seeZip64 = 0xff;
const locatorSignature = 0x07064b50;
const locatorLength = 20;
const maxComment = 2 ** 16 - 1;

/**
 * Reads an archive whose Zip64 records always count.
 *
 * torch.save always writes 76 bytes of Zip64 records, but also the plain numbers in the end record.
 * Then the zip library ignores the Zip64 records and assumes that the directory ends right before the
 * end record. So it may start to read the directory 76 bytes too late, if an entry begins there. This
 * happens if the name of the first entry has 30 characters. This reader changes the end record to refer
 * to the Zip64 records.
 */
export class ZipBytesReader extends Uint8ArrayReader {
  readonly #field: number | undefined;

  constructor(bytes: Uint8Array) {
    super(bytes);
    this.#field = directoryField(bytes);
  }

  override async readUint8Array(offset: number, length: number): Promise<Uint8Array> {
    const bytes = await super.readUint8Array(offset, length); // a copy
    if (this.#field !== undefined) {
      const start = this.#field - offset;
      bytes.fill(seeZip64, Math.max(0, start), Math.max(0, start + 4));
    }
    return bytes;
  }
}

/** The offset of the directory position in the end record, if there are Zip64 records before it. */
function directoryField(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const last = bytes.length - endLength;
  for (let end = last; end >= Math.max(locatorLength, last - maxComment); end--) {
    if (view.getUint32(end, true) !== endSignature) continue;
    const isLocated = view.getUint32(end - locatorLength, true) === locatorSignature;
    return isLocated ? end + directoryFieldOffset : undefined;
  }
  return undefined;
}
