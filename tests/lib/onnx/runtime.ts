/**
 * Runs ONNX files in ONNX Runtime, on activations as the project has them.
 *
 * @module
 */
import { fromFileUrl, join } from "@std/path";
import { formatSafetensors, parseSafetensors } from "../../../lib/formats/safetensors.ts";
import { inFolder } from "../../folders.ts";
import type { Values } from "../../parity.ts";

/** What the runtime makes of a file. */
export interface OnnxRun {
  inputs: string[];
  outputs: string[];
  /** All outputs by their names; those of rank 4 are `[N, H, W, C]`. */
  results: Record<string, Values>;
}

const program = fromFileUrl(new URL("runtime_program.ts", import.meta.url));

// One process for all files: most of the time of a run is its start. It ends with its input.
const runtime = new Deno.Command(Deno.execPath(), {
  args: ["run", "-A", "--quiet", "--no-config", "--no-lock", program],
  stdin: "piped",
  stdout: "piped",
}).spawn();
const requests = runtime.stdin.getWriter();
const answers = runtime.stdout.pipeThrough(new TextDecoderStream()).getReader();

/** Sends a request, and waits for its answer. */
async function ask(paths: readonly string[]): Promise<void> {
  await requests.write(new TextEncoder().encode(`${JSON.stringify(paths)}\n`));
  const { value } = await answers.read();
  if (value !== '"done"\n') throw new Error(`ONNX Runtime failed: ${value}`);
}

/** Runs the bytes of a file on images `[N, H, W, C]`. */
export async function runOnnx(bytes: Uint8Array, images: Values): Promise<OnnxRun> {
  const { shape, data } = turned(images, [0, 3, 1, 2]);
  const tensors = { images: { dtype: "F32", shape, data: new Uint8Array(data.buffer) } };
  let run: OnnxRun | undefined;
  await inFolder(async (folder) => {
    const [model, inputs, output] = ["model.onnx", "inputs", "outputs"]
      .map((name) => join(folder, name)) as [string, string, string];
    await Deno.writeFile(model, bytes);
    await Deno.writeFile(inputs, formatSafetensors({ tensors, metadata: {} }));
    await ask([model, inputs, output]);
    const { tensors: results, metadata } = parseSafetensors(await Deno.readFile(output));
    run = {
      inputs: JSON.parse(metadata.inputs!),
      outputs: JSON.parse(metadata.outputs!),
      results: Object.fromEntries(
        Object.entries(results).map(([name, { shape, data }]) => {
          const values = { shape, data: new Float32Array(data.slice().buffer) };
          return [name, shape.length === 4 ? turned(values, [0, 2, 3, 1]) : values];
        }),
      ),
    };
  });
  return run as OnnxRun;
}

/** Turns the axes of a 4-D array: axis `i` of the result is axis `axes[i]` of the given one. */
function turned({ shape, data }: Values, axes: readonly [number, number, number, number]) {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const sizes = axes.map((axis) => shape[axis]!);
  const result = Float32Array.from(data, (_, index) => {
    let from = 0;
    for (let i = 3; i >= 0; i--) {
      from += index % sizes[i]! * strides[axes[i]!]!;
      index = Math.floor(index / sizes[i]!);
    }
    return data[from]!;
  });
  return { shape: sizes, data: result };
}
