/**
 * Runs programs in their own processes, so that a test sees crashes.
 *
 * @module
 */
import { fromFileUrl } from "@std/path";
import { freePorts } from "../tasks/launch/free_ports.ts";

/** How a program ended; `signal` is set if it crashed or hung. */
export interface Finished {
  code: number;
  signal: Deno.Signal | null;
  out: string;
  err: string;
}

/** Runs a TypeScript file, and kills it after `seconds`. */
export async function runProgram(
  file: URL,
  args: readonly string[] = [],
  { seconds = 120, env = {} }: { seconds?: number; env?: Record<string, string> } = {},
): Promise<Finished> {
  // This configuration needs no network and maps the same files.
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

/** Addresses on this machine whose ports are free at the moment. */
export function freeAddresses(count: number): string[] {
  return freePorts(count).map((port) => `127.0.0.1:${port}`);
}

/** True if there is such a process, and it has not ended, on Linux. */
export function isRunning(pid: number): boolean {
  try {
    // One that has ended and that nobody waits for, as for an orphan, counts as gone.
    return !/^State:\s+[ZX]/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

/** The running child processes of a process, on Linux; empty if it has ended. */
export function childrenOf(pid: number): number[] {
  const threads = unlessGone(() => [...Deno.readDirSync(`/proc/${pid}/task`)]) ?? [];
  return threads.flatMap(({ name }) => {
    const file = `/proc/${pid}/task/${name}/children`;
    const text = unlessGone(() => Deno.readTextFileSync(file)) ?? "";
    return text.split(" ").filter(Boolean).map(Number);
  });
}

/** A process or thread may end during the look. */
function unlessGone<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** Limits a running process to its current memory plus `more` bytes, on Linux. */
export async function limitMemory(pid: number, more: number): Promise<void> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const size = Number(status.match(/VmSize:\s+(\d+)/)![1]) * 1024;
  const args = ["--pid", String(pid), `--as=${size + more}`];
  const { success } = await new Deno.Command("prlimit", { args }).output();
  if (!success) throw new Error(`prlimit ${args.join(" ")} failed`);
}
