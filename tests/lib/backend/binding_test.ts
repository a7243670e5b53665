/**
 * The binding: numbered tensors, and ops that run or are recorded.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { Binding } from "../../../lib/backend/binding.ts";
import { Context } from "../../../lib/tensorflow/context.ts";
import { openLibrary, TensorFlowError } from "../../../lib/tensorflow/library.ts";
import { printTrace } from "../../../lib/jit/trace.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { memoryGrowth } from "../jit/counts.ts";

const info = await useTensorFlow({ gpu: false });
const binding = new Binding(new Context(openLibrary(info.library), { threads: 1 }));
const { TF_FLOAT, TF_INT32, TF_INT64, TF_BOOL, TF_COMPLEX64, TF_STRING, TF_UINT8 } = binding;

const type = (name: string, value: number) => ({ name, type: binding.TF_ATTR_TYPE, value });
const floatType = type("T", TF_FLOAT);

function vector(...values: number[]): number {
  return binding.createTensor([values.length], TF_FLOAT, Float32Array.from(values));
}

/** Runs `f`, after which the binding must hold as many tensors as before. */
function assertFreesAll(f: () => void): void {
  const before = binding.getNumOfTensors();
  f();
  assertEquals(binding.getNumOfTensors(), before);
  assertEquals(binding.trace, undefined);
}

Deno.test("Binding tells TensorFlow's version and device", () => {
  assertEquals(binding.TF_Version, info.version);
  assertEquals(binding.isUsingGpuDevice(), info.device === "GPU");
});

Deno.test("Binding.createTensor() and tensorDataSync() carry every type", () => {
  const utf8 = new TextEncoder().encode("é");
  const cases = [
    [TF_FLOAT, Float32Array.of(1.5, -2)],
    [TF_INT32, Int32Array.of(1, -2)],
    [TF_INT64, BigInt64Array.of(1n, -2n)],
    [TF_BOOL, Uint8Array.of(1, 0)],
    [TF_UINT8, Uint8Array.of(1, 255)],
    [TF_COMPLEX64, Float32Array.of(1, 2, 3, 4)],
    [TF_STRING, [utf8, new Uint8Array(0)]],
  ] as const;
  assertFreesAll(() => {
    for (const [dtype, values] of cases) {
      const id = binding.createTensor([2], dtype, values);
      assertEquals(binding.tensorDataSync(id) as typeof values, values);
      const [copy] = binding.executeOp("Identity", [type("T", dtype)], [id], 1);
      assertEquals([copy?.dtype, copy?.shape], [dtype, [2]]);
      assertEquals(binding.tensorDataSync(copy!.id) as typeof values, values);
      [id, copy!.id].forEach((id) => binding.deleteTensor(id));
    }
  });
});

Deno.test("Binding.executeOp() gives int64 where an op does", () => {
  assertFreesAll(() => {
    const x = vector(1, 3, 2);
    const axis = binding.createTensor([], TF_INT32, Int32Array.of(0));
    const attrs = [floatType, type("Tidx", TF_INT32), type("output_type", TF_INT64)];
    const [index] = binding.executeOp("ArgMax", attrs, [x, axis], 1);
    assertEquals(index?.dtype, TF_INT64);
    assertEquals(binding.tensorDataSync(index!.id), BigInt64Array.of(1n));
    [x, axis, index!.id].forEach((id) => binding.deleteTensor(id));
  });
});

Deno.test("Binding.executeOp() gives and takes resources", () => {
  assertFreesAll(() => {
    const attrs = [type("key_dtype", TF_STRING), type("value_dtype", TF_FLOAT)];
    const [table] = binding.executeOp("MutableHashTableV2", attrs, [], 1);
    assertEquals(table?.dtype, binding.TF_RESOURCE);
    const [size] = binding.executeOp("LookupTableSizeV2", [], [table!.id], 1);
    assertEquals(binding.tensorDataSync(size!.id), BigInt64Array.of(0n));
    [table!.id, size!.id].forEach((id) => binding.deleteTensor(id));
  });
});

Deno.test("Binding refuses a tensor that was deleted", () => {
  const id = vector(1);
  binding.deleteTensor(id);
  assertThrows(() => binding.tensorDataSync(id), Error, "it was disposed");
  assertThrows(() => binding.executeOp("Neg", [floatType], [id], 1), Error, "it was disposed");
});

