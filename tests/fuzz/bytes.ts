/**
 * Damages files at random: the same stream of random numbers makes the same damage.
 *
 * @module
 */
import type { Random } from "../../lib/random.ts";

/** Bytes that are their own. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** A number of a file: a length, a count, a place, an operation. */
export interface Field {
  /** Of its first byte. */
  at: number;
  /** Its bytes: 1, 2, 4 or 8. */
  size: number;
  bigEndian?: boolean;
  /** Tar has its numbers as octal digits. */
  octal?: boolean;
}

/** How {@linkcode damage} goes about it. */
export interface DamageOptions {
  /** The numbers that lengths and places are read from. */
  fields?: readonly Field[];
  /** Other files, of which parts may be put in. */
  others?: readonly Uint8Array[];
}

/** One of them. */
export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.integer(items.length)]!;
}

/** Whether something of this probability happens. */
export function happens(random: Random, probability: number): boolean {
  return random.uniform() < probability;
}

/** A file with one to six pieces of damage, half of the time with one. */
export function damage(file: Uint8Array, random: Random, options: DamageOptions = {}): Bytes {
  let bytes: Bytes = file.slice();
  const pieces = happens(random, 0.5) ? 1 : 1 + random.integer(6);
  for (let i = 0; i < pieces && bytes.length > 0; i++) {
    const kinds = [flipBits, setBytes, setBytes, truncate, insert, repeat, erase, splice];
    const kind = options.fields?.length && happens(random, 0.4) ? setField : pick(random, kinds);
    bytes = kind(bytes, random, options);
  }
  return bytes;
}

type Damage = (bytes: Bytes, random: Random, options: DamageOptions) => Bytes;

const interestingBytes = [0, 1, 0x20, 0x2e, 0x2f, 0x30, 0x7f, 0x80, 0xfe, 0xff];

const flipBits: Damage = (bytes, random) => {
  for (let i = 1 + random.integer(4); i > 0; i--) {
    bytes[random.integer(bytes.length)]! ^= 1 << random.integer(8);
  }
  return bytes;
};

const setBytes: Damage = (bytes, random) => {
  const length = happens(random, 0.8) ? 1 : 1 + random.integer(8);
  const start = random.integer(bytes.length);
  const value = happens(random, 0.5) ? pick(random, interestingBytes) : random.integer(256);
  return bytes.fill(value, start, start + length);
};

const truncate: Damage = (bytes, random) => bytes.slice(0, random.integer(bytes.length));

const insert: Damage = (bytes, random) => {
  const added = Uint8Array.from({ length: 1 + random.integer(16) }, () => random.integer(256));
  return inserted(bytes, random.integer(bytes.length + 1), added);
};

const repeat: Damage = (bytes, random) => {
  const span = spanOf(bytes, random);
  const times = happens(random, 0.9) ? 1 : 1 + random.integer(64);
  const added = new Uint8Array(span.length * times);
  for (let i = 0; i < times; i++) added.set(span, i * span.length);
  return inserted(bytes, random.integer(bytes.length + 1), added);
};

const erase: Damage = (bytes, random) => {
  const span = spanOf(bytes, random);
  const rest = new Uint8Array(bytes.length - span.length);
  rest.set(bytes.subarray(0, span.byteOffset));
  rest.set(bytes.subarray(span.byteOffset + span.length), span.byteOffset);
  return rest;
};

/** A part of another file in place of as much of this one, or the one's start and the other's end. */
const splice: Damage = (bytes, random, { others = [] }) => {
  const other = others.length > 0 ? pick(random, others).slice() : bytes.slice();
  if (other.length === 0) return bytes;
  if (happens(random, 0.3)) {
    const kept = bytes.subarray(0, random.integer(bytes.length + 1));
    return inserted(kept, kept.length, other.subarray(random.integer(other.length)));
  }
  const span = spanOf(other, random);
  const at = random.integer(bytes.length);
  bytes.set(span.subarray(0, bytes.length - at), at);
  return bytes;
};

const setField: Damage = (bytes, random, { fields = [] }) => {
  const field = pick(random, fields);
  // Damage before this one may have cut the field off.
  if (field.at + (field.octal ? 12 : field.size) <= bytes.length) {
    writeField(bytes, field, interestingNumber(readField(bytes, field), bytes.length, random));
  }
  return bytes;
};

/** Short as a rule: fields and names are short. */
function spanOf(bytes: Bytes, random: Random): Bytes {
  const most = happens(random, 0.7) ? 16 : happens(random, 0.7) ? 256 : bytes.length;
  const length = 1 + random.integer(Math.min(most, bytes.length));
  const start = random.integer(bytes.length - length + 1);
  return bytes.subarray(start, start + length);
}

/** The same with more bytes at a place. */
function inserted(bytes: Uint8Array, at: number, added: Uint8Array): Bytes {
  const result = new Uint8Array(bytes.length + added.length);
  result.set(bytes.subarray(0, at));
  result.set(added, at);
  result.set(bytes.subarray(at), at + added.length);
  return result;
}

/** The same at another length: cut, or with zeros behind it. */
export function resized(bytes: Uint8Array, length: number): Bytes {
  const result = new Uint8Array(length);
  result.set(bytes.subarray(0, length));
  return result;
}

/** The edges of what numbers can hold, of the file, and of the number that is there. */
function interestingNumber(value: bigint, fileLength: number, random: Random): bigint {
  const near = BigInt(random.integer(5) - 2);
  switch (random.integer(5)) {
    case 0:
      return (1n << BigInt(random.integer(65))) + near;
    case 1:
      return BigInt(fileLength) + near;
    case 2:
      return value + near;
    case 3:
      return value * BigInt(1 << random.integer(20));
    default:
      return BigInt(random.integer(2 ** 16));
  }
}

/** The number in a field; 0 where it has no digits. */
export function readField(bytes: Uint8Array, { at, size, bigEndian, octal }: Field): bigint {
  if (octal) {
    const digits = /^[0-7]+/.exec(String.fromCharCode(...bytes.subarray(at, at + 11)))?.[0] ?? "0";
    return BigInt(`0o${digits}`);
  }
  const part = bytes.slice(at, at + size);
  if (!bigEndian) part.reverse();
  return part.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

/** Puts a number into a field, its low bytes where it is too large for that. */
export function writeField(
  bytes: Uint8Array,
  { at, size, bigEndian, octal }: Field,
  value: bigint,
): void {
  if (octal) {
    const digits = BigInt.asUintN(33, value).toString(8).padStart(11, "0");
    bytes.set(new TextEncoder().encode(`${digits}\0`), at);
    return;
  }
  for (let i = 0; i < size; i++) {
    const shift = BigInt(8 * (bigEndian ? size - 1 - i : i));
    bytes[at + i] = Number(BigInt.asUintN(8, value >> shift));
  }
}
