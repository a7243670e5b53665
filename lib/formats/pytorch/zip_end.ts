/**
 * The end of a zip archive, where its two directories of ends are to agree.
 *
 * @module
 */
import { Uint8ArrayReader } from "@zip.js/zip.js";

const END = 0x06054b50;
const END_LENGTH = 22;
/** Where the end record has the place of the directory, and what it has there for "see Zip64". */
const DIRECTORY_FIELD = 16;
const SEE_ZIP64 = 0xff;
const LOCATOR = 0x07064b50;
const LOCATOR_LENGTH = 20;
const MAX_COMMENT = 2 ** 16 - 1;

/**
 * Reads an archive whose Zip64 records count wherever they are.
 *
 * torch.save always writes the 76 bytes of Zip64 records, and the plain numbers in the end record all
 * the same. The zip library then passes over the records, takes the 76 bytes before the end record for
 * the last of the directory, and so begins to read the directory 76 bytes too far on, if an entry
 * begins there: where the name of the first one has 30 characters. In what this reader gives it, the
 * end record refers to the Zip64 records, as they are meant to be read.
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
      bytes.fill(SEE_ZIP64, Math.max(0, start), Math.max(0, start + 4));
    }
    return bytes;
  }
}

/** Where the directory's place stands in the end record, if there are Zip64 records before that. */
function directoryField(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const last = bytes.length - END_LENGTH;
  for (let end = last; end >= Math.max(LOCATOR_LENGTH, last - MAX_COMMENT); end--) {
    if (view.getUint32(end, true) !== END) continue;
    const isLocated = view.getUint32(end - LOCATOR_LENGTH, true) === LOCATOR;
    return isLocated ? end + DIRECTORY_FIELD : undefined;
  }
  return undefined;
}
