/**
 * Serves the page on this machine alone.
 *
 * @module
 */
import { extname } from "@std/path";
import { headers, hostname, listen, refusalOf, text } from "../serve/loopback.ts";
import { pageFile, type PageFiles } from "./files.ts";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".png": "image/png",
  ".wasm": "application/wasm",
};

/** A server that runs. */
export interface PageServer extends AsyncDisposable {
  /** The page's address. */
  readonly address: string;
  /** Resolves when the server has ended. */
  readonly finished: Promise<void>;
}

/**
 * Serves the files of a page from memory until it is disposed of.
 *
 * @throws {UserError} If the port cannot be used.
 */
export function serveFiles(files: PageFiles, port: number): PageServer {
  const server = listen(port, (request, info) => {
    const refusal = refusalOf(request, info.port);
    if (refusal) return refusal;
    const name = new URL(request.url).pathname.slice(1) || pageFile;
    const bytes = files.get(name);
    if (!bytes) return text(404, "There is no such file.");
    return new Response(bytes, {
      headers: headers(types[extname(name)] ?? "application/octet-stream"),
    });
  });
  return {
    address: `http://${hostname}:${server.addr.port}/`,
    finished: server.finished,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
