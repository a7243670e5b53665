/**
 * That a file is written whole or not at all, and that nothing is read that is no file.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { UserError } from "../../lib/errors.ts";
import {
  checkFolderWritable,
  checkWritable,
  exists,
  existsSync,
  inMadeFolder,
  lockFile,
  readFile,
  readTextFile,
  removeLeftovers,
  temporaryFolder,
  whyNot,
  writeWhole,
} from "../../lib/files.ts";
import { inFolder, makePipe, namesIn } from "../folders.ts";

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
    await Deno.writeTextFile(join(left, crypto.randomUUID()), "ha");
    const mine = temporaryFolder(join(folder, "mine"));
    await Deno.mkdir(join(mine, "deeper"), { recursive: true });
    for (const name of ["thesis", "deeper/thesis", crypto.randomUUID()]) {
      await Deno.writeTextFile(join(mine, name), "mine");
    }
    for (const name of ["file", "a.partial"]) await Deno.writeTextFile(join(folder, name), "whole");
    await writeWhole(join(folder, "file"), Uint8Array.of(1)); // another half does not disturb it
    assertEquals(await Deno.readFile(join(folder, "file")), Uint8Array.of(1));
    await removeLeftovers(folder);
    assertEquals(namesIn(folder), ["a.partial", "file", "mine.partial"]);
    assertEquals(namesIn(mine), ["deeper", "thesis"]);
    assertEquals(namesIn(join(mine, "deeper")), ["thesis"]);
  }));

Deno.test("checkWritable() tells whether a file can be written, and leaves nothing", async () => {
  await inFolder(async (folder) => {
    await checkWritable(join(folder, "file"));
    assertEquals(namesIn(folder), []);
    await assertRejects(() => checkWritable(join(folder, "nowhere", "file")), Deno.errors.NotFound);
  });
});

Deno.test("removeLeftovers() throws a UserError where there is no folder", () =>
  inFolder(async (folder) => {
    const [missing, file] = [join(folder, "missing"), join(folder, "file")];
    await Deno.writeTextFile(file, "");
    for (const path of [missing, file]) {
      const { message } = await assertRejects(() => removeLeftovers(path), UserError);
      assert(message.startsWith(`Cannot remove what was left half written in ${path}: `), message);
    }
  }));

Deno.test("checkFolderWritable() tells whether a folder can be written, and leaves all as it was", () =>
  inFolder(async (folder) => {
    for (const path of [".", "a", "a/b/c", "a/../b", "a/"]) {
      await checkFolderWritable(join(folder, path));
      assertEquals(namesIn(folder), []);
    }
    await Deno.mkdir(join(folder, "empty"));
    await checkFolderWritable(join(folder, "empty"));
    await Deno.writeTextFile(join(folder, "file"), "");
    await Deno.symlink("nowhere", join(folder, "link"));
    for (const path of ["file", "file/below", "link", "link/below"]) {
      await assertRejects(() => checkFolderWritable(join(folder, path)), Error);
    }
    assertEquals(namesIn(folder), ["empty", "file", "link"]);
  }));

/** After some steps, makes a file in a folder that others may remove while it is empty. */
async function put(folder: string, name: string, steps: number): Promise<void> {
  for (let i = 0; i < steps; i++) await exists(folder);
  await inMadeFolder(folder, () => Deno.writeTextFile(join(folder, name), ""));
}

Deno.test("checkFolderWritable() and inMadeFolder() remove nothing of each other's", () =>
  inFolder(async (folder) => {
    for (let i = 0; i < 200; i++) {
      const logs = join(folder, String(i), "logs");
      const [own, other] = [join(logs, "own"), join(logs, "other")];
      await Promise.all([
        checkFolderWritable(own),
        checkFolderWritable(other).then(() => put(other, ".lock", 0)),
        put(own, ".lock", i % 10),
      ]);
      assertEquals([namesIn(own), namesIn(other)], [[".lock"], [".lock"]]);
    }
  }));

Deno.test("readFile() and readTextFile() read files, and links to them", () =>
  inFolder(async (folder) => {
    const [path, link, empty] = ["file", "link", "empty"].map((name) => join(folder, name));
    await Deno.writeTextFile(path!, "é");
    await Deno.writeTextFile(empty!, "");
    await Deno.symlink("file", link!);
    assertEquals(await readFile(path!), Uint8Array.of(0xc3, 0xa9));
    assertEquals(await readFile(path!, 2), Uint8Array.of(0xc3, 0xa9));
    assertEquals(await readTextFile(link!), "é");
    assertEquals(await readFile(empty!), new Uint8Array());
  }));

