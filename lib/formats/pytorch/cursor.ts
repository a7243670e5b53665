/**
 * A reading position in an array of bytes, with checks for its end.
 *
 * @module
 */

/** Reads bytes from `position` on. Every method throws a SyntaxError if too few bytes are left. */
export class Cursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, public position = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The next `length` bytes, as a view of the same memory. */
  take(length: number): Uint8Array {
    const start = this.#skip(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** Text up to the next line feed, which is skipped. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.position);
    if (end < 0) throw new SyntaxError("it ends within a line");
    const text = decodeText(this.take(end - this.position));
    this.position++;
    return text;
  }

  uint8(): number {
    return this.#view.getUint8(this.#skip(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#skip(2), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#skip(4), true);
  }

  /** An 8-byte length. It is not exact above 2^53, but no file is that long. */
  uint64(): number {
    return Number(this.#view.getBigUint64(this.#skip(8), true));
  }

  /** The only big-endian number of a pickle. */
  float64BigEndian(): number {
    return this.#view.getFloat64(this.#skip(8));
  }

  #skip(length: number): number {
    const start = this.position;
    const left = this.#bytes.byteLength - start;
    if (length < 0 || length > left) {
      throw new SyntaxError(`it is cut short: ${length} bytes are to follow and ${left} do`);
    }
    this.position += length;
    return start;
  }
}

/** Decodes UTF-8. Invalid bytes, such as binary strings from Python 2, are replaced. */
export function decodeText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
