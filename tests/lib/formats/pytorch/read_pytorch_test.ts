/**
 * Files of PyTorch: equal to the same tensors in safetensors files, and files of other kinds.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { readPyTorch } from "../../../../lib/formats/pytorch/read_pytorch.ts";
import { parseSafetensors, type SafeTensor } from "../../../../lib/formats/safetensors.ts";
import {
  call,
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
} from "./crafted.ts";
import { assertRefused, fixture, formats, six } from "./files.ts";

/** By key, whatever the order: the safetensors package has one of its own. */
function sorted(tensors: Record<string, SafeTensor>): [string, SafeTensor][] {
  return Object.entries(tensors).sort(([a], [b]) => a < b ? -1 : 1);
}

async function assertHolds(name: string, expected: string, keys?: string[]): Promise<void> {
  const { tensors, metadata } = await readPyTorch(fixture(name), name);
  const all = parseSafetensors(fixture(expected)).tensors;
  const some = Object.entries(all).filter(([key]) => keys?.includes(key) ?? true);
  assert(some.length > 0);
  assertEquals(sorted(tensors), sorted(Object.fromEntries(some)));
  assertEquals(metadata, {});
}

const sameTensors = [
  "tensors.pth",
  "tensors_legacy.pth",
  "protocol1.pth",
  "protocol1_legacy.pth",
  "protocol4.pth",
  "protocol5.pth",
  "deflated.pth",
  "no_checksums.pth",
];

for (const name of sameTensors) {
  Deno.test(`readPyTorch() reads every type and layout of ${name}`, async () => {
    await assertHolds(name, "tensors.safetensors");
  });
}

Deno.test("readPyTorch() reads archives whose folder has any name of 1 to 60 characters", async () => {
  for (let length = 1; length <= 60; length++) {
    const folder = "x".repeat(length);
    const entries = {
      [`${folder}/data.pkl`]: { data: latin1(pickle(dict({ six: tensor() }))) },
      [`${folder}/byteorder`]: { data: latin1("little") },
      [`${folder}/data/0`]: { data: values },
    };
    for (const zip64 of [false, true]) {
      const { tensors } = await readPyTorch(zip(entries, { zip64 }), "a.pth");
      assertEquals(tensors, { six }, `${length} characters, zip64: ${zip64}`);
    }
  }
});

Deno.test("readPyTorch() reads what torch.save wrote to a name of 21 characters", async () => {
  const { tensors } = await readPyTorch(fixture("checkpoint_epoch_0100.pth"), "a.pth");
  assertEquals(tensors, { six });
});

Deno.test("readPyTorch() keeps the order of the keys", async () => {
  const { tensors } = await readPyTorch(fixture("checkpoint.pth"), "a.pth");
  const keys = ["0.weight", "1.weight", "1.bias", "1.running_mean", "1.running_var"];
  assertEquals(Object.keys(tensors), keys);
});

Deno.test("readPyTorch() reads elements that are big-endian", async () => {
  await assertHolds("big_endian.pth", "tensors.safetensors", ["float32", "transposed", "slice"]);
});

for (const name of ["checkpoint.pth", "checkpoint_legacy.pth"]) {
  Deno.test(`readPyTorch() finds the state dictionary among the settings of ${name}`, async () => {
    const { tensors } = await readPyTorch(fixture(name), name);
    const { "1.num_batches_tracked": _, ...expected } = parseSafetensors(
      fixture("checkpoint.safetensors"),
    ).tensors;
    assertEquals(sorted(tensors), sorted(expected));
  });
}

Deno.test("readPyTorch() reads the student of a run that has a teacher", async () => {
  await assertHolds("run.pt7", "run_student.safetensors");
});

const unsupported: Record<string, string> = {
  "sparse.pth": "weight is sparse",
  "quantized.pth": "weight is quantized",
  "complex.pth": "weight has type torch.ComplexFloatStorage",
  "float8.pth": "weight has type torch.float8_e4m3fn",
  "negative.pth": "weight is lazily negated",
  "module.pth": "torch.nn.modules.linear.Linear",
  "script.pth": "TorchScript",
};

for (const [name, part] of Object.entries(unsupported)) {
  Deno.test(`readPyTorch() refuses ${name}`, async () => {
    await assertRefused(fixture(name), part);
  });
}