Deno.test("readFile() refuses what is missing, a folder, or too large", () =>
  inFolder(async (folder) => {
    await assertRejects(() => readFile(join(folder, "missing")), Deno.errors.NotFound);
    await assertRejects(() => readFile(folder), Error, "is a directory");
    const path = join(folder, "file");
    await Deno.writeTextFile(path, "four");
    await assertRejects(() => readFile(path, 3), Error, "has 4 bytes, and 3 are the most");
    await Deno.truncate(path, 2 ** 32 + 1); // takes no room on the disk
    await assertRejects(() => readFile(path), Error, "has 4294967297 bytes");
    await assertRejects(() => readTextFile(path), Error, "and 268435456 are the most");
  }));

Deno.test({
  name: "readFile() and lockFile() refuse pipes and devices, and do not wait for them",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      const [pipe, device] = [join(folder, "pipe"), join(folder, "device")];
      using _pipe = await makePipe(pipe);
      await Deno.symlink("/dev/zero", device);
      const what = "is a pipe, a socket or a device";
      for (const path of [pipe, device]) await assertRejects(() => readFile(path), Error, what);
      await assertRejects(() => lockFile(pipe, () => {}), Error, what);
    }),
});

Deno.test("lockFile() makes no file where a link leads", () =>
  inFolder(async (folder) => {
    const link = join(folder, "lock");
    await Deno.symlink("elsewhere", link);
    await assertRejects(() => lockFile(link, () => {}), Error, "is a link, and no file");
    assertEquals(namesIn(folder), ["lock"]);
  }));

Deno.test({
  name: "readFile() takes what the system makes up while it is read for empty",
  ignore: Deno.build.os !== "linux",
  fn: async () => assertEquals(await readFile("/proc/self/status"), new Uint8Array()),
});

Deno.test("exists() and existsSync() take only what is not there for missing", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "file"), "");
    await Deno.symlink("loop", join(folder, "loop")); // cannot be looked at, by nobody
    await Deno.symlink("nowhere", join(folder, "lost"));
    const expected = { ".": true, file: true, loop: true, lost: false, x: false, "file/x": false };
    for (const [name, isThere] of Object.entries(expected)) {
      assertEquals(await exists(join(folder, name)), isThere, name);
      assertEquals(existsSync(join(folder, name)), isThere, name);
    }
  }));

const tooLong = "n".repeat(256);

Deno.test({
  name: "a name that no file system takes is not there, and why it cannot be written is said",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      for (const path of [join(folder, tooLong), join(folder, tooLong, "model.safetensors")]) {
        assertEquals(await exists(path), false);
        assertEquals(existsSync(path), false);
        const said = "file name too long";
        const written = await assertRejects(() => writeWhole(path, Uint8Array.of(1)), UserError);
        assertEquals(written.message, `Cannot write ${path}: ${said}`);
        const failures: (() => Promise<unknown>)[] = [
          () => checkWritable(path),
          () => checkFolderWritable(path),
          () => inMadeFolder(path, () => Promise.resolve()),
          () => lockFile(path, () => {}),
        ];
        for (const act of failures) assertEquals(whyNot(await assertRejects(act, Error)), said);
      }
      assertEquals(namesIn(folder), []);
    }),
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
          `trap "" XFSZ; ulimit -f 2048; exec "$0" run --quiet --config "$1" --allow-all "$2" "$3"`,
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

Deno.test(
  "writeWhole() writes through no link in place of the folder in which it prepares a file",
  {
    ignore: Deno.build.os === "windows",
  },
  () =>
    inFolder(async (folder) => {
      const path = join(folder, "file");
      const other = join(folder, "other");
      await Deno.mkdir(other);
      for (const target of [other, join(folder, "nowhere"), "file.partial"]) {
        await Deno.symlink(target, temporaryFolder(path));
        for (const act of [() => writeWhole(path, Uint8Array.of(1)), () => checkWritable(path)]) {
          const { message } = await assertRejects(act, Error);
          assertEquals(
            message.replace(/^Cannot write .*?: /, ""),
            `${path}.partial is a link, and no folder; remove it`,
          );
        }
        assertEquals(namesIn(folder), ["file.partial", "other"]);
        assertEquals(namesIn(other), []);
        await Deno.remove(temporaryFolder(path));
      }
      await writeWhole(path, Uint8Array.of(1));
      assertEquals(namesIn(folder), ["file", "other"]);
    }),
);
