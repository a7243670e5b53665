/**
 * Files that lie, that ask for what they should not, and that are damaged: each ends in one clear
 * error. Those that would take too long or too much memory are in bombs_test.ts.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { UserError } from "../../../../lib/errors.ts";
import { readPyTorch } from "../../../../lib/formats/pytorch/read_pytorch.ts";
import { parseSafetensors } from "../../../../lib/formats/safetensors.ts";
import {
  call,
  concat,
  type CraftedTensor,
  deflate,
  dict,
  global,
  int,
  latin1,
  legacyFile,
  pickle,
  storage,
  tensor,
  text,
  tuple,
  values,
  zip,
  zipFile,
} from "./crafted.ts";
import { assertRefused, fixture, formats, six } from "./files.ts";
import { forCuts, forWrongBytes } from "../damage.ts";

const hostileNames = [
  "os.system",
  "posix.system",
  "builtins.eval",
  "__builtin__.getattr",
  "subprocess.Popen",
  "torch.load",
  "torch.hub.load",
  "runpy._run_code",
  "toString.constructor",
  "__proto__.__proto__",
  "a name\x1b[31m.that colours",
  `long${"g".repeat(10_000)}.name`,
];

Deno.test("readPyTorch() names a global that makes no tensor, and runs nothing", async () => {
  for (const name of hostileNames) {
    const part = name.replace("\x1b", "\ufffd").slice(0, 80);
    const evil = call(name, text("touch /tmp/owned"));
    for (const write of Object.values(formats)) {
      await assertRefused(write(evil), part);
      await assertRefused(write(dict({ w: tensor(), hidden: evil })), part);
    }
    await assertRefused(latin1(pickle(evil)), part);
    const dot = name.lastIndexOf(".");
    const [module, attribute] = [name.slice(0, dot), name.slice(dot + 1)];
    const byStack = `${text(module)}${text(attribute)}\x93)R`;
    await assertRefused(zipFile(byStack), part);
    await assertRefused(zipFile(`(${global(name)}o`), part);
    await assertRefused(zipFile(`(i${module}\n${attribute}\n`), part);
  }
});

Deno.test("readPyTorch() reads parameters beside objects of a program's own classes, and runs nothing", async () => {
  const made = `${global("__main__.Config")})\x81`;
  const objects = [
    `${made}${dict({ lr: int(1), nested: made })}b`, // an object with a state
    `${made}(${text("lr")}${int(1)}u`, // a kind of dictionary
    `${made}(${int(1)}e`, // a kind of list
    `${global("__main__.Point")}${tuple(int(1), int(2))}\x81`, // a named tuple
    `${global("__main__.Config")})}\x92`, // with keyword arguments
    global("__main__.Config"), // the class itself
    call("types.SimpleNamespace"),
  ];
  for (const object of objects) {
    for (const write of Object.values(formats)) {
      const file = write(dict({ settings: object, state_dict: dict({ w: tensor() }) }));
      assertEquals((await readPyTorch(file, "x")).tensors, { w: six });
    }
  }
  const part = "of type __main__.Config; save its state_dict() alone";
  await assertRefused(zipFile(made), `it holds no state dictionary: it is ${part}`);
  await assertRefused(zipFile(dict({ model: made })), `but model, where one is ${part}`);
});

Deno.test("readPyTorch() lets no tensor be made by a setting's class", async () => {
  const namespace = global("argparse.Namespace");
  const value = call("torch._tensor._rebuild_from_type_v2", namespace, namespace, tuple(), "}");
  await assertRefused(zipFile(dict({ w: value })), "with a function that makes none");
  await assertRefused(zipFile(dict({ w: `${namespace})R` })), "no state dictionary");
});

const lies: Record<string, [crafted: CraftedTensor, part: string]> = {
  "an offset beyond the storage": [{ offset: 1 }, "w [2,3] reaches to element 7 of a storage of 6"],
  "a negative offset": [{ offset: -1 }, "w has no proper shape"],
  "a shape beyond the storage": [{ shape: [3, 3] }, "reaches to element 9"],
  "strides beyond the storage": [{ strides: [4, 1] }, "reaches to element 7"],
  "a negative side": [{ shape: [-2, -3] }, "w has no proper shape"],
  "a negative stride": [{ offset: 5, strides: [-3, -1] }, "w has no proper shape"],
  "fewer strides than sides": [{ strides: [1] }, "w has no proper shape"],
  "65 axes": [{ shape: Array(65).fill(1), strides: Array(65).fill(1) }, "w has no proper shape"],
  "more elements than numbers": [
    { shape: Array(40).fill(2 ** 31 - 1), strides: Array(40).fill(0) },
    "Infinity bytes",
  ],
  "more elements than memory": [
    { shape: [2 ** 20, 2 ** 20], strides: [0, 0] },
    "its tensors have 4398046511104 bytes",
  ],
  "a storage that is not there": [{ key: "1" }, ""],
  "a storage whose name is no line": [{ key: "\x1b[31m1\n2" }, ""],
  "a storage outside the folder": [{ key: "../data.pkl" }, ""],
  "a larger storage than the file has": [{ size: 7 }, "its storage 0 has"],
  "a smaller storage than the file has": [
    { size: 5, shape: [5], strides: [1] },
    "its storage 0 has",
  ],
  "a storage of another type": [{ type: "Double" }, ""],
  "a negative storage": [{ size: -6 }, "what is no storage"],
};

for (const [lie, [crafted, part]] of Object.entries(lies)) {
  Deno.test(`readPyTorch() refuses a tensor with ${lie}`, async () => {
    for (const write of Object.values(formats)) {
      await assertRefused(write(dict({ w: tensor(crafted) })), part);
    }
  });
}

Deno.test("readPyTorch() reads a state dictionary beside a module, whose class an older file holds", async () => {
  const module = tuple(
    text("module"),
    global("torch.nn.modules.loss.L1Loss"),
    text("a.py"),
    text(""),
  );
  const value = dict({ state_dict: dict({ w: tensor() }), criterion: `${module}Q)\x81}b` });
  assertEquals((await readPyTorch(legacyFile(value), "a.pth")).tensors, { w: six });
});

Deno.test("readPyTorch() refuses archives that unpack to more than they say, or than is sane", async () => {
  const value = dict({ w: tensor() });
  assertEquals((await readPyTorch(zipFile(value), "a.pth")).tensors, { w: six });
  const zeros = await deflate(new Uint8Array(2 ** 24));
  const packed = (size: number) => zipFile(value, { data: zeros, method: 8, size });
  await assertRefused(packed(24), "damaged");
  await assertRefused(packed(2 ** 24 - 4), "damaged");
  await assertRefused(packed(2 ** 24 + 4), "damaged");
  await assertRefused(packed(2 ** 31), "unpacks to more than");
  await assertRefused(zipFile(value, { data: values, size: 2 ** 31 }), "unpacks to more than");
  await assertRefused(zipFile(value, { data: values, size: 20 }), "damaged");
  await assertRefused(zipFile(value, { data: values, method: 12 }), "damaged");
});

Deno.test("readPyTorch() refuses archives whose entries overlap or lie elsewhere", async () => {
  const value = dict({ a: tensor({ key: "0" }), b: tensor({ key: "1" }) });
  const files = (offset: number) =>
    zip({
      "a/data.pkl": { data: latin1(pickle(value)) },
      "a/data/0": { data: values },
      "a/data/1": { data: values, offset },
    });
  const second = 30 + "a/data.pkl".length + pickle(value).length;
  await assertRefused(files(second), "damaged");
  await assertRefused(files(2 ** 31), "damaged");
});

Deno.test("readPyTorch() refuses an older file whose storages are not as its pickle says", async () => {
  const value = dict({ w: tensor() });
  await assertRefused(legacyFile(value, { size: 7 }), "7 elements");
  await assertRefused(legacyFile(value, { size: -1 }), "elements");
  await assertRefused(legacyFile(value, { data: values.subarray(0, 23) }), "cut short");
  await assertRefused(legacyFile(value, { keys: [] }), "missing");
  await assertRefused(legacyFile(value, { keys: [text("1")] }), "nothing refers to");
  await assertRefused(legacyFile(value, { keys: [int(0)] }), "nothing refers to");
  await assertRefused(legacyFile(value, { keys: [storage()] }), "refers to a storage");
});

const whole = ["tensors.pth", "tensors_legacy.pth", "deflated.pth", "checkpoint.pth", "run.pt7"];

/** Reads damaged bytes: nothing but a UserError may be thrown, and soon. */
async function readDamaged(bytes: Uint8Array): Promise<boolean> {
  const start = performance.now();
  const read = await readPyTorch(bytes, "a.pth").then(() => true, (error) => {
    if (error instanceof UserError) return false;
    throw error;
  });
  assert(performance.now() - start < 2000);
  return read;
}

