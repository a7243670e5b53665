/**
 * What once ended the process, in a process of its own.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { runProgram } from "../../processes.ts";

/** What other processors' kernels do, as far as this one's can: oneDNN's, and TensorFlow's own. */
const kernels: [name: string, env: Record<string, string>][] = [
  ["", {}],
  [" without oneDNN", { TF_ENABLE_ONEDNN_OPTS: "0" }],
];

/** The cases, and what each gives, eager and compiled. */
const expected: Record<string, RegExp> = {
  "2^80 elements and none":
    /^RangeError: Cannot make a tensor of shape \[1099511627776,1099511627776,0\]/,
  "2^63 elements": /^RangeError: .*9223372036854776000 is no dimension/,
  "255 dimensions": /^RangeError: Cannot make a tensor of 255 dimensions: TensorFlow takes 254/,
  "constant of 2^80 elements": /^RangeError: .*more than 2\^53 elements/,
  "fill 2^38": /^RangeError: Cannot run Fill: shape is \[274877906944\]/,
  "oneHot 2^40": /^RangeError: Cannot run OneHot: depth is \[1099511627776\]/,
  "tile by a half": /^RangeError: Cannot run Tile: reps is \[0\.5\], and 0\.5 is no whole number/,
  "pooled gradient of no images": /^float32\[0,4,4,2\]/,
  "pooled gradient of no images in bfloat16": /^float32\[0,4,4,2\]|UserError: .*bfloat16/,
  "pool by 1e9": /^float32\[1,2,2,2\] 1,1,1,1/,
  "pool with strides of 2^62":
    /^RangeError: Cannot run an op with strides of 4611686018427388000: it takes numbers of 32 bits$/,
  "convolution with strides of 2^62":
    /^RangeError: Cannot run an op with strides of 4611686018427388000: it takes numbers of 32 bits$/,
  "gradient of a pool from less":
    /^TypeError: Cannot take a gradient by \[1,4,4,2\] from \[1,1,1,2\]: the result was \[1,2,2,2\]/,
  "convolution of no images": /^float32\[0,5,5,4\]/,
  "depthwise convolution of no images": /^float32\[0,5,5,6\]/,
  "convolution in three dimensions of no images": /^float32\[0,5,5,5,4\]/,
  "filter larger than the image": /^TypeError: .*the filter is larger than the input/,
  "gradient of a filter larger than the image in three dimensions":
    /^TypeError: .*the filter is larger than the input/,
  "gradient of no filters in three dimensions": /^TypeError: .*the filter has no values/,
  "transposed convolution of no filters in three dimensions":
    /^TypeError: .*the filter has no values/,
  "clip of integers without a limit": /^int32\[1,1,1,3\] 1,1,1/,
  "prelu of infinity": /^float32\[1,1,1,2\] Infinity,Infinity/,
  "dilation beyond the image in bfloat16":
    /^RangeError: .*a dilation of 8 takes all of the filter out/,
  "one column of one channel": /^float32\[1,2,1,1\] 45,81/,
  "one column of one channel in three dimensions": /^float32\[1,1,4,1,1\] 3,18,33,48/,
  "sum by an index of no operand": /^RangeError: Cannot sum by "ij,jk->ikz": the result's index z/,
  "a terabyte":
    /^TensorFlowError: .*resource exhausted: .*not so much memory: use a smaller batch$/,
  "a failed op and then a capture": /^float32\[2\] 2,2/,
};

for (const [which, env] of kernels) {
  Deno.test(`the engine survives all calls that TensorFlow does not${which}`, async (t) => {
    const file = new URL("boundary_cases.ts", import.meta.url);
    const { code, signal, out, err } = await runProgram(file, [], { env });
    const results = new Map(
      out.trim().split("\n").map((line): [string, string] => [
        line.slice(0, line.indexOf(": ")),
        line.slice(line.indexOf(": ") + 2),
      ]),
    );
    assertEquals([code, signal], [0, null], `after ${[...results.keys()].at(-1)}: ${err}`);
    for (const [name, pattern] of Object.entries(expected)) {
      await t.step(name, () => {
        const ways = ["eager", "compiled"].filter((way) => results.has(`${name}, ${way}`));
        assert(ways.length > 0, "it did not run");
        for (const way of ways) assertMatch(results.get(`${name}, ${way}`)!, pattern);
      });
    }
  });
}

// oneDNN's kernels for older processors, which newer ones have too.
for (const isa of ["AVX2", "AVX512_CORE", "AVX512_CORE_BF16"]) {
  Deno.test(`the gradient of a 1x1 filter with strides is right with ${isa}`, async () => {
    const file = new URL("strided_filter.ts", import.meta.url);
    const { code, signal, err } = await runProgram(file, [], { env: { ONEDNN_MAX_CPU_ISA: isa } });
    assertEquals([code, signal], [0, null], err);
  });
}
