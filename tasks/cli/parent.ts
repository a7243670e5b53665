/**
 * What a program owes to the launcher that started it: it ends when the launcher is gone, and a
 * terminal that is closed ends it only where the launcher was not told to ignore that, as by `nohup`.
 *
 * @module
 */
import { UserError } from "../../lib/errors.ts";
import { ignoresHangup } from "./hangup.ts";

/** The environment variable in which the launcher says what {@linkcode followLauncher} wants to know. */
export const launcherVariable = "ATTENTION_TRANSFER_LAUNCHER";

/** What a launcher tells the programs that it starts. */
export interface Launcher {
  /** Its process. */
  readonly pid: number;
  /** Whether SIGHUP was ignored when it was started. */
  readonly ignoresHangup: boolean;
}

/** Requests to end, and the exit code after each: 128 and the signal's number, as shells have it. */
export const endedBy = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Milliseconds between two looks whether a parent is still there. */
const interval = 1000;

let hangupIsIgnored = false;
let whenGone = () => Deno.exit(endedBy.SIGTERM);

/** The text of the variable. */
export function toVariable({ pid, ignoresHangup }: Launcher): string {
  return `${pid}${ignoresHangup ? " nohup" : ""}`;
}

/**
 * Has this program end in good order where its launcher is gone, and go on where a terminal is closed
 * that the launcher ignores. A program that is started by hand is its own master.
 *
 * @throws {UserError} If the variable is not as a launcher writes it.
 */
export function followLauncher(): void {
  const launcher = takeLauncher();
  hangupIsIgnored = launcher?.ignoresHangup ?? ignoresHangup();
  // Deno itself would end at the signal, even where it was ignored.
  if (hangupIsIgnored) Deno.addSignalListener("SIGHUP", () => {});
  if (launcher) watchParent(launcher.pid, () => whenGone());
}

/** Whether SIGHUP is to have no effect; known once {@linkcode followLauncher} was called. */
export function isHangupIgnored(): boolean {
  return hangupIsIgnored;
}

/** Does something else than end at once where the launcher is gone, until it is disposed of. */
export function onLauncherGone(act: () => void): Disposable {
  const before = whenGone;
  whenGone = act as () => never;
  return { [Symbol.dispose]: () => whenGone = before };
}

/** Acts once, when the parent of this process is another than it was. */
export function watchParent(pid: number, gone: () => void): void {
  const timer = setInterval(() => {
    if (Deno.ppid === pid) return;
    clearInterval(timer);
    gone();
  }, interval);
  Deno.unrefTimer(timer);
}

/** Reads the variable, and takes it away: it does not hold for what this program starts. */
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
