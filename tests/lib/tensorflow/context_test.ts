/**
 * Eager contexts of libtensorflow.
 *
 * @module
 */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { AttrType } from "../../../lib/tensorflow/attributes.ts";
import { Context, type Handle } from "../../../lib/tensorflow/context.ts";
import { DataType } from "../../../lib/tensorflow/data_types.ts";
import { Graph } from "../../../lib/tensorflow/graph.ts";
import { openLibrary, TensorFlowError } from "../../../lib/tensorflow/library.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { memoryGrowth } from "../jit/counts.ts";

const library = openLibrary((await useTensorFlow({ gpu: false })).library);
const context = new Context(library, { threads: 1 });
const floatType = { name: "T", type: 4, value: DataType.float32 };

function vector(...values: number[]): Handle {
  return context.newHandle(DataType.float32, [values.length], Float32Array.from(values));
}

function release(...handles: Handle[]): void {
  handles.forEach((handle) => context.deleteHandle(handle));
}

Deno.test("Context lists its devices", () => {
  assert(context.devices.some(({ type }) => type === "CPU"));
  assert(context.devices.every(({ name }) => name.includes("/device:")));
  assertEquals(context.usesGpu, context.devices.some(({ type }) => type === "GPU"));
});

Deno.test("Context without a GPU has none, and computes", () => {
  const without = new Context(library, { threads: 1, opThreads: 2, gpu: false });
  assert(without.devices.every(({ type }) => type === "CPU"));
  assertEquals(without.usesGpu, false);
  const x = without.newHandle(DataType.float32, [2], Float32Array.of(1, -2));
  const [negative] = without.execute("Neg", [floatType], [x], 1);
  assertEquals(without.read(negative as Handle), Float32Array.of(-1, 2));
  for (const handle of [x, negative as Handle]) without.deleteHandle(handle);
});

Deno.test("Context.newHandle() copies the values", () => {
  const values = Float32Array.of(1, 2);
  const handle = context.newHandle(DataType.float32, [2], values);
  values.fill(9);
  assertEquals(context.read(handle), Float32Array.of(1, 2));
  release(handle);
});

Deno.test("Context.shareHandle() gives a handle that outlives the first", () => {
  const first = vector(1, 2);
  const second = context.shareHandle(first);
  release(first);
  assertEquals(context.read(second), Float32Array.of(1, 2));
  assertEquals([second.dtype, second.shape], [DataType.float32, [2]]);
  release(second);
});

Deno.test("Context.execute() runs an op and gives the types of what it made", () => {
  const [x, y] = [vector(1, 2, 3), vector(4)];
  const [sum] = context.execute("Add", [floatType], [x, y], 1);
  assertEquals([sum?.dtype, sum?.shape], [DataType.float32, [3]]);
  assertEquals(context.read(sum as Handle), Float32Array.of(5, 6, 7));
  release(x, y, sum as Handle);
});

Deno.test("Context.execute() gives fewer outputs than wanted where the op has fewer", () => {
  const x = vector(1);
  const outputs = context.execute("Neg", [floatType], [x], 5);
  assertEquals(outputs.length, 1);
  release(x, ...outputs);
});

Deno.test("Context.execute() gives no more outputs than wanted where the op has more", () => {
  const x = vector(3, 4, 3);
  const type = { name: "T", type: 4, value: DataType.float32 };
  const outputs = context.execute("Unique", [type], [x], 1);
  assertEquals(outputs.map((output) => context.read(output)), [Float32Array.of(3, 4)]);
  release(x, ...outputs);
});

