/**
 * Starts an installation in a process of its own.
 *
 * @module
 */
import { fromFileUrl, join } from "@std/path";

const worker = fromFileUrl(import.meta.resolve("./install_worker.ts"));
const root = fromFileUrl(import.meta.resolve("../../../"));
// A child process must take its imports from where this one does.
const config = import.meta.resolve("@std/path").startsWith("jsr:")
  ? "deno.json"
  : "deno.nojsr.json";

/** What is installed, and where. */
export interface InstallProcess {
  name: "six" | "fake-library";
  folder: string;
  digest: string;
  env?: Record<string, string>;
  cwd?: string;
}

/** Starts `install_worker.ts`. */
export function startInstall(
  { name, folder, digest, env = {}, cwd }: InstallProcess,
): Deno.ChildProcess {
  const program = ["run", "-A", "--quiet", "-c", join(root, config), worker];
  return new Deno.Command(Deno.execPath(), {
    args: [...program, name, folder, digest],
    env,
    ...(cwd !== undefined && { cwd }),
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}
