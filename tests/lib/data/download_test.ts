/**
 * The download of archives, from a server on this machine.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import { fromFileUrl, join } from "@std/path";
import { packTar, type TarEntry } from "modern-tar";
import { type Archive, type DownloadOptions, fetchArchive } from "../../../lib/data/download.ts";
import { UserError } from "../../../lib/errors.ts";
import { namesIn } from "../../folders.ts";

function fileEntry(name: string, body: string): TarEntry {
  return { header: { name, size: body.length, type: "file" }, body };
}

async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const compressed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(compressed).arrayBuffer());
}

function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}

const content = await gzip(
  await packTar([
    { header: { name: "tiny/", size: 0, type: "directory" } },
    fileEntry("tiny/a.bin", "first file"),
    fileEntry("tiny/unwanted.html", "not asked for"),
    fileEntry("../escaped.txt", "outside"),
    fileEntry("tiny/../../escaped.txt", "outside too"),
    fileEntry("tiny/b.txt", "second file"),
  ]),
);

const sampleArchive: Archive = {
  name: "tiny.tar.gz",
  md5: md5(content),
  folder: "tiny",
  files: ["a.bin", "b.txt"],
};

// The second configuration needs no network, and names the same files.
const config = fromFileUrl(import.meta.resolve("../../../deno.nojsr.json"));
const worker = fromFileUrl(import.meta.resolve("./fetch_worker.ts"));
const workerProgram = ["run", "-A", "--quiet", "--no-check", "--config", config, worker];

interface Place {
  /** The data folder, not yet made, inside an otherwise empty one. */
  dataroot: string;
  fetchTiny: (archive?: Archive, options?: DownloadOptions) => Promise<void>;
  /** The same in a process of its own. */
  startFetch: () => Deno.ChildProcess;
}