Deno.test("Binding keeps no tensor of an op that fails", () => {
  assertFreesAll(() => {
    const [x, y] = [vector(1, 2), vector(1, 2, 3)];
    for (let i = 0; i < 10; i++) {
      assertThrows(
        () => binding.executeOp("Add", [floatType], [x, y], 1),
        TensorFlowError,
        "Add(float32[2], float32[3])",
      );
    }
    [x, y].forEach((id) => binding.deleteTensor(id));
  });
});

Deno.test("Binding.record() records ops in place of running them", () => {
  assertFreesAll(() => {
    const type = { dtype: TF_FLOAT, shape: [2] };
    const { trace, captured } = binding.record([type, type], ([x, y], refOf) => {
      const [sum] = binding.executeOp("Add", [floatType], [x!.id, y!.id], 1);
      assertEquals([sum?.dtype, sum?.shape], [TF_FLOAT, [2]]);
      const ref = refOf(sum!.id);
      [x, y, sum].forEach((tensor) => binding.deleteTensor(tensor!.id));
      return [ref];
    });
    assertEquals(captured, []);
    assertEquals(printTrace(trace).split("\n").map((line) => line.replace(/ {.*}/, "")), [
      "%0 = Placeholder() : float32[2]",
      "%1 = Placeholder() : float32[2]",
      "%2 = Add(%0, %1) : float32[2]",
      "%3 = Identity(%2) : float32[2]",
      "return %3",
    ]);
  });
});

Deno.test("Binding.record() captures floats as inputs and small whole numbers as constants", () => {
  assertFreesAll(() => {
    const float = vector(1, 2);
    const axis = binding.createTensor([1], TF_INT32, Int32Array.of(0));
    const most = binding.createTensor([1024], TF_INT32, new Int32Array(1024));
    const large = binding.createTensor([1025], TF_INT32, new Int32Array(1025));
    const { trace, captured } = binding.record([], (_, refOf) => {
      const attrs = [floatType, type("Tidx", TF_INT32)];
      const [sum] = binding.executeOp("Sum", attrs, [float, axis], 1);
      const refs = [refOf(sum!.id), refOf(most), refOf(large), refOf(float)];
      binding.deleteTensor(sum!.id);
      return refs;
    });
    const ops = trace.nodes.map(({ op }) => op).filter((op) => op !== "Identity");
    assertEquals(ops, ["Placeholder", "Const", "Sum", "Const", "Placeholder"]);
    assertEquals(captured.map(({ shape }) => shape), [[2], [1025]]);
    captured.forEach((handle) => binding.context.deleteHandle(handle));
    [float, axis, most, large].forEach((id) => binding.deleteTensor(id));
  });
});

Deno.test("Binding.record() copies the values of constants", () => {
  const values = Float32Array.of(1, 2);
  const { trace } = binding.record([], (_, refOf) => {
    const id = binding.createTensor([2], TF_FLOAT, values);
    values.fill(9);
    return [refOf(id)];
  });
  assertEquals(trace.nodes[0]?.constant?.values, Float32Array.of(1, 2));
});

Deno.test("Binding.record() refuses to run inside itself, and ends when its function throws", () => {
  const inner = () => binding.record([], () => []);
  assertThrows(() => binding.record([], () => (inner(), [])), Error, "inside a function");
  assertFreesAll(() => {
    assertThrows(
      () =>
        binding.record([{ dtype: TF_FLOAT, shape: [] }], () => {
          throw new RangeError("mine");
        }),
      RangeError,
      "mine",
    );
  });
});

Deno.test("Binding.record() lets go of what it captured when its function throws", async () => {
  const size = 2 ** 18;
  const values = new Float32Array(size);
  const growth = await memoryGrowth(() => {
    for (let i = 0; i < 300; i++) {
      const id = binding.createTensor([size], TF_FLOAT, values);
      assertThrows(() =>
        binding.record([], () => {
          binding.deleteTensor(binding.executeOp("Neg", [floatType], [id], 1)[0]!.id);
          throw new Error("mine");
        })
      );
      binding.deleteTensor(id);
    }
  });
  assert(growth < 100, `300 captured tensors of 1 MB left ${growth} MB`);
});
