/**
 * Tests of the kinds of options: the texts that each accepts, and the values it reads.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  choice,
  flag,
  group,
  ignored,
  integer,
  integers,
  number,
  numbers,
  type Option,
  text,
} from "../../../tasks/cli/option_kinds.ts";

const help = "for a test";

/** Checks how an option reads texts; `undefined` means a refusal. */
function assertReads<T>(option: Option<T>, expected: Record<string, T | undefined>): void {
  for (const [text, value] of Object.entries(expected)) {
    assertEquals(option.parse(text), value, `of ${JSON.stringify(text)}`);
  }
}

Deno.test("number() reads decimal notation and nothing else", () => {
  assertReads(number({ help }), {
    "1000": 1000,
    "1e3": 1000,
    "1e+3": 1000,
    "1E-3": 0.001,
    "+.5": 0.5,
    "5.": 5,
    "-2": -2,
    "-0": 0,
    "-0.0e5": 0,
    "": undefined,
    " 1": undefined,
    "1,5": undefined,
    "1_000": undefined,
    "0x10": undefined,
    "1e": undefined,
    ".": undefined,
    "NaN": undefined,
    "Infinity": undefined,
    "1e999": undefined,
    "one": undefined,
  });
});

Deno.test("number() keeps to its range", () => {
  assertReads(number({ help, min: 0, max: 1 }), {
    "0": 0,
    "1": 1,
    "1.0001": undefined,
    "-0.0001": undefined,
  });
  assertReads(number({ help, above: 0 }), { "1e-9": 1e-9, "0": undefined, "-0": undefined });
});

Deno.test("number() says in words what is allowed", () => {
  assertEquals(number({ help }).allowed, "a number");
  assertEquals(number({ help, min: 0, max: 1 }).allowed, "a number from 0 to 1");
  assertEquals(number({ help, above: 0 }).allowed, "a number above 0");
  assertEquals(number({ help, above: 0, max: 9 }).allowed, "a number above 0 and of at most 9");
});

Deno.test("integer() reads whole numbers, of a form where it has one", () => {
  assertReads(integer({ help }), {
    "16": 16,
    "16.0": 16,
    "1e3": 1000,
    "-3": -3,
    "16.5": undefined,
    "9007199254740993": undefined,
    "1e-3": undefined,
  });
  const even = integer({ help, form: { says: "that is even", holds: (n) => n % 2 === 0 } });
  assertReads(even, { "4": 4, "5": undefined });
  assertEquals(even.allowed, "a whole number that is even");
});

Deno.test("integers() reads lists with and without brackets and spaces", () => {
  const list = integers({ help, min: 1 });
  for (const text of ["60,120", "[60,120]", "[60, 120]", " [ 60 , 120 ] ", "60, 120", "60 120"]) {
    assertEquals(list.parse(text), [60, 120], text);
  }
  assertReads(list, {
    "60": [60],
    "[60]": [60],
    "1e2": [100],
    "[]": [],
    "": undefined,
    ",": undefined,
    "60,": undefined,
    "60,,120": undefined,
    "[60,120": undefined,
    "60,120]": undefined,
    "[[60]]": undefined,
    "60;120": undefined,
    "60,x": undefined,
    "60,0": undefined,
    "60,1.5": undefined,
  });
});

Deno.test("numbers() reads lists as integers() does, with fractions", () => {
  const list = numbers({ help, min: 0 });
  for (const text of ["0.5,1", "[.5, 1]", "0.5 1e0"]) {
    assertEquals(list.parse(text), [0.5, 1], text);
  }
  assertReads(list, {
    "2": [2],
    "[]": [],
    "0,0": [0, 0],
    "": undefined,
    "1,": undefined,
    "1,-0.5": undefined,
    "1,x": undefined,
    "[1": undefined,
  });
  assertEquals(list.default, undefined);
  assertEquals(list.placeholder, "X,X,...");
  assertEquals(list.allowed, 'a list of numbers of at least 0, such as 0.5,1,2 or "[0.5, 1, 2]"');
  assertEquals(
    integers({ help }).allowed,
    'a list of whole numbers, such as 1,2,3 or "[1, 2, 3]"',
  );
});

Deno.test("text() reads any text, or one of a form, which the refusal names", () => {
  const any = text({ help, placeholder: "DIR" });
  assertReads(any, { "logs/a b": "logs/a b", "1": "1" });
  assertEquals(any.allowed, "DIR");
  const form = { says: "in capitals", holds: (text: string) => text === text.toUpperCase() };
  const capitals = text({ help, form, default: "A" });
  assertReads(capitals, { "ABC": "ABC", "Abc": undefined });
  assertEquals(capitals.allowed, "in capitals");
  assertEquals(capitals.default, "A");
});

Deno.test("choice() reads its words alone", () => {
  const dataset = choice(["CIFAR10", "CIFAR100", "CIFAR10-sample"], { help: "images" });
  assertReads(dataset, { "CIFAR100": "CIFAR100", "CIFAR": undefined, "cifar10": undefined });
  assertEquals(dataset.allowed, "CIFAR10, CIFAR100 or CIFAR10-sample");
  assertEquals(dataset.help, "images: CIFAR10, CIFAR100 or CIFAR10-sample");
});

Deno.test("flag() and ignored() read what they say", () => {
  assertReads(flag({ help }), { "true": true, "false": false, "yes": undefined });
  assertReads(ignored({ help }), { "anything": "anything" });
  assertReads(ignored({ help, placeholder: "SGD", only: ["SGD"] }), {
    "SGD": "SGD",
    "Adam": undefined,
  });
});

Deno.test("group() sets the heading and nothing else", () => {
  const depth = integer({ help, default: 16 });
  assertEquals(group("Network", { depth }), { depth: { ...depth, heading: "Network" } });
});
