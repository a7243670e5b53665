/**
 * That a file is written whole or not at all.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { UserError } from "../../lib/errors.ts";
import { checkWritable, removeLeftovers, temporaryFolder, writeWhole } from "../../lib/files.ts";
import { inFolder, namesIn } from "../folders.ts";

Deno.test("writeWhole() writes a file, replaces it, and leaves nothing beside it", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "file");
    for (const data of [new Uint8Array(3_000_001).fill(7), Uint8Array.of(1, 2), new Uint8Array()]) {
      await writeWhole(path, data);
      const read = await Deno.readFile(path);
      assertEquals(read.length, data.length);
      assert(read.every((byte, i) => byte === data[i]));
    }
    assertEquals(namesIn(folder), ["file"]);
  });
});

Deno.test("writeWhole() to one file many times at once leaves one of them, whole", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "file");
    await Promise.all(
      Array.from({ length: 8 }, (_, i) => writeWhole(path, new Uint8Array(100_000).fill(i))),
    );
    const data = await Deno.readFile(path);
    assertEquals(data.length, 100_000);
    assertEquals(new Set(data).size, 1);
    assertEquals(namesIn(folder), ["file"]);
  });
});

Deno.test("writeWhole() throws a UserError where there is no folder, or one in its place", async () => {
  await inFolder(async (folder) => {
    const nowhere = join(folder, "nowhere", "file");
    const error = await assertRejects(() => writeWhole(nowhere, Uint8Array.of(1)), UserError);
    assert(error.message.startsWith(`Cannot write ${nowhere}: `), error.message);
    assertEquals(error.message.split("\n").length, 1);

    await Deno.mkdir(join(folder, "taken", "inner"), { recursive: true });
    const taken = join(folder, "taken");
    await assertRejects(() => writeWhole(taken, Uint8Array.of(1)), UserError, taken);
    assertEquals(namesIn(folder), ["taken"]);
    assertEquals(namesIn(taken), ["inner"]);
  });
});

Deno.test("removeLeftovers() removes what a process that was killed left half written, and no more", () =>
  inFolder(async (folder) => {
    const left = temporaryFolder(join(folder, "file"));
    await Deno.mkdir(left);
    await Deno.writeTextFile(join(left, "half"), "ha");
    for (const name of ["file", "a.partial"]) await Deno.writeTextFile(join(folder, name), "whole");
    await writeWhole(join(folder, "file"), Uint8Array.of(1)); // another half does not disturb it
    assertEquals(await Deno.readFile(join(folder, "file")), Uint8Array.of(1));
    await removeLeftovers(folder);
    assertEquals(namesIn(folder), ["a.partial", "file"]);
  }));

Deno.test("checkWritable() tells whether a file can be written, and leaves nothing", async () => {
  await inFolder(async (folder) => {
    await checkWritable(join(folder, "file"));
    assertEquals(namesIn(folder), []);
    await assertRejects(() => checkWritable(join(folder, "nowhere", "file")), Deno.errors.NotFound);
  });
});

// A child process must take its imports from where this one does.
const config = fromFileUrl(import.meta.resolve(
  import.meta.resolve("@std/path").startsWith("jsr:") ? "../../deno.json" : "../../deno.nojsr.json",
));

// The limit on the size of files stands in for a full disk: both fail in the middle of a write.
const program = `
  import { writeWhole } from ${JSON.stringify(import.meta.resolve("../../lib/files.ts"))};
  try {
    await writeWhole(Deno.args[0], new Uint8Array(4_000_000).fill(1));
  } catch (error) {
    console.log(error.name);
  }
`;

Deno.test({
  name: "writeWhole() keeps the old file, and no part of the new one, where the disk is full",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await inFolder(async (folder) => {
      const [path, script] = [join(folder, "file"), join(folder, "program.ts")];
      await Deno.writeTextFile(path, "as it was");
      await Deno.writeTextFile(script, program);
      const { stdout, stderr } = await new Deno.Command("bash", {
        args: [
          "-c",
          // in blocks of 1024 bytes
          `trap "" XFSZ; ulimit -f 2048; exec "$0" run --config "$1" --allow-all "$2" "$3"`,
          Deno.execPath(),
          config,
          script,
          path,
        ],
        env: { NO_COLOR: "1" },
      }).output();
      const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
      assertEquals(output, "UserError\n");
      assertEquals(await Deno.readTextFile(path), "as it was");
      assertEquals(namesIn(folder), ["file", "program.ts"]);
    });
  },
});
