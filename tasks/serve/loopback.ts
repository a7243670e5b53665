/**
 * Serves on this machine alone, and refuses what another machine or page asks.
 *
 * @module
 */
import { UserError } from "../../lib/errors.ts";
import { whyNot } from "../../lib/files.ts";

/** The only address that is served on. */
const hostname = "127.0.0.1";

/** A server that runs. */
export interface LocalServer extends AsyncDisposable {
  /** The page's address. */
  readonly address: string;
  /** Resolves when the server has ended. */
  readonly finished: Promise<void>;
}

/**
 * Serves on a port of this machine until it is disposed of. The handler gets what is not refused.
 *
 * @throws {UserError} If the port cannot be used.
 */
export function listen(
  port: number,
  handler: (request: Request) => Response,
): LocalServer {
  try {
    const server: Deno.HttpServer<Deno.NetAddr> = Deno.serve({
      ...{ hostname, port, onListen: () => {} },
      handler: (request) => refusalOf(request, server.addr.port) ?? handler(request),
    });
    return {
      address: `http://${hostname}:${server.addr.port}/`,
      finished: server.finished,
      [Symbol.asyncDispose]: () => server.shutdown(),
    };
  } catch (error) {
    throw new UserError(
      `Cannot serve the page on port ${port}: ${whyNot(error)}; choose another with --port`,
      { code: "in-use" },
    );
  }
}

/**
 * The answer to a request that is not for us, or undefined.
 *
 * A page of a stranger may send requests too, also under a name that leads to this
 * machine.
 */
export function refusalOf({ method, headers }: Request, port: number): Response | undefined {
  const hosts = [`${hostname}:${port}`, `localhost:${port}`];
  if (!hosts.includes(headers.get("host") ?? "")) {
    return text(403, "This page is only for this machine.");
  }
  const origin = headers.get("origin");
  if (origin !== null && !hosts.some((host) => origin === `http://${host}`)) {
    return text(403, "This page is not for other pages.");
  }
  if (method === "GET") return undefined;
  return text(405, "There is only GET.", { allow: "GET" });
}

/** The headers of every answer. */
export function headers(type: string): Record<string, string> {
  return {
    "content-type": type,
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
  };
}

/** An answer of one line. */
export function text(status: number, line: string, more: Record<string, string> = {}): Response {
  return new Response(`${line}\n`, {
    status,
    headers: { ...headers("text/plain; charset=utf-8"), ...more },
  });
}
