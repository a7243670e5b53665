/** Tests of how many threads TensorFlow may be told to start. @module */
import { assertMatch, assertRejects, assertThrows } from "@std/assert";
import { UserError } from "../../../lib/errors.ts";
import { checkThreadVariables, maxThreads } from "../../../lib/backend/thread_numbers.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";

Deno.test("useTensorFlow() refuses numbers of threads that TensorFlow does not survive", async () => {
  for (const count of [1e9, maxThreads + 1, 2 ** 31, Number.MAX_VALUE, Infinity, NaN, 0, -1, 1.5]) {
    for (const name of ["threads", "opThreads"]) {
      const { message } = await assertRejects(() => useTensorFlow({ [name]: count }), RangeError);
      assertMatch(message, new RegExp(`: ${name} must be a whole number from 1 to ${maxThreads}$`));
    }
  }
});

Deno.test("checkThreadVariables() refuses what crashes TensorFlow, and nothing else", () => {
  for (const name of ["TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"]) {
    const check = (text: string | undefined) =>
      checkThreadVariables((asked) => asked === name ? text : undefined);
    for (const text of ["-5", "1000000000", "99999999999999999999", String(maxThreads + 1)]) {
      assertThrows(() => check(text), UserError, `Cannot use ${name}: `);
    }
    for (const text of [undefined, "", "0", "1", "16", String(maxThreads), "many"]) check(text);
  }
});
