/**
 * A package index on loopback for real pip, whose connections break off as a test says, and a wheel
 * in it that is small and otherwise like the pinned ones.
 *
 * @module
 */
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import type { Pin } from "../../../lib/provision/platform.ts";

/** What becomes of a download: it is served, or after so many bytes something happens to it. */
export type Fault =
  | { kind: "none" }
  /** The connection is closed; the bytes are as many as were promised only to a careless reader. */
  | { kind: "cut"; after: number }
  /** Nothing more comes, and the connection stays open. */
  | { kind: "stall"; after: number }
  /** Nothing more comes for so many milliseconds. */
  | { kind: "pause"; after: number; milliseconds: number }
  /** The bytes are others than those of the wheel. */
  | { kind: "forge" }
  /** The server says that it fails. */
  | { kind: "status"; status: number };

/** An index that runs until it is disposed. */
export interface FaultIndex extends AsyncDisposable {
  /** The one package in it. */
  readonly pin: Pin;
  /** The files of it that an installation keeps. */
  readonly libraries: Readonly<Record<string, Uint8Array>>;
  /** pip's settings that lead it here and nowhere else. */
  readonly env: Record<string, string>;
  /** What becomes of the coming downloads, in turn; the last one holds on. */
  faults: Fault[];
  /** Downloads that were asked for. */
  downloads: number;
}

function makeLibraries(): Record<string, Uint8Array> {
  const bytes = new Uint8Array(1 << 20);
  for (let i = 0; i < bytes.length; i += 65536) {
    crypto.getRandomValues(bytes.subarray(i, i + 65536));
  }
  return { "fake_library/large.so": bytes, "fake_library/small.so": bytes.slice(0, 100_000) };
}

/** A zip archive of these files and of what wheels must have. */
async function makeWheel(libraries: Record<string, Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const text = (...lines: string[]) => new TextEncoder().encode(lines.join("\n") + "\n");
  const about = "fake_library-1.0.dist-info";
  const files = {
    ...libraries,
    "fake_library/left_out.py": text("pass"),
    [`${about}/METADATA`]: text("Metadata-Version: 2.1", "Name: fake-library", "Version: 1.0"),
    [`${about}/WHEEL`]: text("Wheel-Version: 1.0", "Root-Is-Purelib: true", "Tag: py3-none-any"),
    [`${about}/RECORD`]: text(),
  };
  const zip = new ZipWriter(new Uint8ArrayWriter(), { level: 0, useWebWorkers: false });
  for (const [name, bytes] of Object.entries(files)) {
    await zip.add(name, new Uint8ArrayReader(bytes));
  }
  return await zip.close() as Uint8Array<ArrayBuffer>;
}

/** Starts an index with a wheel of 1.2 MB. */
export async function startIndex(): Promise<FaultIndex> {
  const libraries = makeLibraries();
  const wheel = await makeWheel(libraries);
  const name = "fake_library-1.0-py3-none-any.whl";
  const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", wheel)).toHex();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  const index: FaultIndex = {
    pin: { name: "fake-library", version: "1.0", sha256: [sha256] },
    libraries,
    env: {
      PIP_INDEX_URL: `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}/simple`,
      PIP_FIND_LINKS: "",
      PIP_NO_CACHE_DIR: "1",
      PIP_CONFIG_FILE: Deno.build.os === "windows" ? "nul" : "/dev/null",
      PIP_RETRIES: "1",
      PIP_DEFAULT_TIMEOUT: "1",
      NO_PROXY: "127.0.0.1",
      no_proxy: "127.0.0.1",
    },
    faults: [{ kind: "none" }],
    downloads: 0,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const connection of open) closeQuietly(connection);
      await served;
    },
  };
  const serve = async (): Promise<void> => {
    const all: Promise<void>[] = [];
    for await (const connection of listener) {
      open.add(connection);
      all.push(
        answer(connection).catch(() => {}).finally(() => {
          open.delete(connection);
          closeQuietly(connection);
        }),
      );
    }
    await Promise.all(all);
  };
  const answer = async (connection: Deno.Conn): Promise<void> => {
    const path = await readPath(connection);
    if (!path.endsWith(".whl")) {
      const link = `<!DOCTYPE html><a href="/files/${name}#sha256=${sha256}">${name}</a>`;
      return await send(connection, 200, "text/html", new TextEncoder().encode(link));
    }
    index.downloads++;
    const [fault = { kind: "none" }] = index.faults.length > 1
      ? index.faults.splice(0, 1)
      : index.faults;
    await sendWheel(connection, wheel, fault);
  };
  const served = serve();
  return index;
}

async function sendWheel(
  connection: Deno.Conn,
  wheel: Uint8Array<ArrayBuffer>,
  fault: Fault,
): Promise<void> {
  const type = "application/octet-stream";
  switch (fault.kind) {
    case "none":
      return await send(connection, 200, type, wheel);
    case "status":
      return await send(connection, fault.status, type, new Uint8Array());
    case "forge":
      return await send(connection, 200, type, wheel.with(wheel.length >> 1, 1));
    case "cut":
      return await send(connection, 200, type, wheel, fault.after);
    case "stall":
      await send(connection, 200, type, wheel, fault.after);
      await connection.read(new Uint8Array(1)); // until the other side has enough
      return;
    case "pause":
      await send(connection, 200, type, wheel, fault.after);
      await new Promise((resolve) => setTimeout(resolve, fault.milliseconds));
      await writeAll(connection, wheel.subarray(fault.after));
  }
}

/** Sends a response, or the head of one and its first bytes. */
async function send(
  connection: Deno.Conn,
  status: number,
  type: string,
  body: Uint8Array,
  bytes = body.length,
): Promise<void> {
  const head = [
    `HTTP/1.1 ${status} ${status === 200 ? "OK" : "Failure"}`,
    `Content-Type: ${type}`,
    `Content-Length: ${body.length}`,
    `Date: ${new Date().toUTCString()}`,
    `Cache-Control: max-age=${type === "text/html" ? 0 : 3600}`,
    "Connection: close",
  ];
  await writeAll(connection, new TextEncoder().encode(head.join("\r\n") + "\r\n\r\n"));
  await writeAll(connection, body.subarray(0, bytes));
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await connection.write(bytes.subarray(written));
  }
}

/** The path that a request asks for. */
async function readPath(connection: Deno.Conn): Promise<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(4096);
  let text = "";
  while (!text.includes("\r\n\r\n")) {
    const read = await connection.read(buffer);
    if (read === null) throw new Error("no request");
    text += decoder.decode(buffer.subarray(0, read), { stream: true });
  }
  return text.split(" ")[1] ?? "";
}

function closeQuietly(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // closed already
  }
}