/** Runs a test with a server that answers everything with `respond`. */
async function withServer(
  respond: (request: Request) => Response,
  test: (place: Place) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const dataroot = join(folder, "data");
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, respond);
  const source = `http://127.0.0.1:${server.addr.port}/`;
  try {
    await test({
      dataroot,
      fetchTiny: (archive = sampleArchive, options = {}) =>
        fetchArchive(archive, source, dataroot, options),
      startFetch: () =>
        new Deno.Command(Deno.execPath(), {
          args: [...workerProgram, JSON.stringify(sampleArchive), source, dataroot],
          env: { NO_COLOR: "1" },
          stdout: "piped",
        }).spawn(),
    });
    assertEquals(namesIn(folder).filter((name) => name !== "data"), []);
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("fetchArchive() leaves the wanted files, and nothing else", () => {
  const paths: string[] = [];
  const respond = (request: Request) => {
    paths.push(new URL(request.url).pathname);
    return new Response(content);
  };
  return withServer(respond, async ({ dataroot, fetchTiny }) => {
    const steps: [number, number | undefined][] = [];
    await fetchTiny(sampleArchive, { progress: (...step) => steps.push(step) });
    assertEquals(paths, ["/tiny.tar.gz"]);
    assertEquals(namesIn(dataroot), ["tiny", "tiny.lock"]);
    assertEquals(namesIn(join(dataroot, "tiny")), ["a.bin", "b.txt"]);
    assertEquals(await Deno.readTextFile(join(dataroot, "tiny", "a.bin")), "first file");
    assertEquals(await Deno.readTextFile(join(dataroot, "tiny", "b.txt")), "second file");
    assertEquals(steps.at(-1), [content.length, content.length]);
  });
});

Deno.test("fetchArchive() manages without a length, and without a look at the progress", () =>
  withServer(
    () => new Response(new Blob([content]).stream()),
    async ({ dataroot, fetchTiny }) => {
      const totals = new Set<number | undefined>();
      await fetchTiny(sampleArchive, { progress: (_, total) => totals.add(total) });
      assertEquals([...totals], [undefined]);
      assertEquals(namesIn(join(dataroot, "tiny")), ["a.bin", "b.txt"]);
    },
  ));

Deno.test("fetchArchive() fetches nothing that is there already", () =>
  withServer(
    () => new Response(content),
    async ({ dataroot, fetchTiny }) => {
      await fetchTiny();
      await Deno.writeTextFile(join(dataroot, "tiny", "a.bin"), "the other's");
      await fetchTiny();
      assertEquals(namesIn(dataroot), ["tiny", "tiny.lock"]);
      assertEquals(await Deno.readTextFile(join(dataroot, "tiny", "a.bin")), "the other's");
    },
  ));

Deno.test("fetchArchive() leaves the files in a folder that holds others, which stay", () =>
  withServer(
    () => new Response(content),
    async ({ dataroot, fetchTiny }) => {
      const others = [["note.txt"], ["a.bin"], [".DS_Store", "b.txt"], ["sub"]];
      for (const [i, names] of others.entries()) {
        const folder = join(dataroot, "tiny");
        await Deno.mkdir(folder, { recursive: true });
        for (const name of names) {
          if (name === "sub") await Deno.mkdir(join(folder, name));
          else await Deno.writeTextFile(join(folder, name), "mine");
        }
        await fetchTiny();
        assertEquals(namesIn(folder), [...new Set(["a.bin", "b.txt", ...names])].sort());
        assertEquals(await Deno.readTextFile(join(folder, "a.bin")), "first file", `${i}`);
        assertEquals(await Deno.readTextFile(join(folder, "b.txt")), "second file", `${i}`);
        const kept = names.filter((name) => name === "note.txt" || name === ".DS_Store");
        for (const name of kept) assertEquals(await Deno.readTextFile(join(folder, name)), "mine");
        assertEquals(namesIn(dataroot), ["tiny", "tiny.lock"]);
        await Deno.remove(folder, { recursive: true });
      }
    },
  ));

Deno.test("fetchArchive() says what is in its way, and leaves that", () =>
  withServer(
    () => new Response(content),
    async ({ dataroot, fetchTiny }) => {
      await Deno.mkdir(join(dataroot, "tiny/a.bin/full"), { recursive: true });
      await assertRejects(
        () => fetchTiny({ ...sampleArchive, files: ["b.txt", "a.bin"] }),
        UserError,
      );
      assertEquals(namesIn(join(dataroot, "tiny/a.bin")), ["full"]);
      await Deno.remove(join(dataroot, "tiny"), { recursive: true });
      await Deno.writeTextFile(join(dataroot, "tiny"), "a file in the way");
      await assertRejects(() => fetchTiny(), UserError, `into ${dataroot}: `);
      assertEquals(await Deno.readTextFile(join(dataroot, "tiny")), "a file in the way");
      assertEquals(namesIn(dataroot), ["tiny", "tiny.lock"]);
    },
  ));

/** The first half of the archive, and the rest when it is asked for. */
function inHalves(): { body: ReadableStream<Uint8Array>; finish: () => void } {
  const middle = content.length / 2;
  let controller: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start: (given) => {
      controller = given;
      controller.enqueue(content.subarray(0, middle));
    },
  });
  const finish = () => {
    controller.enqueue(content.subarray(middle));
    controller.close();
  };
  return { body, finish };
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    assert(tries < 2000, "it did not come about in 20 s");
    await new Promise((done) => setTimeout(done, 10));
  }
}

Deno.test("fetchArchive() removes what a process left that was killed", () => {
  const answers = [new Response(inHalves().body), new Response(content)];
  return withServer(
    () => answers.shift()!,
    async ({ dataroot, fetchTiny, startFetch }) => {
      const child = startFetch();
      const left = () => {
        const names = answers.length === 1 ? namesIn(dataroot) : [];
        return names.filter((name) => name.startsWith("tiny.partial-"));
      };
      await until(() => left().length === 1);
      child.kill("SIGKILL");
      await child.output();
      assertEquals(left().length, 1);
      await Deno.mkdir(join(dataroot, "other.partial-1")); // is of another archive
      await fetchTiny();
      assertEquals(namesIn(dataroot), ["other.partial-1", "tiny", "tiny.lock"]);
    },
  );
});

