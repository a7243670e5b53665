/**
 * Reads Python pickles with a stack and a memo. It creates lists, dictionaries, numbers and text
 * itself, and asks its caller for all other objects. It runs no code from the file.
 *
 * Format: https://github.com/python/cpython/blob/main/Lib/pickletools.py
 *
 * @module
 */
import { type Cursor, decodeText } from "./cursor.ts";
import { printable } from "../../errors.ts";
import {
  build,
  dictionary,
  extend,
  Machine,
  type PickleWorld,
  setItems,
} from "./pickle_machine.ts";

/**
 * Reads one pickle of protocol 0 to 5 at the cursor, and moves the cursor to its end. Lists, tuples and
 * sets become arrays, dictionaries become Maps, and integers beyond 2^53 become bigints.
 *
 * @throws {SyntaxError} If the bytes are not a pickle, are cut off, call what makes no tensor, or
 * need more work than any parameter file.
 */
export function readPickle(cursor: Cursor, world: PickleWorld): unknown {
  const machine = new Machine(cursor, world);
  while (true) {
    const code = cursor.uint8();
    if (code === stopOpcode) return machine.pop();
    const run = operations.get(code);
    if (!run) throw new SyntaxError(`its pickle has the unknown operation ${code}`);
    if (!numberOpcodes.has(code)) machine.spend(1);
    run(machine);
  }
}

const stopOpcode = ".".charCodeAt(0);

/**
 * A number takes less than the file has for it, so there may be any number of them: a checkpoint may
 * hold the losses of a million steps.
 */
const numberOpcodes: ReadonlySet<number> = new Set(
  [..."FGIJKLM\x8a\x8b"].map((code) => code.charCodeAt(0)),
);

/** No parameter file has longer numbers. */
const maxDigits = 1024;

function parseInteger(text: string): number | bigint | boolean {
  if (text === "00" || text === "01") return text === "01"; // how protocols 0 and 1 write booleans
  const digits = text.replace(/L$/, "");
  if (!/^[+-]?\d+$/.test(digits) || digits.length > maxDigits) {
    throw new SyntaxError(`its pickle has ${printable(text)} where a whole number belongs`);
  }
  return narrow(BigInt(digits));
}

/** Little-endian, in two's complement. */
function decodeInteger(bytes: Uint8Array): number | bigint {
  if (bytes.length === 0) return 0;
  if (bytes.length > maxDigits) {
    throw new SyntaxError(`its pickle has a whole number of ${bytes.length} bytes`);
  }
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).reverse().join("");
  return narrow(BigInt.asIntN(8 * bytes.length, BigInt(`0x${hex}`)));
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function refuse(what: string): (machine: Machine) => void {
  return () => {
    throw new SyntaxError(`its pickle needs ${what}, which torch.save never writes`);
  };
}

/** The operations; a key holds all opcodes that do the same. */
const operations = new Map<number, (machine: Machine) => void>(
  Object.entries(
    {
      "IL": (m) => m.push(parseInteger(m.cursor.line())),
      "J": (m) => m.push(m.cursor.int32()),
      "K": (m) => m.push(m.cursor.uint8()),
      "M": (m) => m.push(m.cursor.uint16()),
      "\x8a": (m) => m.push(decodeInteger(m.cursor.take(m.cursor.uint8()))),
      "\x8b": (m) => m.push(decodeInteger(m.cursor.take(m.cursor.int32()))),
      // Removes the quotes. Escapes stay, because tensor names have none.
      "S": (m) => m.push(m.cursor.line().slice(1, -1)),
      "T": (m) => m.push(decodeText(m.cursor.take(m.cursor.int32()))),
      "U\x8c": (m) => m.push(decodeText(m.cursor.take(m.cursor.uint8()))),
      "B": (m) => m.push(m.cursor.take(m.cursor.uint32())),
      "C": (m) => m.push(m.cursor.take(m.cursor.uint8())),
      "\x8e\x96": (m) => m.push(m.cursor.take(m.cursor.uint64())),
      "\x97\x98": refuse("a buffer from outside"),
      "N": (m) => m.push(null),
      "\x88": (m) => m.push(true),
      "\x89": (m) => m.push(false),
      "V": (m) => m.push(m.cursor.line()),
      "X": (m) => m.push(decodeText(m.cursor.take(m.cursor.uint32()))),
      "\x8d": (m) => m.push(decodeText(m.cursor.take(m.cursor.uint64()))),
      "F": (m) => m.push(Number(m.cursor.line())),
      "G": (m) => m.push(m.cursor.float64BigEndian()),
      "])\x8f": (m) => m.push([]),
      "a": (m) => {
        const item = m.pop();
        extend(m.top(), [item]);
      },
      "e\x90": (m) => {
        const items = m.popToMark();
        extend(m.top(), items);
      },
      "lt\x91": (m) => m.push(m.popToMark()),
      "\x85": (m) => m.push(m.popSeveral(1)),
      "\x86": (m) => m.push(m.popSeveral(2)),
      "\x87": (m) => m.push(m.popSeveral(3)),
      "}": (m) => m.push(new Map()),
      "d": (m) => m.push(dictionary(m.popToMark())),
      "s": (m) => {
        const items = m.popSeveral(2);
        setItems(m.top(), items);
      },
      "u": (m) => {
        const items = m.popToMark();
        setItems(m.top(), items);
      },
      "0": (m) => m.pop(),
      "2": (m) => m.push(m.top()),
      "(": (m) => m.mark(),
      "1": (m) => m.popToMark(),
      "g": (m) => m.recall(Number(m.cursor.line())),
      "h": (m) => m.recall(m.cursor.uint8()),
      "j": (m) => m.recall(m.cursor.uint32()),
      "p": (m) => m.memoize(Number(m.cursor.line())),
      "q": (m) => m.memoize(m.cursor.uint8()),
      "r": (m) => m.memoize(m.cursor.uint32()),
      "\x94": (m) => m.memoize(m.memo.size),
      "\x82\x83\x84": refuse("an extension"),
      "c": (m) => m.pushGlobal(m.cursor.line(), m.cursor.line()),
      "\x93": (m) => {
        const [module, name] = m.popSeveral(2);
        m.pushGlobal(module, name);
      },
      "R": (m) => {
        const [callee, args] = m.popSeveral(2);
        m.call(callee, args);
      },
      "b": (m) => {
        const state = m.pop();
        build(m.top(), state);
      },
      "i": (m) => {
        m.pushGlobal(m.cursor.line(), m.cursor.line());
        const callee = m.pop();
        m.call(callee, m.popToMark());
      },
      "o": (m) => {
        const [callee, ...args] = m.popToMark();
        m.call(callee, args);
      },
      "\x81": (m) => {
        const [callee, args] = m.popSeveral(2);
        m.create(callee, args);
      },
      "\x92": (m) => {
        const [callee, args] = m.popSeveral(3);
        m.create(callee, args);
      },
      "\x80": (m) => {
        const protocol = m.cursor.uint8();
        if (protocol > 5) {
          throw new SyntaxError(`its pickle is of the unknown protocol ${protocol}`);
        }
      },
      "\x95": (m) => m.cursor.uint64(), // ignore frames, which only help when reading from a disk
      "P": (m) => m.push(m.world.findPersistent(m.cursor.line())),
      "Q": (m) => m.push(m.world.findPersistent(m.pop())),
    } satisfies Record<string, (machine: Machine) => void>,
  ).flatMap(([codes, run]) => [...codes].map((code) => [code.charCodeAt(0), run] as const)),
);