Deno.test("Context.execute() names the op and its inputs where it fails", () => {
  const [x, y] = [vector(1, 2, 3), vector(4, 5)];
  const error = assertThrows(
    () => context.execute("Add", [floatType], [x, y], 1),
    TensorFlowError,
    "Cannot run Add(float32[3], float32[2]): invalid argument: Incompatible shapes: [3] vs. [2]",
  );
  assertEquals(error.code, 3);
  assertThrows(
    () => context.execute("Sub2", [], [x], 1),
    TensorFlowError,
    "Cannot run Sub2(float32[3]): not found",
  );
  assertThrows(
    () => context.execute("Neg", [floatType], [], 1),
    TensorFlowError,
    "Cannot run Neg(): invalid argument",
  );
  const [sum] = context.execute("Add", [floatType], [x, x], 1);
  assertEquals(context.read(sum as Handle), Float32Array.of(2, 4, 6), "the context goes on");
  release(x, y, sum as Handle);
});

Deno.test("Context.shareHandle() hears nothing of an op that failed before", () => {
  const x = vector(1);
  assertThrows(() => context.execute("Neg", [floatType], [], 1), TensorFlowError);
  release(context.shareHandle(x), x);
});

/** Adds the function `name(x) = op(x)` to the context. */
function addFunction(name: string, op: string): void {
  const graph = new Graph(library);
  const input = [{ name: "dtype", type: 4, value: 1 }, { name: "shape", type: 5, value: [2] }];
  const x = { operation: graph.add("Placeholder", input, []), index: 0 };
  const y = { operation: graph.add(op, [floatType], [x]), index: 0 };
  const fn = graph.toFunction(name, [x], [y]);
  graph.delete();
  try {
    context.addFunction(fn, name);
  } finally {
    library.TF_DeleteFunction(fn);
  }
}

Deno.test("Context.executeFunction() runs a function until it is removed", async () => {
  addFunction("negation", "Neg");
  const x = vector(1, -2);
  const [y] = await context.executeFunction("negation", [x], 1);
  assertEquals(context.read(y as Handle), Float32Array.of(-1, 2));
  context.removeFunction("negation");
  await assertRejects(
    () => context.executeFunction("negation", [x], 1),
    TensorFlowError,
    "the compiled function negation",
  );
  release(x, y as Handle);
});

Deno.test("Context.addFunction() refuses another function of the same name", () => {
  addFunction("twice", "Neg");
  assertThrows(() => addFunction("twice", "Square"), TensorFlowError, "AddFunction of twice");
  context.removeFunction("twice");
});

Deno.test("Context.removeFunction() refuses a function that is not there", () => {
  assertThrows(() => context.removeFunction("nothing"), TensorFlowError, "nothing");
});

Deno.test("Context.newHandle() frees what strings take", async () => {
  const bytes = new Uint8Array(2 ** 20).fill(65);
  const once = () => {
    const handle = context.newHandle(DataType.string, [1], [bytes]);
    const values = context.read(handle) as Uint8Array[];
    assertEquals(values[0]?.length, bytes.length);
    release(handle);
  };
  for (let i = 0; i < 10; i++) once();
  const growth = await memoryGrowth(() => {
    for (let i = 0; i < 500; i++) once();
  });
  assert(growth < 100, `500 strings of 1 MB left ${growth} MB`);
});

Deno.test("Context.read() and newHandle() free what large tensors take", async () => {
  const values = new Float32Array(2 ** 18).fill(1);
  const once = () => {
    const handle = context.newHandle(DataType.float32, [values.length], values);
    assertEquals((context.read(handle) as Float32Array)[7], 1);
    release(handle);
  };
  for (let i = 0; i < 10; i++) once();
  const growth = await memoryGrowth(() => {
    for (let i = 0; i < 500; i++) once();
  });
  assert(growth < 100, `500 tensors of 1 MB left ${growth} MB`);
});

Deno.test("Context.execute() does not fill the memory where attributes vary", async () => {
  const x = vector(1, -2);
  let calls = 0;
  const vary = (times: number) => {
    for (let i = 0; i < times; i++) {
      const alpha = { name: "alpha", type: AttrType.float, value: ++calls * 1e-6 };
      release(...context.execute("LeakyRelu", [floatType, alpha], [x], 1));
    }
  };
  vary(8000);
  // TensorFlow would keep 40 MB for these.
  const growth = await memoryGrowth(() => vary(20_000));
  assert(growth < 12, `${growth} MB`);
  release(x);
});
