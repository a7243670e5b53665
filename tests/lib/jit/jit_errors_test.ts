/**
 * What a jitted function refuses. After each refusal the engine must go on as if nothing were.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { jit } from "../../../lib/jit/jit.ts";
import { TensorFlowError } from "../../../lib/tensorflow/library.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { assertFreesAll, nodeBackend, take } from "./counts.ts";

await useTensorFlow({ gpu: false });
const x = tf.tidy(() => tf.add(tf.zeros([2]), 1));

// deno-lint-ignore no-explicit-any -- errors of any class
type ErrorClass = abstract new (...args: any[]) => Error;

/** Op by op and compiled, the engine computes, and it holds no more than before. */
async function assertWorks(): Promise<void> {
  tf.tidy(() => assertEquals([...tf.add(x, 1).dataSync()], [2, 2]));
  const f = jit((x: tf.Tensor) => tf.mul(tf.add(x, 1), 2));
  assertEquals(take(await f(x)), [[4, 4]]);
  f.dispose();
}

/** `f(x)` fails twice in the same way, leaves nothing behind, and breaks nothing. */
function check(
  what: string,
  f: (x: tf.Tensor) => unknown,
  errorClass: ErrorClass,
  message: string | RegExp,
): void {
  Deno.test(`jit() ${what}`, async () => {
    const jitted = jit(f);
    await assertFreesAll(async () => {
      for (let i = 0; i < 2; i++) {
        const error = await assertRejects(() => jitted(x), errorClass);
        const pattern = message instanceof RegExp ? message : new RegExp(RegExp.escape(message));
        assertMatch(error.message, pattern);
        await assertWorks();
      }
      assertEquals(jitted.traceCount, 0);
    });
  });
}

const backend = nodeBackend();
const disposed = tf.ones([3]);
disposed.dispose();
const compiled = jit((x: tf.Tensor) => tf.square(x));
take(await compiled(x));
const floatType = { name: "T", type: 4, value: 1 };

check(
  "refuses to read a traced tensor",
  (x) => tf.add(x, tf.add(x, 1).dataSync()[0]!),
  Error,
  "Cannot read a tensor while jit traces a function: it stands for any values of that shape " +
    "(float32[2]). Compute with tensors",
);
check(
  "refuses to print a traced tensor",
  (x) => (x.print(), x),
  Error,
  "Cannot read a tensor while jit",
);
check(
  "refuses a result whose shape depends on values",
  (x) => tf.unique(x as tf.Tensor1D).values,
  Error,
  /^Cannot trace Unique\w*: the shape of its result depends on values/,
);
check(
  "refuses the places of true values",
  (x) => backend.where(tf.greater(x, 0)),
  Error,
  "Cannot trace Where: the shape of its result depends on values",
);
check(
  "refuses a captured tensor that was disposed",
  (x) => tf.add(x, disposed),
  Error,
  "Cannot use a tensor float32[3]: it was disposed",
);
check(
  "refuses a jitted function's call, that was compiled before",
  (x) => compiled(x),
  Error,
  "Cannot call a jitted function inside a function that jit traces: call the plain function there",
);
check(
  "refuses a jitted function's call, that was not compiled before",
  (x) => jit((x: tf.Tensor) => tf.square(x))(x),
  Error,
  "Cannot call a jitted function inside a function that jit traces",
);
check(
  "refuses a jitted function's call whose result is left aside",
  (x) => (compiled(x), tf.square(x)),
  Error,
  "Cannot call a jitted function inside a function that jit traces",
);
check(
  "refuses an op that gives nothing",
  (x) => (backend.executeMultipleOutputs("NoOp", [], [], 0), x),
  Error,
  "Cannot trace NoOp: it gives no tensor",
);
check(
  "refuses an asynchronous function",
  async (x) => tf.add(await Promise.resolve(x), 1),
  TypeError,
  "Cannot trace an asynchronous function",
);
check(
  "refuses an asynchronous op",
  (x) => tf.booleanMaskAsync(x, tf.tensor1d([true, false], "bool")),
  TypeError,
  "Cannot trace an asynchronous function",
);
check(
  "refuses a result that is no tensor",
  (x) => ({ y: [tf.add(x, 1), new Float32Array(2)] }),
  TypeError,
  "Cannot use result.y[1] (Float32Array) in a jitted function",
);
check(
  "refuses a disposed result",
  (x) => {
    const y = tf.add(x, 1);
    y.dispose();
    return { y };
  },
  TypeError,
  "Cannot use result.y: the tensor is disposed",
);
check(
  "refuses shapes that do not fit",
  (x) =>
    backend.executeSingleOutput("MatMul", [floatType], [tf.ones([2, 3]), tf.reshape(x, [1, 2])]),
  TensorFlowError,
  "Cannot run MatMul([2,3], [1,2]) in a trace: invalid argument",
);
check(
  "refuses an op that TensorFlow does not know",
  (x) => backend.executeSingleOutput("Sub2", [floatType], [x, x]),
  TensorFlowError,
  "Cannot run Sub2 in a trace: not found",
);
check(
  "refuses another number of inputs than the op's",
  (x) => backend.executeSingleOutput("Add", [floatType], [x]),
  TypeError,
  "Cannot add Add to a trace: it takes 2 inputs and 1 were given",
);
check(
  "passes on the function's own errors",
  (x) => {
    tf.tidy(() => {
      tf.add(x, 1);
      throw new RangeError("mine: as it is");
    });
  },
  RangeError,
  /^mine: as it is$/,
);
check(
  "passes on errors within a gradient",
  (x) =>
    tf.grad(() => {
      throw new SyntaxError("mine, too");
    })(x),
  SyntaxError,
  /^mine, too$/,
);

