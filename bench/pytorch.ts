/**
 * The PyTorch half of the benchmark: starts bench/pytorch.py and asks it for times.
 *
 * @module
 */
import { fromFileUrl } from "@std/path";
import { UserError } from "../lib/errors.ts";
import type { Case } from "./cases.ts";

/** A running PyTorch, which answers one request after another. */
export interface PyTorch {
  versions: Record<string, string>;
  variants: string[];
  /** The milliseconds of each of so many training steps. */
  times(shape: Case, variant: string, steps: number): Promise<number[]>;
  /** The peak resident memory of its process; on Linux only. */
  peakBytes(): Promise<number>;
  close(): Promise<void>;
}

/** Where PyTorch is, and how many processor threads it may use. */
export interface PyTorchOptions {
  python: string;
  threads: number | undefined;
}

/** Starts the PyTorch half of the benchmark; undefined, with a line that says so, where it cannot. */
export async function startPyTorch(
  { python, threads }: PyTorchOptions,
): Promise<PyTorch | undefined> {
  const program = fromFileUrl(new URL("pytorch.py", import.meta.url));
  const missing = (why: string) =>
    console.error(
      `note: no PyTorch beside (${why}); pip install -r bench/requirements.txt, or name a Python ` +
        `that has it with --python`,
    );
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(python, {
      args: [program, ...(threads === undefined ? [] : ["--threads", String(threads)])],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
  } catch (error) {
    missing((error as Error).message);
    return undefined;
  }
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(splitLines())
    .getReader();
  const writer = child.stdin.getWriter();
  const { value: ready } = await lines.read();
  if (ready === undefined) {
    missing(`${python} has no torch`);
    await writer.close().catch(() => {}); // it has ended already
    await child.status;
    return undefined;
  }
  const { versions, variants } = JSON.parse(ready);
  const ask = async (request: Record<string, unknown>, what: string) => {
    await writer.write(new TextEncoder().encode(JSON.stringify(request) + "\n"));
    const { value } = await lines.read();
    const answer = JSON.parse(value ?? '{"error":"it ended"}');
    if (answer.error) throw new UserError(`Cannot measure PyTorch's ${what}: ${answer.error}`);
    return answer;
  };
  return {
    versions,
    variants,
    times: async (shape, variant, steps) =>
      (await ask({ case: shape, variant, steps }, variant)).times,
    peakBytes: async () => (await ask({ memory: true }, "memory")).peakBytes,
    async close() {
      await writer.close();
      await child.status;
    },
  };
}

function splitLines(): TransformStream<string, string> {
  let rest = "";
  return new TransformStream({
    transform(chunk, controller) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() as string;
      lines.forEach((line) => controller.enqueue(line));
    },
  });
}
