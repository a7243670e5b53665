/**
 * Lets a run end in good order where the user or the system asks it to.
 *
 * @module
 */
import { endedBy, isHangupIgnored, onLauncherGone } from "../cli/parent.ts";

/**
 * One request may come several times: a terminal or a scheduler signals all processes of a group, and
 * those that started this one pass the signal on.
 */
const sameRequest = 500; // milliseconds

/** Requests to end, until the end of its `using` block. */
export interface Interruption extends Disposable {
  /** Is aborted by the first request. */
  readonly signal: AbortSignal;
  /** The exit code that goes with the request; undefined while there is none. */
  readonly exitCode: number | undefined;
}

/**
 * Takes over the requests: Ctrl-C, SIGTERM, SIGHUP, which comes when a terminal is closed, and the end
 * of the launcher, which counts as SIGTERM. The first aborts the signal. A second Ctrl-C or SIGTERM
 * ends the process at once; the others are no sign that somebody is in a hurry.
 */
export function listenForInterruption(): Interruption {
  const controller = new AbortController();
  let first: { code: number; time: number } | undefined;
  const ask = (code: number, hurries: boolean) => {
    if (!first) {
      first = { code, time: performance.now() };
      console.error("\nending after this step; once more to end at once");
      controller.abort();
    } else if (hurries && performance.now() - first.time > sameRequest) {
      Deno.exit(first.code);
    }
  };
  const handlers = heard().map((name) => {
    const handle = () => ask(endedBy[name], name !== "SIGHUP");
    Deno.addSignalListener(name, handle);
    return [name, handle] as const;
  });
  const watch = onLauncherGone(() => ask(endedBy.SIGTERM, false));
  return {
    signal: controller.signal,
    get exitCode() {
      return first?.code;
    },
    [Symbol.dispose]: () => {
      for (const [name, handle] of handlers) Deno.removeSignalListener(name, handle);
      watch[Symbol.dispose]();
    },
  };
}

function heard(): readonly (keyof typeof endedBy)[] {
  if (Deno.build.os === "windows") return ["SIGINT"];
  return isHangupIgnored() ? ["SIGINT", "SIGTERM"] : ["SIGHUP", "SIGINT", "SIGTERM"];
}
