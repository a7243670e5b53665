/** Tests of lib/provision/integrity.ts, on a folder like those that are installed. @module */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { dirname, join } from "@std/path";
import {
  changedFiles,
  type Installed,
  verifyFiles,
  writeManifest,
} from "../../../lib/provision/integrity.ts";
import { UserError } from "../../../lib/errors.ts";
import { inFolder, makeUnreadableFolder } from "../../folders.ts";

const keep = /\.so$|\.dist-info\//;
const list = "library-1.0.dist-info/RECORD";
const contents: Record<string, Uint8Array<ArrayBuffer>> = {
  "library/large.so": crypto.getRandomValues(new Uint8Array(60_000)),
  "library/with,comma.so": new Uint8Array(3_000_000).fill(7),
  "library/empty.so": new Uint8Array(),
};

async function sha256(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
}

async function write(path: string, data: Uint8Array): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeFile(path, data);
}

/** Runs a test on an unpacked package; its list has one file more, which is not kept. */
function withInstalled(test: (installed: Installed) => Promise<void>): Promise<void> {
  return inFolder(async (folder) => {
    const lines = await Promise.all(
      Object.entries({ ...contents, "library/left_out.py": new Uint8Array(9) })
        .map(async ([file, data]) => {
          const digest = (await sha256(data)).toBase64({
            alphabet: "base64url",
            omitPadding: true,
          });
          return `${file.includes(",") ? `"${file}"` : file},sha256=${digest},${data.length}\r\n`;
        }),
    );
    const record = new TextEncoder().encode(`${list},,\r\n${lines.join("")}`);
    for (const [file, data] of Object.entries(contents)) await write(join(folder, file), data);
    await write(join(folder, list), record);
    const pinned = (await sha256(record)).toHex();
    const pins = [{
      name: "library",
      version: "1.0",
      sha256: [],
      record: ["0".repeat(64), pinned],
    }];
    await test({ folder, pins, keep });
  });
}

/** Changes a file, and leaves its time as it was. */
async function change(path: string, data: (before: Uint8Array) => Uint8Array): Promise<void> {
  const { mtime } = await Deno.stat(path);
  await Deno.writeFile(path, data(await Deno.readFile(path)));
  await Deno.utime(path, mtime!, mtime!);
}

Deno.test("verifyFiles() and changedFiles() find nothing wrong where nothing is", () =>
  withInstalled(async (installed) => {
    assertEquals(changedFiles(installed.folder), undefined);
    assertEquals(await verifyFiles(installed), []);
    await writeManifest(installed.folder);
    assertEquals(changedFiles(installed.folder), []);
    assertEquals(await verifyFiles(installed), []);
  }));

Deno.test("verifyFiles() finds every byte that is changed, whatever the size and the time", () =>
  withInstalled(async (installed) => {
    const { folder } = installed;
    await writeManifest(folder);
    const file = "library/large.so";
    for (const index of [0, 31_234, 59_999]) {
      const flip = (bytes: Uint8Array) => bytes.with(index, bytes[index]! ^ 1);
      await change(join(folder, file), flip);
      assertEquals(changedFiles(folder), []); // sizes and times do not tell
      const problem = "has another content than the package's";
      assertEquals(await verifyFiles(installed), [{ file, problem }]);
      await change(join(folder, file), flip);
    }
    assertEquals(await verifyFiles(installed), []);
  }));

Deno.test("changedFiles() finds what is cut short, missing or written to, without reading it", () =>
  withInstalled(async ({ folder }) => {
    await writeManifest(folder);
    await change(join(folder, "library/large.so"), (bytes) => bytes.slice(0, -1));
    await Deno.remove(join(folder, "library/empty.so"));
    await Deno.utime(join(folder, "library/with,comma.so"), 1, 1);
    assertEquals(
      changedFiles(folder),
      [
        { file: "library/large.so", problem: "has 59999 bytes in place of 60000" },
        { file: "library/with,comma.so", problem: "was written to" },
        { file: "library/empty.so", problem: "is missing" },
      ].sort((a, b) => order(folder, a.file) - order(folder, b.file)),
    );
  }));

