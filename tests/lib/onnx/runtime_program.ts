/**
 * Runs ONNX files on images, in a process of its own. Each line of its input is a JSON list of three
 * paths: the ONNX file, the images, and where to write the outputs; the last two are safetensors. It
 * answers with a line. It is started without the project's configuration, so that ONNX Runtime, 139 MB
 * of it, is fetched for the tests alone: Deno fetches all packages that a configuration or its lock
 * names, whatever runs.
 *
 * @module
 */
import { formatSafetensors, parseSafetensors } from "../../../lib/formats/safetensors.ts";

/** What is used of ONNX Runtime. */
interface Runtime {
  env: { wasm: { numThreads: number } };
  InferenceSession: { create(bytes: Uint8Array): Promise<Session> };
  Tensor: new (type: string, data: Float32Array, shape: readonly number[]) => unknown;
}

interface Session {
  inputNames: string[];
  outputNames: string[];
  run(inputs: Record<string, unknown>): Promise<
    Record<string, { dims: readonly number[]; data: Float32Array }>
  >;
  release(): Promise<void>;
}

// By a name that no tool sees.
const runtime = ["npm:onnxruntime-web", "1.30.0"].join("@");
const ort: Runtime = await import(runtime);
ort.env.wasm.numThreads = 1; // more would be workers, which outlive the work

/** Runs a file on the images of another, and writes a third. */
async function run([model, inputs, output]: [string, string, string]): Promise<void> {
  const { tensors } = parseSafetensors(await Deno.readFile(inputs));
  const { shape, data } = tensors.images!;
  const images = new Float32Array(data.slice().buffer);
  const session = await ort.InferenceSession.create(await Deno.readFile(model));
  const results = await session.run({ images: new ort.Tensor("float32", images, shape) });
  const values = Object.entries(results).map(([name, { dims, data }]) => [
    name,
    { dtype: "F32", shape: [...dims], data: new Uint8Array(data.slice().buffer) },
  ]);
  const metadata = {
    inputs: JSON.stringify(session.inputNames),
    outputs: JSON.stringify(session.outputNames),
  };
  await Deno.writeFile(
    output,
    formatSafetensors({ tensors: Object.fromEntries(values), metadata }),
  );
  await session.release();
}

// A request is one short line, and the next comes after the answer: so a part is a whole line.
for await (const line of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const answer = await run(JSON.parse(line)).then(() => "done", (error) => String(error));
  console.log(JSON.stringify(answer));
}