Deno.test("jit() refuses to keep a traced tensor, which can be disposed then", async () => {
  const kept: tf.Tensor[] = [];
  const f = jit((x: tf.Tensor) => {
    kept.push(tf.keep(tf.add(x, 1)));
    return tf.square(x);
  });
  await assertFreesAll(async () => {
    await assertRejects(
      () => f(x),
      Error,
      "Cannot compile a function that keeps 1 of the tensors made while jit traced it (float32[2])",
    );
    assertThrows(() => tf.add(kept[0]!, 1), Error, "outlived the trace");
    assertThrows(() => kept[0]!.dataSync(), Error, "outlived the trace");
    tf.dispose(kept);
    await assertWorks();
  });
});

Deno.test("jit() refuses to make a tf.Variable", async () => {
  const variables: tf.Variable[] = [];
  const f = jit((x: tf.Tensor) => {
    variables.push(tf.variable(tf.add(x, 1)));
    return tf.square(x);
  });
  await assertFreesAll(async () => {
    await assertRejects(() => f(x), Error, "Return them, and use no tf.keep or tf.variable inside");
    tf.dispose(variables);
    await assertWorks();
  });
});

Deno.test("jit() throws the very error of the function", async () => {
  const error = new Error("mine");
  const f = jit(() => {
    throw error;
  });
  assertEquals(await f().catch((thrown: unknown) => thrown) === error, true);
});

Deno.test("jit() refuses arguments that are no tensors, and names them", async () => {
  class Layer {}
  const cases: [unknown, string][] = [
    [new Float32Array(2), "Cannot use arguments[0] (Float32Array) in a jitted function"],
    [{ layers: [x, new Layer()] }, "Cannot use arguments[0].layers[1] (Layer)"],
    [new Map([["x", x]]), "Cannot use arguments[0] (Map)"],
    [() => x, "Cannot use arguments[0] (function)"],
    [{ p: disposed }, "Cannot use arguments[0].p: the tensor is disposed"],
  ];
  const f = jit((_x: unknown) => tf.scalar(1));
  for (const [argument, message] of cases) {
    await assertRejects(() => f(argument), TypeError, message);
    await assertWorks();
  }
});

Deno.test("jit() refuses to trace once too often, and says what changed", async () => {
  const f = jit((x: tf.Tensor, k: number) => tf.mul(x, k));
  for (let i = 0; i < 64; i++) take(await f(x, i));
  await assertFreesAll(async () => {
    await assertRejects(
      () => f(x, 64),
      Error,
      "more than 64 times: each new signature compiles anew (last change: arguments[1] was 63 and " +
        "is 64). Pass a number that changes as tf.scalar",
    );
    take(await f(x, 7));
    const wide = tf.reshape(x, [1, 2]);
    const message = "arguments[0] was float32[2] and is float32[1,2]";
    await assertRejects(() => f(wide, 7), Error, message);
    wide.dispose();
    await assertWorks();
  });
  assertEquals(f.traceCount, 64);
  f.dispose();
  assertEquals(take(await f(x, 64)), [[64, 64]]);
  f.dispose();
});
