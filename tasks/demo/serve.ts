/**
 * Serves the page on this machine alone.
 *
 * @module
 */
import { extname } from "@std/path";
import { headers, listen, type LocalServer, text } from "../serve/loopback.ts";
import { pageFile, type PageFiles } from "./files.ts";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".png": "image/png",
  ".wasm": "application/wasm",
};

/**
 * Serves the files of a page from memory until it is disposed of.
 *
 * @throws {UserError} If the port cannot be used.
 */
export function serveFiles(files: PageFiles, port: number): LocalServer {
  return listen(port, (request) => {
    const name = new URL(request.url).pathname.slice(1) || pageFile;
    const bytes = files.get(name);
    if (!bytes) return text(404, "There is no such file.");
    return new Response(bytes, {
      headers: headers(types[extname(name)] ?? "application/octet-stream"),
    });
  });
}
