/**
 * Damages JSON at random, as text and as the values that it holds.
 *
 * @module
 */
import type { Random } from "../../lib/random.ts";
import { happens, pick } from "./bytes.ts";

type Json = unknown;

/** Stands for text that JSON.stringify would not write. */
const rawPrefix = "\u0001raw:";

const deep = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;

/** What is no proper length, number, name or type, though it may be JSON. */
const hostileValues: readonly Json[] = [
  ...[null, true, false, 0, -0, 1, -1, 1.5, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 53 - 1, 1e21, 1e308],
  ...["", "0", "1", "[]", "null", "F32", "NaN", "__proto__", "constructor", "toString", "\ud800"],
  ...["a\nb", "\u001b[31m", "\u2028", "x".repeat(10_000), "../../x", "a\0b"],
  ...[[], {}, [null], [-1], [0], [0, 0], [1e21], [2 ** 53 - 1, 2 ** 53 - 1], [[1]]],
  ...[Array(100).fill(2), Array(5000).fill(1), { toString: 1 }, { length: 2 ** 32 }],
  ...["1e999", "-1e999", "01", "1e", "nul", "", "[1,]", '"\\ud8"', deep(50), deep(100_000)].map(
    (text) => rawPrefix + text,
  ),
];

const hostileKeys: readonly string[] = [
  ...["__proto__", "constructor", "toString", "__metadata__", "", "0", "a\nb", "\u001b[2J"],
  ..."dtype shape data_offsets module. student. sge.weight length".split(" "),
  "k".repeat(5000),
  "module.".repeat(1000),
];

/** Text of JSON in which up to four things are changed; text that is no JSON is left as it is. */
export function damageJson(text: string, random: Random): string {
  const root = [parse(text)];
  if (root[0] === undefined) return text;
  for (let i = happens(random, 0.6) ? 1 : 1 + random.integer(4); i > 0; i--) change(root, random);
  return (JSON.stringify(root[0]) ?? "").replaceAll(
    /"\\u0001raw:((?:[^"\\]|\\.)*)"/g,
    (_, raw) => JSON.parse(`"${raw}"`),
  );
}

function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Changes something in a list or an object, or further down. */
function change(container: Json[] | Record<string, Json>, random: Random): void {
  const keys = Object.keys(container);
  if (keys.length === 0) return;
  const key = pick(random, keys);
  const inner = (container as Record<string, Json>)[key];
  if (typeof inner === "object" && inner !== null && happens(random, 0.8)) {
    return change(inner as Json[], random);
  }
  if (Array.isArray(container)) return changeList(container, Number(key), random);
  const value = random.integer(3) === 0 ? hostileValue(random) : nearby(inner, random);
  switch (random.integer(5)) {
    case 0:
      delete container[key];
      return;
    case 1:
      define(container, pick(random, hostileKeys), inner);
      return;
    case 2:
      define(container, pick(random, keys), inner);
      return;
    default:
      define(container, key, value);
  }
}

/** Also where the key is `__proto__`. */
function define(object: Record<string, Json>, key: string, value: Json): void {
  Object.defineProperty(object, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

function changeList(list: Json[], index: number, random: Random): void {
  switch (random.integer(4)) {
    case 0:
      list.splice(index, 1);
      return;
    case 1:
      list.splice(index, 0, list[index]);
      return;
    case 2:
      list[index] = hostileValue(random);
      return;
    default:
      list[index] = nearby(list[index], random);
  }
}

/** A copy, for it may be changed further. */
function hostileValue(random: Random): Json {
  return structuredClone(pick(random, hostileValues));
}

/** A little more or less than what is there: JSON within text is damaged in its turn. */
function nearby(value: Json, random: Random): Json {
  if (typeof value === "number") return value + random.integer(5) - 2;
  if (typeof value === "string") {
    return value.startsWith("{") ? damageJson(value, random) : value + pick(random, ["", "x", "."]);
  }
  return hostileValue(random);
}