/** The place of a file in what was noted, which is as the file system lists it. */
function order(folder: string, file: string): number {
  return Deno.readTextFileSync(join(folder, "installed.json")).indexOf(file);
}

Deno.test("verifyFiles() trusts no note and no list that was changed with the files", () =>
  withInstalled(async (installed) => {
    const { folder } = installed;
    await Deno.writeFile(join(folder, "library/large.so"), new Uint8Array(60_000));
    await writeManifest(folder); // of the changed file
    const file = "library/large.so";
    const damage = { file, problem: "has another content than the package's" };
    assertEquals(await verifyFiles(installed), [damage]);

    const digest = (await sha256(new Uint8Array(60_000))).toBase64({ alphabet: "base64url" });
    await change(join(folder, list), (bytes) =>
      new TextEncoder().encode(
        new TextDecoder().decode(bytes).replace(/(large\.so,sha256=)[^,]+/, `$1${digest}`),
      ));
    await writeManifest(folder);
    assertEquals(await verifyFiles(installed), [
      { file: "the list of files of library", problem: "is not the pinned one" },
    ]);
  }));

Deno.test("verifyFiles() finds what is missing, and what is of no package", () =>
  withInstalled(async (installed) => {
    const { folder } = installed;
    await Deno.remove(join(folder, "library/empty.so"));
    await write(join(folder, "library/strange.so"), Uint8Array.of(1));
    assertEquals(await verifyFiles(installed), [
      { file: "library/empty.so", problem: "is missing" },
      { file: "library/strange.so", problem: "is not of the package" },
    ]);
  }));

Deno.test("verifyFiles() names what cannot be read, and what is no file", () =>
  withInstalled(async (installed) => {
    const { folder } = installed;
    await writeManifest(folder);
    const [large, empty] = ["library/large.so", "library/empty.so"];
    for (const file of [large, empty, list]) await Deno.remove(join(folder, file));
    await Deno.symlink("large.so", join(folder, large)); // leads to itself
    await Deno.symlink("..", join(folder, empty));
    await Deno.symlink("RECORD", join(folder, list));
    const problem = "cannot be read: too many levels of symbolic links";
    const found = await verifyFiles(installed);
    assertEquals(found.sort((a, b) => a.file < b.file ? -1 : 1), [
      { file: list, problem },
      { file: empty, problem: "is no file" },
      { file: large, problem },
      { file: "the list of files of library", problem: "is not the pinned one" },
    ]);
  }));

Deno.test({
  name: "verifyFiles() and writeManifest() name a folder that cannot be read",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withInstalled(async (installed) => {
      const { folder } = installed;
      await makeUnreadableFolder(join(folder, "deep"));
      const [damage, ...others] = await verifyFiles(installed);
      assertEquals(others, []);
      assert(damage!.file.startsWith("deep/"), damage!.file);
      assertEquals(damage!.problem, "cannot be read: file name too long");
      await assertRejects(() => writeManifest(folder), UserError, damage!.problem);
    }),
});

Deno.test("verifyFiles() takes a line with what is no digest for none", () =>
  withInstalled(async (installed) => {
    const { folder, pins, keep } = installed;
    const text = await Deno.readTextFile(join(folder, list));
    for (const length of [1, 5, 41, 42, 44, 45]) {
      const digest = "A".repeat(length);
      const damaged = text.replace(/(large\.so,sha256=)[^,]+/, `$1${digest}`);
      await Deno.writeTextFile(join(folder, list), damaged);
      const record = [(await sha256(new TextEncoder().encode(damaged))).toHex()];
      const found = await verifyFiles({ folder, keep, pins: [{ ...pins[0]!, record }] });
      assertEquals(found, [{ file: "library/large.so", problem: "is not of the package" }]);
    }
  }));