Deno.test("readPyTorch() refuses a file cut anywhere", async () => {
  for (const name of whole) {
    await forCuts(fixture(name), 100, async (damaged) => !await readDamaged(damaged));
  }
});

Deno.test("readPyTorch() reads or refuses a file with wrong bytes, and does nothing else", async () => {
  for (const name of whole) {
    await forWrongBytes(fixture(name), 200, async (damaged) => void await readDamaged(damaged));
  }
});

Deno.test("readPyTorch() reads or refuses a pickle of any operations, and does nothing else", async () => {
  const pieces = fc.oneof(
    fc.constantFrom(...Array.from("().012NRbtdsaul]}eqhQo\x81\x85\x86\x88\x8f\x90\x93\x94")),
    fc.constantFrom("q\x01", "h\x01", "K\x07", int(3), text("w"), tensor(), storage()),
    fc.constantFrom(global("collections.OrderedDict"), global("argparse.Namespace")),
    fc.constantFrom(global("torch._utils._rebuild_tensor_v2"), global("torch.Size")),
    fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(pieces, { maxLength: 40 }), async (parts) => {
      await readDamaged(legacyFile(parts.join("")));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("readPyTorch() finds wrong elements in an archive with checksums", async () => {
  const bytes = fixture("tensors.pth");
  const first = parseSafetensors(fixture("tensors.safetensors")).tensors["float32"]?.data;
  assert(first);
  const start = bytes.findIndex((_, i) => first.every((byte, k) => bytes[i + k] === byte));
  assert(start > 0);
  const damaged = concat(bytes);
  damaged[start + 5] = (damaged[start + 5] as number) ^ 1;
  await assertRefused(damaged, "CRC32");
});
