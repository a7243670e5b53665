/**
 * Lets a run end in good order where the user or the system asks it to.
 *
 * @module
 */

/** The requests, and the exit code after each: 128 and the signal's number, as shells have it. */
const codes = { SIGINT: 130, SIGTERM: 143 } as const;

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

/** Takes over Ctrl-C and SIGTERM: the first aborts the signal, a second ends the process at once. */
export function listenForInterruption(): Interruption {
  const controller = new AbortController();
  let first: { code: number; time: number } | undefined;
  const handlers = Object.entries(codes)
    .filter(([name]) => name === "SIGINT" || Deno.build.os !== "windows")
    .map(([name, code]) => {
      const handle = () => {
        if (!first) {
          first = { code, time: performance.now() };
          console.error("\nending after this step; once more to end at once");
          controller.abort();
        } else if (performance.now() - first.time > sameRequest) {
          Deno.exit(first.code);
        }
      };
      Deno.addSignalListener(name as Deno.Signal, handle);
      return [name as Deno.Signal, handle] as const;
    });
  return {
    signal: controller.signal,
    get exitCode() {
      return first?.code;
    },
    [Symbol.dispose]: () => {
      for (const [name, handle] of handlers) Deno.removeSignalListener(name, handle);
    },
  };
}
