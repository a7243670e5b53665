/** Tests of the live page's server. @module */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import { Report } from "../../../tasks/report/report.ts";
import { serveReport } from "../../../tasks/report/serve.ts";
import { appendStats } from "../../../tasks/run/run_log.ts";
import { inFolder } from "../../folders.ts";
import { makeRun, statsOf } from "./logs.ts";

/** Serves the runs of a folder while a test runs. */
function served(test: (address: string, folder: string) => Promise<void>): Promise<void> {
  return inFolder(async (folder) => {
    const report = new Report({ folders: [join(folder, "runs")], waits: true });
    await using server = await serveReport({ report, port: 0, interval: 20 });
    await test(server.address, folder);
  });
}

/** The status of a request with any headers, which fetch() would not send. */
async function statusOf(address: string, ...lines: string[]): Promise<number> {
  const { hostname, port } = new URL(address);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const request = [...lines, "connection: close", "", ""].join("\r\n");
  await connection.write(new TextEncoder().encode(request));
  const answer = await new Response(connection.readable).text();
  return Number(answer.match(/^HTTP\/1.1 (\d+)/)?.[1]);
}

Deno.test("serveReport() answers only GET for its page and events, and only to this machine", () =>
  served(async (address) => {
    const { host, port } = new URL(address);
    const status = (first: string, ...headers: string[]) =>
      statusOf(address, `${first} HTTP/1.1`, ...headers);
    const own = `host: ${host}`;
    assertEquals(await status("GET /", own), 200);
    assertEquals(await status("GET /", `host: localhost:${port}`, `origin: http://${host}`), 200);
    for (
      const other of ["evil.example", `evil.example:${port}`, "127.0.0.1", `[::1]:${port}`, ""]
    ) {
      assertEquals(await status("GET /", `host: ${other}`), 403, other);
      assertEquals(await status("GET /events", `host: ${other}`), 403, other);
    }
    for (const other of ["http://evil.example", `https://${host}`, "null"]) {
      assertEquals(await status("GET /events", own, `origin: ${other}`), 403, other);
    }
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      assertEquals(await status(`${method} /`, own, "content-length: 0"), 405, method);
    }
    for (
      const path of [
        "/deno.json",
        "/runs/log.txt",
        "/../deno.json",
        "/%2e%2e/deno.json",
        "/events/",
      ]
    ) {
      assertEquals(await status(`GET ${path}`, own), 404, path);
    }
    const page = await fetch(address);
    assertStringIncludes(await page.text(), "Waiting for the server.");
    assertMatch(page.headers.get("content-security-policy")!, /connect-src 'self'/);
    assertEquals(page.headers.get("x-content-type-options"), "nosniff");
    assertEquals(page.headers.get("access-control-allow-origin"), null);
  }));

Deno.test("serveReport() sends the full state, then what is new, and nothing else", () =>
  served(async (address, folder) => {
    // At once, for the server looks while it is written.
    await makeRun(join(folder, "new/a"), { options: { epochs: 3 } });
    await Deno.rename(join(folder, "new"), join(folder, "runs"));
    const response = await fetch(`${address}events`);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    const next = async () => {
      while (!text.match(/event: data\ndata: .*\n\n/)) text += (await reader.read()).value;
      const [whole, json] = text.match(/[^]*?event: data\ndata: (.*)\n\n/)!;
      text = text.slice(whole.length);
      return JSON.parse(json!);
    };
    let state = await next();
    while (state.runs.length === 0) state = await next(); // the run is newer than the first look
    assertEquals(state.runs[0].epochs.columns.test_acc, [40, 50]);
    await appendStats(join(folder, "runs/a"), statsOf(3, 70));
    const change = await next();
    assertEquals(change.runs[0].epochs.from, 2);
    assertEquals(change.runs[0].epochs.columns.test_acc, [70]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    assertEquals(text, "");
    await reader.cancel();
  }));

Deno.test("serveReport() refuses a port that is taken in a line", () =>
  served(async (address) => {
    const { port } = new URL(address);
    const report = new Report({ folders: ["none"] });
    const error = await assertRejects(
      () => serveReport({ report, port: Number(port) }),
      UserError,
      `Cannot serve the page on port ${port}: `,
    );
    assert(error.message.endsWith("choose another with --port"));
  }));
