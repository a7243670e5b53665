/**
 * Programs in processes of their own, so that one which crashes is seen.
 *
 * @module
 */
import { fromFileUrl } from "@std/path";

/** How a program ended: with `signal` where it crashed or hung. */
export interface Finished {
  code: number;
  signal: Deno.Signal | null;
  out: string;
  err: string;
}

/** Runs a TypeScript file; kills it after so many seconds. */
export async function runProgram(
  file: URL,
  args: readonly string[] = [],
  { seconds = 120, env = {} }: { seconds?: number; env?: Record<string, string> } = {},
): Promise<Finished> {
  // The second configuration needs no network, and names the same files.
  const config = fromFileUrl(new URL("../deno.nojsr.json", import.meta.url));
  const stop = AbortSignal.timeout(seconds * 1000);
  const { code, signal, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", "--config", config, fromFileUrl(file), ...args],
    env: { NO_COLOR: "1", ...env },
    signal: stop,
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, signal, out: out!, err: err! };
}
