/**
 * Tests of what is refused on loopback. What is answered is tested with the pages that are served.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { refusalOf } from "../../../tasks/serve/loopback.ts";

const address = "http://127.0.0.1:6010/";

/** The status of the refusal of a request to port 6010, if it is refused. */
function refused(headers: Record<string, string>, method = "GET"): number | undefined {
  return refusalOf(new Request(address, { method, headers }), 6010)?.status;
}

Deno.test("refusalOf() lets GET through for this machine and its own pages", () => {
  assertEquals(refused({ host: "127.0.0.1:6010" }), undefined);
  assertEquals(refused({ host: "localhost:6010", origin: "http://127.0.0.1:6010" }), undefined);
});

Deno.test("refusalOf() refuses other names of this machine, other pages and other methods", () => {
  for (const host of ["evil.example", "evil.example:6010", "127.0.0.1", "127.0.0.1:6011"]) {
    assertEquals(refused({ host }), 403, host);
  }
  for (const origin of ["http://evil.example", "https://127.0.0.1:6010", "null"]) {
    assertEquals(refused({ host: "localhost:6010", origin }), 403, origin);
  }
  assertEquals(refused({ host: "localhost:6010" }, "POST"), 405);
});
