/**
 * Pickles as Python writes them, and pickles that no Python writes.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { Cursor } from "../../../../lib/formats/pytorch/cursor.ts";
import { findGlobal } from "../../../../lib/formats/pytorch/globals.ts";
import { PythonObject } from "../../../../lib/formats/pytorch/objects.ts";
import { readPickle } from "../../../../lib/formats/pytorch/pickle.ts";
import { global, int, latin1, pickle, text, tuple } from "./crafted.ts";

const world = { findGlobal, findPersistent: (id: unknown) => ({ id }) };

function read(bytes: Uint8Array): unknown {
  return readPickle(new Cursor(bytes), world);
}

// Made with Python 2.7 (its cPickle) and 3:
//
//   one = [1]
//   value = OrderedDict([
//       ("text", "plain"),
//       ("numbers", [0, 255, 256, 65535, 65536, -1, 2**31 - 1, -2**31, 2**31, -2**53, 2**70, -2**70, 0.1]),
//       ("flags", (True, False, None)),
//       ("empty", ([], {}, ())),
//       ("tuples", ((1,), (1, 2), (1, 2, 3), (1, 2, 3, 4))),
//       (7, {"nested": [[1], [2]]}),
//       ("twice", [one, one]),
//       ("set", OrderedDict([(u"key", 5)])),
//   ])
//   pickle.dumps(value, protocol)
const madeByPython: Record<string, string> = {
  "protocol 2 of Python 2":
    "gAJjY29sbGVjdGlvbnMKT3JkZXJlZERpY3QKcQFdcQIoXXEDKFUEdGV4dHEEVQVwbGFpbnEFZV1xBihVB251bWJlcnNxB1" +
    "1xCChLAEv/TQABTf//SgAAAQBK/////0r///9/SgAAAIBJMjE0NzQ4MzY0OApJLTkwMDcxOTkyNTQ3NDA5OTIKigkAAAAA" +
    "AAAAAECKCQAAAAAAAAAAwEc/uZmZmZmZmmVlXXEJKFUFZmxhZ3NxCoiJTodxC2VdcQwoVQVlbXB0eXENXX0ph3EOZV1xDy" +
    "hVBnR1cGxlc3EQKEsBhXERSwFLAoZxEksBSwJLA4dxEyhLAUsCSwNLBHRxFHRxFWVdcRYoSwd9cRdVBm5lc3RlZHEYXXEZ" +
    "KF1xGksBYV1xG0sCYWVzZV1xHChVBXR3aWNlcR1dcR4oXXEfSwFhaB9lZV1xIChVA3NldHEhaAFdcSJdcSMoWAMAAABrZX" +
    "lxJEsFZWGFUnElZWWFUnEmLg==",
  "protocol 0":
    "Y2NvbGxlY3Rpb25zCk9yZGVyZWREaWN0CnAwCih0UnAxClZ0ZXh0CnAyClZwbGFpbgpwMwpzVm51bWJlcnMKcDQKKGxwNQ" +
    "pJMAphSTI1NQphSTI1NgphSTY1NTM1CmFJNjU1MzYKYUktMQphSTIxNDc0ODM2NDcKYUktMjE0NzQ4MzY0OAphTDIxNDc0" +
    "ODM2NDhMCmFMLTkwMDcxOTkyNTQ3NDA5OTJMCmFMMTE4MDU5MTYyMDcxNzQxMTMwMzQyNEwKYUwtMTE4MDU5MTYyMDcxNz" +
    "QxMTMwMzQyNEwKYUYwLjEKYXNWZmxhZ3MKcDYKKEkwMQpJMDAKTnRwNwpzVmVtcHR5CnA4CigobHA5CihkcDEwCih0dHAx" +
    "MQpzVnR1cGxlcwpwMTIKKChJMQp0cDEzCihJMQpJMgp0cDE0CihJMQpJMgpJMwp0cDE1CihJMQpJMgpJMwpJNAp0cDE2Cn" +
    "RwMTcKc0k3CihkcDE4ClZuZXN0ZWQKcDE5CihscDIwCihscDIxCkkxCmFhKGxwMjIKSTIKYWFzc1Z0d2ljZQpwMjMKKGxw" +
    "MjQKKGxwMjUKSTEKYWFnMjUKYXNWc2V0CnAyNgpnMAoodFJwMjcKVmtleQpwMjgKSTUKc3Mu",
  "protocol 1":
    "Y2NvbGxlY3Rpb25zCk9yZGVyZWREaWN0CnEAKVJxAShYBAAAAHRleHRxAlgFAAAAcGxhaW5xA1gHAAAAbnVtYmVyc3EEXX" +
    "EFKEsAS/9NAAFN//9KAAABAEr/////Sv///39KAAAAgEwyMTQ3NDgzNjQ4TApMLTkwMDcxOTkyNTQ3NDA5OTJMCkwxMTgw" +
    "NTkxNjIwNzE3NDExMzAzNDI0TApMLTExODA1OTE2MjA3MTc0MTEzMDM0MjRMCkc/uZmZmZmZmmVYBQAAAGZsYWdzcQYoST" +
    "AxCkkwMApOdHEHWAUAAABlbXB0eXEIKF1xCX1xCil0cQtYBgAAAHR1cGxlc3EMKChLAXRxDShLAUsCdHEOKEsBSwJLA3Rx" +
    "DyhLAUsCSwNLBHRxEHRxEUsHfXESWAYAAABuZXN0ZWRxE11xFChdcRVLAWFdcRZLAmFlc1gFAAAAdHdpY2VxF11xGChdcR" +
    "lLAWFoGWVYAwAAAHNldHEaaAApUnEbWAMAAABrZXlxHEsFc3Uu",
  "protocol 2":
    "gAJjY29sbGVjdGlvbnMKT3JkZXJlZERpY3QKcQApUnEBKFgEAAAAdGV4dHECWAUAAABwbGFpbnEDWAcAAABudW1iZXJzcQ" +
    "RdcQUoSwBL/00AAU3//0oAAAEASv////9K////f0oAAACAigUAAACAAIoHAAAAAAAA4IoJAAAAAAAAAABAigkAAAAAAAAA" +
    "AMBHP7mZmZmZmZplWAUAAABmbGFnc3EGiIlOh3EHWAUAAABlbXB0eXEIXXEJfXEKKYdxC1gGAAAAdHVwbGVzcQwoSwGFcQ" +
    "1LAUsChnEOSwFLAksDh3EPKEsBSwJLA0sEdHEQdHERSwd9cRJYBgAAAG5lc3RlZHETXXEUKF1xFUsBYV1xFksCYWVzWAUA" +
    "AAB0d2ljZXEXXXEYKF1xGUsBYWgZZVgDAAAAc2V0cRpoAClScRtYAwAAAGtleXEcSwVzdS4=",
  "protocol 4":
    "gASVFgEAAAAAAACMC2NvbGxlY3Rpb25zlIwLT3JkZXJlZERpY3SUk5QpUpQojAR0ZXh0lIwFcGxhaW6UjAdudW1iZXJzlF" +
    "2UKEsAS/9NAAFN//9KAAABAEr/////Sv///39KAAAAgIoFAAAAgACKBwAAAAAAAOCKCQAAAAAAAAAAQIoJAAAAAAAAAADA" +
    "Rz+5mZmZmZmaZYwFZmxhZ3OUiIlOh5SMBWVtcHR5lF2UfZQph5SMBnR1cGxlc5QoSwGFlEsBSwKGlEsBSwJLA4eUKEsBSw" +
    "JLA0sEdJR0lEsHfZSMBm5lc3RlZJRdlChdlEsBYV2USwJhZXOMBXR3aWNllF2UKF2USwFhaBtljANzZXSUaAIpUpSMA2tl" +
    "eZRLBXN1Lg==",
  "protocol 5":
    "gAWVFgEAAAAAAACMC2NvbGxlY3Rpb25zlIwLT3JkZXJlZERpY3SUk5QpUpQojAR0ZXh0lIwFcGxhaW6UjAdudW1iZXJzlF" +
    "2UKEsAS/9NAAFN//9KAAABAEr/////Sv///39KAAAAgIoFAAAAgACKBwAAAAAAAOCKCQAAAAAAAAAAQIoJAAAAAAAAAADA" +
    "Rz+5mZmZmZmaZYwFZmxhZ3OUiIlOh5SMBWVtcHR5lF2UfZQph5SMBnR1cGxlc5QoSwGFlEsBSwKGlEsBSwJLA4eUKEsBSw" +
    "JLA0sEdJR0lEsHfZSMBm5lc3RlZJRdlChdlEsBYV2USwJhZXOMBXR3aWNllF2UKF2USwFhaBtljANzZXSUaAIpUpSMA2tl" +
    "eZRLBXN1Lg==",
};

const value = new Map<unknown, unknown>([
  ["text", "plain"],
  [
    "numbers",
    [
      0,
      255,
      256,
      65535,
      65536,
      -1,
      2 ** 31 - 1,
      -(2 ** 31),
      2 ** 31,
      -(2n ** 53n),
      2n ** 70n,
      -(2n ** 70n),
      0.1,
    ],
  ],
  ["flags", [true, false, null]],
  ["empty", [[], new Map(), []]],
  ["tuples", [[1], [1, 2], [1, 2, 3], [1, 2, 3, 4]]],
  [7, new Map([["nested", [[1], [2]]]])],
  ["twice", [[1], [1]]],
  ["set", new Map([["key", 5]])],
]);

for (const [protocol, base64] of Object.entries(madeByPython)) {
  Deno.test(`readPickle() reads ${protocol}`, () => {
    const bytes = latin1(atob(base64));
    const result = read(bytes);
    assertEquals(result, value);
    assert(result instanceof Map);
    const [first, second] = result.get("twice");
    assert(first === second);
    for (let length = 0; length < bytes.length; length++) {
      assertThrows(() => read(bytes.subarray(0, length)), SyntaxError);
    }
  });
}

const bytes = Uint8Array.of(1, 255);

const others: Record<string, [written: string, value: unknown]> = {
  "text beyond ASCII": [text("\xc3\xa9\xe2\x82\xac"), "\u00e9\u20ac"],
  "long text": ["\x8d\x02\0\0\0\0\0\0\0ab", "ab"],
  "bytes": ["(B\x02\0\0\0\x01\xffC\x02\x01\xff\x8e\x02\0\0\0\0\0\0\0\x01\xffl", [
    bytes,
    bytes,
    bytes,
  ]],
  "an array of bytes": ["\x96\x02\0\0\0\0\0\0\0\x01\xff", bytes],
  "a set": [`\x8f(${int(1)}${int(2)}\x90`, [1, 2]],
  "a frozen set": [`(${int(1)}\x91`, [1]],
  "a dictionary of items": [`(${text("a")}${int(1)}d`, new Map([["a", 1]])],
  "zero as a long number": ["\x8a\0", 0],
  "a long number with its length in four bytes": ["\x8b\x01\0\0\0\xfe", -2],
  "what is taken back": [`${int(1)}${int(2)}0(${int(3)}1`, 1],
  "the same twice": [`${int(1)}2\x86`, [1, 1]],
  "what lies elsewhere": ["Pname\n", { id: "name" }],
  "an object with a state": [
    `${global("argparse.Namespace")})\x81}b`,
    new PythonObject("argparse.Namespace"),
  ],
  "an object that is filled": [
    `${global("builtins.set")})R(${int(1)}e(${int(1)}${int(2)}u`,
    new PythonObject("builtins.set"),
  ],
  "an object with named arguments": [
    `${global("builtins.set")})}\x92`,
    new PythonObject("builtins.set"),
  ],
  "a name of the stack": [
    `${text("builtins")}${text("set")}\x93)R`,
    new PythonObject("builtins.set"),
  ],
  "an instance of old": ["(ibuiltins\nset\n", new PythonObject("builtins.set")],
  "an object of old": [`(${global("builtins.set")}o`, new PythonObject("builtins.set")],
};

for (const [what, [written, expected]] of Object.entries(others)) {
  Deno.test(`readPickle() reads ${what}`, () => {
    assertEquals(read(latin1(pickle(written))), expected);
  });
}

Deno.test("readPickle() leaves the cursor behind the pickle", () => {
  const cursor = new Cursor(latin1(pickle("N") + pickle(int(5)) + "rest"));
  assertEquals([readPickle(cursor, world), readPickle(cursor, world)], [null, 5]);
  assertEquals(cursor.position, 12);
});

const wrong: Record<string, [written: string, part: string]> = {
  "nothing on the stack": ["", "a value from an empty stack"],
  "a mark that is not there": ["t", "lacks a mark"],
  "values below a mark": [`${int(1)}(0`, "a value from an empty stack"],
  "an unknown memo": ["h\x05", "no memo 5"],
  "an unknown operation": ["\xff", "unknown operation 255"],
  "an unknown protocol": ["\x80\x06", "unknown protocol 6"],
  "a call of a number": [`${int(1)})R`, "something that is no function"],
  "arguments that are no tuple": [`${global("builtins.set")}NR`, "something that is no function"],
  "a list that is a number": [`${int(1)}${int(1)}a`, "no list"],
  "a dictionary that is a list": [`]${int(1)}${int(1)}s`, "no dictionary"],
  "a key without a value": [`}(${int(1)}u`, "a key without a value"],
  "a dictionary from what is not a list of pairs": [
    `${global("collections.OrderedDict")}${tuple(`](${int(1)}e`)}R`,
    "from what is not a list of pairs",
  ],
  "a whole number that is text": ["Iabc\n", "abc where a whole number belongs"],
  "a global that is no text": [`${int(1)}${int(1)}\x93`, "a global that is no text"],
  "an extension": ["\x82\x01", "an extension"],
  "a buffer from outside": ["\x97", "a buffer from outside"],
};

for (const [what, [written, part]] of Object.entries(wrong)) {
  Deno.test(`readPickle() throws a SyntaxError on ${what}`, () => {
    assertThrows(() => read(latin1(pickle(written))), SyntaxError, part);
  });
}
