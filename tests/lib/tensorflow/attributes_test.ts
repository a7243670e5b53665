/**
 * Attributes of every kind, on ops that run and on nodes of a graph.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import { AttrType, type OpAttr } from "../../../lib/tensorflow/attributes.ts";
import { Context, type Handle } from "../../../lib/tensorflow/context.ts";
import { DataType } from "../../../lib/tensorflow/data_types.ts";
import { Graph } from "../../../lib/tensorflow/graph.ts";
import { openLibrary } from "../../../lib/tensorflow/library.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";

const library = openLibrary((await useTensorFlow({ gpu: false })).library);
const context = new Context(library, { threads: 1 });
const { string, int, float, bool, type, shape } = AttrType;

interface Case {
  what: string;
  op: string;
  attrs: OpAttr[];
  inputs: { shape: number[]; values: Float32Array | Int32Array }[];
  /** Shape of the first output. */
  shape: number[];
  values: number[];
}

const floatType = { name: "T", type, value: DataType.float32 };
const row = (...values: number[]) => ({
  shape: [values.length],
  values: Float32Array.from(values),
});
const pixels = { shape: [1, 2, 2, 1], values: Float32Array.of(1, 2, 3, 4) };

const cases: Case[] = [
  {
    what: "a float",
    op: "LeakyRelu",
    attrs: [floatType, { name: "alpha", type: float, value: 0.25 }],
    inputs: [row(-1, 2)],
    shape: [2],
    values: [-0.25, 2],
  },
  {
    what: "a bool",
    op: "Cumsum",
    attrs: [floatType, { name: "reverse", type: bool, value: true }],
    inputs: [row(1, 2, 3), { shape: [], values: Int32Array.of(0) }],
    shape: [3],
    values: [6, 5, 3],
  },
  {
    what: "an int",
    op: "Unpack",
    attrs: [floatType, { name: "num", type: int, value: 1 }, {
      name: "axis",
      type: int,
      value: -2,
    }],
    inputs: [{ shape: [1, 2], values: Float32Array.of(1, 2) }],
    shape: [2],
    values: [1, 2],
  },
  {
    what: "a string and a list of ints",
    op: "MaxPool",
    attrs: [
      floatType,
      { name: "ksize", type: int, value: [1, 2, 2, 1] },
      { name: "strides", type: int, value: [1, 1, 1, 1] },
      { name: "padding", type: string, value: "VALID" },
    ],
    inputs: [pixels],
    shape: [1, 1, 1, 1],
    values: [4],
  },
  {
    what: "a list of floats",
    op: "FractionalAvgPool",
    attrs: [floatType, { name: "pooling_ratio", type: float, value: [1, 2, 2, 1] }],
    inputs: [pixels],
    shape: [1, 1, 1, 1],
    values: [2.5],
  },
  {
    what: "a shape",
    op: "PlaceholderWithDefault",
    attrs: [
      { name: "dtype", type, value: DataType.float32 },
      { name: "shape", type: shape, value: [2] },
    ],
    inputs: [row(1, 2)],
    shape: [2],
    values: [1, 2],
  },
  {
    what: "a list of strings",
    op: "_FusedMatMul",
    attrs: [
      floatType,
      { name: "num_args", type: int, value: 1 },
      { name: "fused_ops", type: string, value: ["BiasAdd", "Relu"] },
    ],
    inputs: [
      { shape: [1, 2], values: Float32Array.of(1, 2) },
      { shape: [2, 2], values: Float32Array.of(3, -4, 5, -6) },
      row(10, 1),
    ],
    shape: [1, 2],
    values: [23, 0],
  },
  {
    what: "a list of types",
    op: "IdentityN",
    attrs: [{ name: "T", type, value: [DataType.float32, DataType.int32] }],
    inputs: [row(1, 2), { shape: [1], values: Int32Array.of(3) }],
    shape: [2],
    values: [1, 2],
  },
];

function typeOf(values: Float32Array | Int32Array): number {
  return values instanceof Float32Array ? DataType.float32 : DataType.int32;
}

for (const { what, op, attrs, inputs, ...expected } of cases) {
  Deno.test(`setAttribute() sets ${what} of an op that runs`, () => {
    const handles = inputs.map(({ shape, values }) =>
      context.newHandle(typeOf(values), shape, values)
    );
    const results = context.execute(op, attrs, handles, 3);
    const first = results[0] as Handle;
    assertEquals(first.shape, expected.shape);
    assertEquals([...context.read(first) as Float32Array], expected.values);
    [...handles, ...results].forEach((handle) => context.deleteHandle(handle));
  });

  Deno.test(`setAttribute() sets ${what} of a node`, () => {
    const graph = new Graph(library);
    try {
      const constants = inputs.map(({ shape, values }) => {
        const constant = { dtype: typeOf(values), shape, values };
        const attrs = [{ name: "dtype", type, value: constant.dtype }];
        return { operation: graph.add("Const", attrs, [], constant), index: 0 };
      });
      assertEquals(graph.add(op, attrs, constants).outputs[0]?.shape, expected.shape);
    } finally {
      graph.delete();
    }
  });
}

Deno.test("setAttribute() names an attribute of an unknown kind", () => {
  const x = context.newHandle(DataType.float32, [1], Float32Array.of(1));
  const attrs = [{ name: "T", type: 9, value: 1 }];
  assertThrows(
    () => context.execute("Neg", attrs, [x], 1),
    TypeError,
    "attribute T: unknown kind 9",
  );
  context.deleteHandle(x);
});

for (
  const [value, error] of [[1.5, RangeError], [NaN, RangeError], [undefined, TypeError], [
    "1",
    TypeError,
  ]] as const
) {
  Deno.test(`setAttribute() refuses ${typeof value} ${value} for a whole number, and in a list of them`, () => {
    const x = context.newHandle(DataType.float32, [1, 1], Float32Array.of(1));
    try {
      for (const op of [value, [1, value]]) {
        const attrs = [floatType, { name: "axis", type: int, value: op }];
        const said = assertThrows(() => context.execute("Unpack", attrs, [x], 1), error).message;
        assertEquals(
          said.startsWith(`Cannot run an op with axis of ${value}: it takes `),
          true,
          said,
        );
      }
    } finally {
      context.deleteHandle(x);
    }
  });
}

Deno.test("setAttribute() refuses what is no number for a float and for a type", () => {
  for (
    const attr of [{ name: "alpha", type: float, value: undefined }, {
      name: "T",
      type,
      value: "float",
    }]
  ) {
    assertThrows(() => context.execute("LeakyRelu", [attr], [], 1), TypeError, `${attr.name} of`);
  }
});
