/**
 * tfjs on TensorFlow, op by op: types, lists, empty tensors, pictures, errors, and what is freed.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { TensorFlowError } from "../../../lib/tensorflow/library.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { long } from "../../long.ts";
import { assertFreesAll, counts, memoryGrowth, nodeBackend } from "../jit/counts.ts";

await useTensorFlow({ gpu: false });
const backend = nodeBackend();

/** A test of `f`, which may leave its tensors to `tf.tidy`, and must leave no other. */
function test(name: string, f: () => void): void {
  Deno.test(name, () => assertFreesAll(() => tf.tidy(f)));
}

function values(tensor: tf.Tensor): unknown[] {
  return Array.from(tensor.dataSync() as ArrayLike<unknown>);
}

test("TensorFlowBackend computes with float32, int32 and bool", () => {
  const x = tf.tensor1d([1.5, -2]);
  assertEquals(values(tf.mul(x, 2)), [3, -4]);
  const i = tf.tensor1d([7, -7], "int32");
  assertEquals(values(tf.add(i, tf.scalar(1, "int32"))), [8, -6]);
  const b = tf.tensor1d([true, false], "bool");
  assertEquals(values(tf.logicalNot(b)), [0, 1]);
  assertEquals([x, i, b].map(({ dtype }) => dtype), ["float32", "int32", "bool"]);
});

test("TensorFlowBackend computes with complex64", () => {
  const z = tf.complex(tf.tensor1d([1, 2]), tf.tensor1d([3, 4]));
  assertEquals([z.dtype, values(z)], ["complex64", [1, 3, 2, 4]]);
  const square = tf.mul(z, z);
  assertEquals([values(tf.real(square)), values(tf.imag(square))], [[-8, -12], [6, 16]]);
  assertEquals(values(tf.zeros([2], "complex64")), [0, 0, 0, 0]);
});

test("TensorFlowBackend carries strings: empty, beyond ASCII, long, in two dimensions", () => {
  const long = "0123456789".repeat(10_000);
  const texts = ["", "a", "naïve 注意 🧠", long];
  const x = tf.tensor2d(texts, [2, 2], "string");
  assertEquals(values(tf.slice(x, [1, 0])), [texts[2], texts[3]]);
  assertEquals(values(tf.concat([x, x], 1)).length, 8);
  const none = tf.tensor1d([], "string");
  assertEquals([none.shape, values(none), values(tf.reshape(none, [0, 3]))], [[0], [], []]);
});

test("TensorFlowBackend carries strings that are no text", () => {
  const binary = Uint8Array.from({ length: 256 }, (_, i) => i);
  const x = tf.tensor([binary] as unknown as string[], [1], "string");
  assertEquals(backend.readSync(tf.reshape(x, [1, 1]).dataId) as unknown, [binary]);
});

test("TensorFlowBackend gives tfjs the result of an op on int64", () => {
  const attrs = [
    { name: "T", type: backend.binding.TF_ATTR_TYPE, value: backend.binding.TF_FLOAT },
    { name: "output_type", type: backend.binding.TF_ATTR_TYPE, value: backend.binding.TF_INT64 },
  ];
  const warn = console.warn;
  console.warn = () => {}; // tfjs-node remarks that int64 comes as BigInt64Array
  try {
    const inputs = [tf.tensor1d([1, 3, 2]), tf.scalar(0, "int32")];
    const index = backend.executeSingleOutput("ArgMax", attrs, inputs);
    assertEquals(values(index), [1n]);
    assertEquals(values(tf.cast(index, "float32")), [1]);
  } finally {
    console.warn = warn;
  }
});

test("TensorFlowBackend writes and reads pictures", () => {
  const pixels = Uint8Array.of(1, 2, 3, 4, 5, 6, 250, 255, 0, 9, 8, 7);
  const png = backend.encodePng(pixels, [2, 2, 3], -1).dataSync()[0] as unknown as Uint8Array;
  assertEquals([...png.subarray(1, 4)], [..."PNG"].map((letter) => letter.charCodeAt(0)));
  const again = backend.decodePng(png, 3);
  assertEquals([again.shape, values(again)], [[2, 2, 3], [...pixels]]);
  assertEquals(values(tf.sum(tf.cast(again, "float32"))), [550]);
});

test("TensorFlowBackend writes and reads JPEG pictures", () => {
  const grey = new Uint8Array(8 * 8 * 3).fill(100);
  const encoded = backend.encodeJpeg(
    grey,
    [8, 8, 3],
    "rgb",
    95,
    false,
    false,
    true,
    "in",
    300,
    300,
    "",
  );
  const jpeg = encoded.dataSync()[0] as unknown as Uint8Array;
  const again = backend.decodeJpeg(jpeg, 3, 1, true, false, 1, "");
  assertEquals(again.shape, [8, 8, 3]);
  assert(values(again).every((value) => Math.abs(value as number - 100) <= 2));
  assertThrows(
    () => backend.decodeJpeg(Uint8Array.of(1, 2, 3), 3, 1, true, false, 1, ""),
    TensorFlowError,
    "Cannot run DecodeJpeg(string[]): invalid argument: Unknown image file format",
  );
});

