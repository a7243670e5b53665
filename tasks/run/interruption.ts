/**
 * Ends a run cleanly when the user or the system asks it to stop.
 *
 * @module
 */
import { endedBy, isHangupIgnored, onLauncherGone } from "../cli/parent.ts";

/**
 * Signals within this time count as one request: a terminal or scheduler signals all processes of a
 * group, and parent processes pass the signal on.
 */
const sameRequest = 500; // milliseconds

/** Stop requests, until the end of its `using` block. */
export interface Interruption extends Disposable {
  /** Aborted by the first request. */
  readonly signal: AbortSignal;
  /** The exit code for the request; undefined if there was none. */
  readonly exitCode: number | undefined;
}

/**
 * Handles stop requests: Ctrl-C, SIGTERM, SIGHUP (a closed terminal), and the end of the launcher,
 * which counts as SIGTERM. The first one aborts the signal. A second Ctrl-C or SIGTERM exits at
 * once; the others do not mean that the user is in a hurry.
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