const otherKinds: Record<string, [bytes: Uint8Array, part: string]> = {
  "an empty file": [new Uint8Array(), "it is empty"],
  "a table of Torch7": [latin1("\x03\0\0\0\x01\0\0\0\x02\0\0\0"), "Torch7"],
  "an object of Torch7": [latin1("\x04\0\0\0\x01\0\0\0\x03\0\0\0V 1"), "Torch7"],
  "a text of Torch7": [latin1("4\n1\n3\nV 1\n13\nnn.Sequential\n"), "Torch7"],
  "the tar format": [latin1(`storages${"\0".repeat(249)}ustar  \0`), "before PyTorch 0.1.12"],
  "a pointer to a large file": [latin1("version https://git-lfs"), 'begins with "version https://'],
  "a pickle of another program": [latin1(pickle("}")), "torch.save did not write it"],
  "a pickle of protocol 0": [
    latin1("cos\nsystem\n(S'true'\ntR."),
    'begins with "cos\\nsystem\\n(S',
  ],
  "an archive of something else": [zip({ "a/b": { data: values } }), "without a data.pkl"],
  "an archive of nothing": [
    latin1(`PK\x05\x06${"\0".repeat(18)}`),
    'begins with "PK\\u0005\\u0006\\u0000',
  ],
};

for (const [kind, [bytes, part]] of Object.entries(otherKinds)) {
  Deno.test(`readPyTorch() refuses ${kind}`, async () => {
    await assertRefused(bytes, part);
  });
}

async function assertReadsSix(value: string): Promise<void> {
  for (const write of Object.values(formats)) {
    const { tensors } = await readPyTorch(write(value), "a.pth");
    assertEquals(tensors, { w: six });
  }
}

Deno.test("readPyTorch() reads the old ways to make a tensor", async () => {
  const layout = tuple(storage(), int(0), tuple(int(2), int(3)), tuple(int(3), int(1)));
  const variable = global("torch.autograd.variable.Variable");
  const parameter = global("torch.nn.parameter.Parameter");
  const old: string[] = [
    `${global("torch._utils._rebuild_tensor")}${layout}R`,
    `${global("torch.FloatTensor")})\x81${layout}b`,
    `${global("torch.cuda.FloatTensor")})R${layout}b`,
    `${variable}${tuple(tensor())}R${tuple("\x89", "\x89", "N")}b`,
    `${parameter})\x81${tuple(tensor(), "N", "N", "\x88", "\x89")}b`,
    call("torch._utils._rebuild_parameter", tensor(), "\x88", call("collections.OrderedDict")),
    call(
      "torch._tensor._rebuild_from_type_v2",
      global("torch._utils._rebuild_tensor"),
      global("torch.Tensor"),
      layout,
      "}",
    ),
  ];
  for (const made of old) await assertReadsSix(dict({ w: made }));
});

Deno.test("readPyTorch() reads what Python 2 wrote: its text, its pairs, its names", async () => {
  // cPickle has text as bytes, and an OrderedDict as the list of its items.
  const pairs = `](](U\x01w${tensor().replaceAll("X\x07\0\0\0storage", "U\x07storage")}ee`;
  const ordered = `${global("collections.OrderedDict")}(${pairs}tR`;
  await assertReadsSix(ordered);
  const settings = call("copy_reg._reconstructor", global("__builtin__.object"), "N");
  await assertReadsSix(dict({ state_dict: ordered, epoch: "I3000000000\n", args: settings }));
});

Deno.test("readPyTorch() reads a view of another storage, as old files have them", async () => {
  const view = tuple(text("1"), int(2), int(3));
  const value = dict({ w: tensor({ view, offset: 1, shape: [2], strides: [1] }) });
  const { tensors } = await readPyTorch(legacyFile(value), "a.pth");
  assertEquals(tensors, { w: { dtype: "F32", shape: [2], data: values.slice(12, 20) } });
  for (const [start, size] of [[2, 5], [-1, 3], [7, 0]] as const) {
    const beyond = tuple(text("1"), int(start), int(size));
    await assertRefused(legacyFile(dict({ w: tensor({ view: beyond }) })), "view");
  }
});