test("TensorFlowBackend computes with scalars and with tensors without elements", () => {
  assertEquals([tf.scalar(2).square().shape, values(tf.scalar(2).square())], [[], [4]]);
  const none = tf.zeros([0, 3]);
  assertEquals([tf.add(none, 1).shape, values(tf.add(none, 1))], [[0, 3], []]);
  assertEquals([values(tf.sum(none)), values(tf.sum(none, 0))], [[0], [0, 0, 0]]);
  const product = tf.matMul(tf.zeros([2, 0]), tf.zeros([0, 3]));
  assertEquals([product.shape, values(product)], [[2, 3], [0, 0, 0, 0, 0, 0]]);
  assertEquals(values(tf.concat([none, tf.ones([1, 3])])), [1, 1, 1]);
});

test("TensorFlowBackend runs ops that take and give lists", () => {
  const [x, y] = [tf.tensor1d([1, 2]), tf.tensor1d([3, 4])];
  assertEquals(values(tf.concat([x, y, x])), [1, 2, 3, 4, 1, 2]);
  assertEquals(values(tf.stack([x, y], 1)), [1, 3, 2, 4]);
  assertEquals(values(tf.addN([x, y, y])), [7, 10]);
  assertEquals(values(tf.addN([x])), [1, 2]);
  assertEquals(tf.split(tf.concat([x, y]), [1, 3]).map(values), [[1], [2, 3, 4]]);
  assertEquals(tf.unstack(tf.stack([x, y])).map(values), [[1, 2], [3, 4]]);
  const { values: largest, indices } = tf.topk(tf.tensor1d([1, 5, 3]), 2);
  assertEquals([values(largest), values(indices)], [[5, 3], [1, 2]]);
});

test("TensorFlowBackend takes tensors of another backend", () => {
  tf.setBackend("cpu");
  const there = tf.add(tf.tensor1d([1, 2]), 1);
  tf.setBackend("tensorflow");
  assertEquals(values(tf.add(there, there)), [4, 6]);
});

test("TensorFlowBackend names the op and its inputs' shapes where they do not fit", () => {
  const x = tf.ones([2, 3]);
  const attrs = [{ name: "T", type: backend.binding.TF_ATTR_TYPE, value: 1 }];
  assertThrows(
    () => backend.executeSingleOutput("MatMul", attrs, [x, x]),
    TensorFlowError,
    "Cannot run MatMul(float32[2,3], float32[2,3]): invalid argument: Matrix size-incompatible",
  );
  assertThrows(
    () => backend.executeSingleOutput("Sub2", attrs, [x]),
    TensorFlowError,
    "Cannot run Sub2(float32[2,3]): not found",
  );
  assertThrows(
    () => backend.executeSingleOutput("AddN", [{ name: "N", type: 1, value: 0 }], []),
    TensorFlowError,
    "Cannot run AddN(): invalid argument",
  );
});

Deno.test("TensorFlowBackend refuses a disposed tensor", () => {
  const x = tf.ones([2, 3]);
  x.dispose();
  assertThrows(() => tf.add(x, 1), Error, "Cannot use a tensor float32[2,3]: it was disposed");
  assertThrows(() => x.dataSync(), Error, "disposed");
});

test("TensorFlowBackend refuses what an op gives of a type that tfjs does not know", () => {
  const attrs = [{ name: "SrcT", value: 1 }, { name: "DstT", value: 2 }].map((attr) => ({
    ...attr,
    type: backend.binding.TF_ATTR_TYPE,
  }));
  assertThrows(
    () => backend.executeSingleOutput("Cast", attrs, [tf.ones([3])]),
    TypeError,
    "Cannot give tfjs a tensor type 2[3]",
  );
});

Deno.test("TensorFlowBackend frees a tensor once, with the last that shares its values", () => {
  const before = counts().handles;
  const x = tf.tidy(() => tf.add(tf.ones([3]), 1));
  const [view, copy] = [tf.reshape(x, [3, 1]), tf.clone(x)];
  x.dispose();
  x.dispose();
  assertEquals([values(view), values(copy)], [[2, 2, 2], [2, 2, 2]]);
  tf.dispose([view, copy]);
  assertEquals(counts().handles, before);
});

long.test("TensorFlowBackend's memory stays bounded over many small ops", async () => {
  const one = tf.scalar(1);
  const run = (times: number) => {
    for (let i = 0; i < times; i++) {
      tf.tidy(() => void tf.sum(tf.mul(tf.tensor1d([1, 2, i]), one)));
    }
  };
  run(1000);
  await assertFreesAll(async () => {
    const growth = await memoryGrowth(() => run(20_000));
    assert(growth < 60, `20,000 ops left ${growth} MB`);
  });
  one.dispose();
});

Deno.test("TensorFlowBackend's memory stays bounded over large strings", async () => {
  const text = new Uint8Array(2 ** 20).fill(65) as unknown as string;
  const once = () => tf.tidy(() => void tf.slice(tf.tensor1d([text], "string"), 0));
  for (let i = 0; i < 10; i++) once();
  await assertFreesAll(async () => {
    const growth = await memoryGrowth(() => {
      for (let i = 0; i < 500; i++) once();
    });
    assert(growth < 100, `500 strings of 1 MB left ${growth} MB`);
  });
});
