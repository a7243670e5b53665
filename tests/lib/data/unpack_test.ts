/**
 * Unpacking archives: sound ones in pieces, and those that lie or lead elsewhere.
 *
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { packTar, type TarEntry } from "modern-tar";
import { unpackArchive } from "../../../lib/data/unpack.ts";
import { randomStream } from "../../../lib/random.ts";
import { inFolder, namesIn } from "../../folders.ts";

type Bytes = Uint8Array<ArrayBuffer>;

function entry(name: string, body: Bytes): TarEntry {
  return { header: { name, size: body.length, type: "file" }, body };
}

/** Bytes that cannot be compressed. */
function noise(length: number): Bytes {
  const random = randomStream(0);
  return Uint8Array.from({ length }, () => random.integer(256));
}

async function gzip(bytes: Bytes): Promise<Bytes> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

/** Unpacks `tiny/a` and `tiny/b` in a folder within an otherwise empty one. */
async function unpack(outer: string, tar: Bytes): Promise<string> {
  const archive = join(outer, "tiny.tar.gz");
  await Deno.writeFile(archive, await gzip(tar));
  const parent = join(outer, "data");
  await Deno.mkdir(parent);
  await unpackArchive(archive, { folder: "tiny", files: ["a", "b"] }, parent);
  return join(parent, "tiny");
}

Deno.test("unpackArchive() takes a large file after a small one that is not wanted", () =>
  inFolder(async (folder) => {
    // A decoder that is told to skip the small one when it has gone on to the large one loses that.
    const [large, small] = [noise(1_000_000), noise(100)];
    const tar = await packTar([
      entry("tiny/readme.html", small),
      entry("tiny/a", large),
      entry("tiny/licence.html", small),
      entry("tiny/b", large),
    ]);
    const made = await unpack(folder, tar);
    assertEquals(namesIn(made), ["a", "b"]);
    assertEquals(await Deno.readFile(join(made, "b")), large);
  }));

Deno.test("unpackArchive() refuses an archive that is cut short within a file", () =>
  inFolder(async (folder) => {
    const tar = await packTar([entry("tiny/a", noise(10)), entry("tiny/b", noise(5000))]);
    await assertRejects(
      () => unpack(folder, tar.slice(0, 3000)),
      Error,
      "the archive is cut short: b has",
    );
  }));

Deno.test("unpackArchive() refuses an archive that unpacks to many times its size", () =>
  inFolder(async (folder) => {
    const tar = await packTar([
      entry("tiny/a", noise(10)),
      entry("tiny/b", new Uint8Array(2 ** 25)),
    ]);
    await assertRejects(() => unpack(folder, tar), Error, "the archive unpacks to more than");
  }));

Deno.test("unpackArchive() leaves nothing outside of its folder, and no links", () =>
  inFolder(async (folder) => {
    const tar = await packTar([
      { header: { name: "tiny/a", size: 0, type: "symlink", linkname: "/etc/passwd" } },
      { header: { name: "tiny/b", size: 0, type: "link", linkname: "../../escaped" } },
      ...["../escaped", "/escaped", "tiny/../../escaped", "tiny/b/../../escaped"]
        .map((name) => entry(name, noise(10))),
    ]);
    await assertRejects(() => unpack(folder, tar), Error, "the archive lacks tiny/a, tiny/b");
    assertEquals(namesIn(folder), ["data", "tiny.tar.gz"]);
    assertEquals(namesIn(join(folder, "data")), ["tiny"]);
    assertEquals(namesIn(join(folder, "data", "tiny")), []);
  }));
