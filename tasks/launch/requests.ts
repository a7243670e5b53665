/**
 * What the launcher does where somebody asks it to end: it passes that on to the program that runs,
 * and waits for it.
 *
 * @module
 */
import { watchParent } from "../cli/parent.ts";
import type { Runner } from "./deno.ts";

/** What the launcher saw when it started. */
export interface LauncherStart {
  /** Whether SIGHUP was ignored. */
  readonly ignoresHangup: boolean;
  /** The process that started it, which may end at any time. */
  readonly parent: number;
}

/**
 * Passes requests to end on. A terminal sends Ctrl-C to all processes by itself; a program takes what
 * comes twice at once for one request.
 */
export function passRequestsOn(runner: Runner, { ignoresHangup, parent }: LauncherStart): void {
  if (Deno.build.os === "windows") {
    Deno.addSignalListener("SIGINT", () => {}); // it reaches the program, which decides
    return;
  }
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => runner.end(signal));
  }
  // By itself it would end us alone, and leave the program without anybody who waits for it.
  Deno.addSignalListener("SIGQUIT", () => runner.end("SIGTERM"));
  Deno.addSignalListener("SIGHUP", () => {
    if (!ignoresHangup) runner.end("SIGHUP");
  });
  // Started by `deno task`, which passes signals on to us, but for those that end it on the spot.
  if (!Deno.env.has("INIT_CWD")) return;
  const gone = () => {
    if (!runner.isEnding) runner.end("SIGTERM");
  };
  if (isOrphan(parent)) gone();
  else watchParent(parent, gone);
}

/**
 * Whether `deno task` was gone before we could look. Process 1 takes its children; in a container it
 * may itself be `deno task`.
 */
function isOrphan(parent: number): boolean {
  if (parent !== 1) return false;
  if (Deno.build.os !== "linux") return true;
  const args = ["-c", "cat /proc/1/comm"];
  try {
    const { stdout } = new Deno.Command("/bin/sh", { args, stdin: "null" }).outputSync();
    const name = new TextDecoder().decode(stdout).trim();
    return name !== "" && name !== "deno";
  } catch {
    return false; // nobody can tell
  }
}
