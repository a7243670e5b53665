/**
 * Tests of the page's server.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../../lib/errors.ts";
import { serveFiles } from "../../../tasks/demo/serve.ts";

const files = new Map([
  ["index.html", new TextEncoder().encode("<p>the page")],
  ["a.wasm", Uint8Array.of(0, 1)],
]);

Deno.test("serveFiles() gives its files with their types, and nothing else", async () => {
  await using server = serveFiles(files, 0);
  const page = await fetch(server.address);
  assertEquals(page.headers.get("content-type"), "text/html; charset=utf-8");
  assertEquals(page.headers.get("x-content-type-options"), "nosniff");
  assertEquals(await page.text(), "<p>the page");
  const wasm = await fetch(`${server.address}a.wasm?again`);
  assertEquals(wasm.headers.get("content-type"), "application/wasm");
  assertEquals(await wasm.bytes(), Uint8Array.of(0, 1));
  for (const path of ["deno.json", "%2e%2e/deno.json", "tasks/demo.ts", "a.wasm/"]) {
    const { status, body } = await fetch(server.address + path);
    await body?.cancel();
    assertEquals(status, 404, path);
  }
  const stranger = await fetch(server.address, { headers: { origin: "http://evil.example" } });
  await stranger.body?.cancel();
  assertEquals(stranger.status, 403);
});

Deno.test("serveFiles() refuses a port that is taken in a line", async () => {
  await using server = serveFiles(files, 0);
  const port = Number(new URL(server.address).port);
  assertThrows(
    () => serveFiles(files, port),
    UserError,
    `Cannot serve the page on port ${port}: `,
  );
});