Deno.test("fetchArchive() waits for another process that fetches the same, and finds it there", () => {
  const { body, finish } = inHalves();
  let requests = 0;
  const respond = () => {
    requests++;
    return new Response(body);
  };
  return withServer(respond, async ({ dataroot, startFetch }) => {
    const first = startFetch();
    await until(() => requests === 1);
    const second = startFetch();
    const reader = second.stdout.pipeThrough(new TextDecoderStream()).getReader();
    assertEquals((await reader.read()).value, "waits\n");
    finish();
    assertEquals((await first.output()).code, 0);
    assertEquals((await second.status).code, 0);
    await reader.cancel();
    assertEquals(requests, 1);
    assertEquals(namesIn(dataroot), ["tiny", "tiny.lock"]);
  });
});

/** Checks that nothing is left, and that the error is one line with the part in it. */
async function assertNothingLeft(
  { dataroot, fetchTiny }: Pick<Place, "dataroot" | "fetchTiny">,
  part: string,
  archive?: Archive,
  options?: DownloadOptions,
): Promise<void> {
  const { message } = await assertRejects(() => fetchTiny(archive, options), UserError, part);
  assert(message.startsWith("Cannot fetch http://127.0.0.1:"), message);
  assert(!message.includes("\n"), message);
  assertEquals(namesIn(dataroot), ["tiny.lock"]);
}

Deno.test("fetchArchive() refuses what is not the archive", () => {
  const other = content.slice();
  other[other.length - 1]! ^= 1;
  return withServer(
    () => new Response(other),
    (place) => assertNothingLeft(place, `MD5 ${sampleArchive.md5} expected, ${md5(other)} found`),
  );
});

Deno.test("fetchArchive() gives up when the server has no such file", () =>
  withServer(
    () => new Response("not here", { status: 404, statusText: "Not Found" }),
    (place) => assertNothingLeft(place, "the server answered 404 Not Found"),
  ));

Deno.test("fetchArchive() gives up when the server falls silent", () => {
  const hungUp = Promise.withResolvers<void>();
  const halfOnly = () =>
    new ReadableStream({
      start: (controller) => controller.enqueue(content.subarray(0, content.length / 2)),
      cancel: () => hungUp.resolve(),
    });
  return withServer(
    () => new Response(halfOnly()),
    async (place) => {
      await assertNothingLeft(place, "silent for 0.1 s", sampleArchive, { patience: 100 });
      await hungUp.promise;
    },
  );
});

Deno.test("fetchArchive() refuses an archive that lacks a file", () =>
  withServer(
    () => new Response(content),
    (place) =>
      assertNothingLeft(place, "the archive lacks tiny/c.bin", {
        ...sampleArchive,
        files: ["a.bin", "c.bin"],
      }),
  ));

Deno.test("fetchArchive() refuses what is not compressed", () => {
  const text = new TextEncoder().encode("not an archive");
  return withServer(
    () => new Response(text),
    (place) => assertNothingLeft(place, "gzip", { ...sampleArchive, md5: md5(text) }),
  );
});

Deno.test("fetchArchive() gives up when the connection is cut", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const dataroot = await Deno.makeTempDir();
  const answerHalf = async () => {
    const connection = await listener.accept();
    await connection.read(new Uint8Array(4096));
    const head = `HTTP/1.1 200 OK\r\nContent-Length: ${content.length}\r\n\r\n`;
    const writer = connection.writable.getWriter();
    await writer.write(new TextEncoder().encode(head));
    await writer.write(content.subarray(0, content.length / 2));
    await writer.close();
  };
  try {
    const answered = answerHalf();
    const source = `http://127.0.0.1:${listener.addr.port}/`;
    await assertNothingLeft({
      dataroot,
      fetchTiny: () => fetchArchive(sampleArchive, source, dataroot),
    }, "reading a body");
    await answered;
  } finally {
    listener.close();
    await Deno.remove(dataroot, { recursive: true });
  }
});

Deno.test("fetchArchive() gives up when the folder cannot be made", () =>
  withServer(
    () => new Response(content),
    async ({ dataroot, fetchTiny }) => {
      await Deno.writeTextFile(dataroot, "a file in the way");
      await assertRejects(() => fetchTiny(), UserError, `into ${dataroot}: `);
      assertEquals(await Deno.readTextFile(dataroot), "a file in the way");
    },
  ));
