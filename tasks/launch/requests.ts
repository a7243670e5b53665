/**
 * Passes stop requests from the launcher to the running program, and waits for it.
 *
 * @module
 */
import { watchParent } from "../cli/parent.ts";
import type { Runner } from "./deno.ts";

/** What the launcher checked at its start. */
export interface LauncherStart {
  /** True if SIGHUP was ignored. */
  readonly ignoresHangup: boolean;
  /** The parent process, which may end at any time. */
  readonly parent: number;
}

/**
 * Passes stop requests on. A terminal sends Ctrl-C to all processes itself; a program treats two
 * signals in quick succession as one request.
 */
export function passRequestsOn(runner: Runner, { ignoresHangup, parent }: LauncherStart): void {
  if (Deno.build.os === "windows") {
    Deno.addSignalListener("SIGINT", () => {}); // it also reaches the program, which decides
    return;
  }
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => runner.end(signal));
  }
  // By default it would end only the launcher, and nobody would wait for the program.
  Deno.addSignalListener("SIGQUIT", () => runner.end("SIGTERM"));
  Deno.addSignalListener("SIGHUP", () => {
    if (!ignoresHangup) runner.end("SIGHUP");
  });
  // Under `deno task`, which passes signals on to us except for those that end it at once.
  if (!Deno.env.has("INIT_CWD")) return;
  const gone = () => {
    if (!runner.isEnding) runner.end("SIGTERM");
  };
  if (isOrphan(parent)) gone();
  else watchParent(parent, gone);
}

/**
 * True if `deno task` ended before we could look. Its children then belong to process 1; but in a
 * container, process 1 may itself be `deno task`.
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
    return false; // unknown
  }
}
