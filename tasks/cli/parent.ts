/**
 * Ties a program to the launcher that started it: the program ends when the launcher is gone.
 * Closing the terminal ends it too, unless the launcher ignores that, for example under `nohup`.
 *
 * @module
 */
import { UserError } from "../../lib/errors.ts";
import { ignoresHangup } from "./hangup.ts";

/** The environment variable that passes the launcher's data to {@linkcode followLauncher}. */
export const launcherVariable = "ATTENTION_TRANSFER_LAUNCHER";

/** What a launcher tells the programs it starts. */
export interface Launcher {
  /** Its process ID. */
  readonly pid: number;
  /** True if SIGHUP was ignored when the launcher started. */
  readonly ignoresHangup: boolean;
}

/** Signals that ask a program to end, and the exit codes: 128 plus the signal number. */
export const endedBy = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Milliseconds between two checks that the parent still exists. */
const interval = 1000;

let hangupIsIgnored = false;
let whenGone = () => Deno.exit(endedBy.SIGTERM);

export function toVariable({ pid, ignoresHangup }: Launcher): string {
  return `${pid}${ignoresHangup ? " nohup" : ""}`;
}

/**
 * Ends this program when its launcher is gone, and ignores a closed terminal if the launcher does.
 * A program started by hand has no launcher to watch.
 *
 * @throws {UserError} If the variable does not have the launcher's format.
 */
export function followLauncher(): void {
  const launcher = takeLauncher();
  hangupIsIgnored = launcher?.ignoresHangup ?? ignoresHangup();
  // Without a listener Deno would end at the signal, even one that was ignored.
  if (hangupIsIgnored) Deno.addSignalListener("SIGHUP", () => {});
  if (launcher) watchParent(launcher.pid, () => whenGone());
}

/** True if SIGHUP is ignored; known after {@linkcode followLauncher}. */
export function isHangupIgnored(): boolean {
  return hangupIsIgnored;
}

/** Until disposed of, calls `act` when the launcher is gone, instead of exiting at once. */
export function onLauncherGone(act: () => void): Disposable {
  const before = whenGone;
  whenGone = act as () => never;
  return { [Symbol.dispose]: () => whenGone = before };
}

/** Calls `gone` once, when this process's parent is no longer `pid`. */
export function watchParent(pid: number, gone: () => void): void {
  const timer = setInterval(() => {
    if (Deno.ppid === pid) return;
    clearInterval(timer);
    gone();
  }, interval);
  Deno.unrefTimer(timer);
}

/** Reads the variable and deletes it: it does not apply to programs that this one starts. */
function takeLauncher(): Launcher | undefined {
  const variable = launcherVariable;
  if (Deno.permissions.querySync({ name: "env", variable }).state !== "granted") return undefined;
  const text = Deno.env.get(variable);
  if (!text) return undefined;
  Deno.env.delete(variable);
  const [, pid, nohup] = text.match(/^([1-9]\d{0,9})( nohup)?$/) ?? [];
  if (pid === undefined) {
    throw new UserError(
      `Cannot use ${variable}: ${JSON.stringify(text)} is not what the launcher writes; unset it`,
    );
  }
  return { pid: Number(pid), ignoresHangup: nohup !== undefined };
}
