/**
 * Folders of classes.
 *
 * @module
 */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import {
  type ImageFolder,
  readImageFolder,
  readImageSplits,
} from "../../../lib/images/image_folder.ts";
import { inFolder, makePipe } from "../../folders.ts";
import { long } from "../../long.ts";
import { writeFiles } from "./setup.ts";

const nothing = new Uint8Array();

function empty(...names: string[]): Record<string, Uint8Array> {
  return Object.fromEntries(names.map((name) => [name, nothing]));
}

/** Paths relative to the folder, with their labels. */
function contents({ path, size, labels, pathOf }: ImageFolder): [string, number][] {
  return Array.from({ length: size }, (_, i) => [pathOf(i).slice(path.length + 1), labels[i]!]);
}

async function messageOf(promise: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => promise, UserError)).message;
}

Deno.test("readImageFolder() finds images of any case and depth, sorted", () =>
  inFolder(async (folder) => {
    await writeFiles(
      folder,
      empty("dog/b.JPEG", "dog/a.jpg", "dog/deep/er/c.Png", "dog/notes.txt", "cat/é 1.jpeg"),
    );
    await writeFiles(folder, empty("cat/.hidden.jpg", ".git/x.jpg", "readme.jpg", "cat/jpg"));
    const images = await readImageFolder(folder);
    assertEquals(images.classes, ["cat", "dog"]);
    assertEquals(contents(images), [
      [join("cat", "é 1.jpeg"), 0],
      [join("dog", "a.jpg"), 1],
      [join("dog", "b.JPEG"), 1],
      [join("dog", "deep", "er", "c.Png"), 1],
    ]);
  }));

Deno.test("ImageFolder.pathOf() refuses an index out of range", () =>
  inFolder(async (folder) => {
    await writeFiles(folder, empty("cat/1.jpg"));
    const { pathOf } = await readImageFolder(folder);
    for (const index of [-1, 1, 0.5]) {
      let thrown: unknown;
      try {
        pathOf(index);
      } catch (error) {
        thrown = error;
      }
      assert(thrown instanceof RangeError, String(index));
    }
  }));

Deno.test("readImageFolder() follows links, and not for ever", () =>
  inFolder(async (folder) => {
    await writeFiles(folder, empty("images/cat/1.jpg", "elsewhere/x/2.jpg"));
    const cat = join(folder, "images", "cat");
    await Deno.symlink(join(folder, "elsewhere"), join(cat, "linked"));
    await Deno.symlink(join(folder, "elsewhere", "x", "2.jpg"), join(cat, "0.jpg"));
    await Deno.symlink(join(folder, "images"), join(cat, "around"));
    await Deno.symlink(cat, join(folder, "elsewhere", "back"));
    await Deno.symlink(join(folder, "nowhere"), join(cat, "lost.jpg"));
    await Deno.symlink(join(folder, "elsewhere"), join(folder, "images", "dog"));
    const images = await readImageFolder(join(folder, "images"));
    assertEquals(contents(images), [
      [join("cat", "0.jpg"), 0],
      [join("cat", "1.jpg"), 0],
      [join("cat", "linked", "x", "2.jpg"), 0],
      [join("cat", "lost.jpg"), 0],
      [join("dog", "back", "0.jpg"), 1],
      [join("dog", "back", "1.jpg"), 1],
      [join("dog", "back", "lost.jpg"), 1],
      [join("dog", "x", "2.jpg"), 1],
    ]);
  }));

Deno.test("readImageFolder() reads each folder of a class once, however many links lead to it", () =>
  inFolder(async (folder) => {
    const names = Array.from({ length: 12 }, (_, i) => `f${i}`);
    await writeFiles(folder, empty(...names.map((name) => `cat/${name}/1.jpg`)));
    for (const from of names) {
      for (const to of names) {
        await Deno.symlink(join("..", to), join(folder, "cat", from, `to-${to}`)); // 12! ways
      }
    }
    const images = await readImageFolder(folder);
    const expected = names.sort().map((name): [string, number] => [join("cat", name, "1.jpg"), 0]);
    assertEquals(contents(images), expected);
  }));

Deno.test("readImageFolder() follows no link to a folder that holds it, and says so", () =>
  inFolder(async (folder) => {
    await writeFiles(folder, empty("images/cat/1.jpg", "images/cat/deep/2.jpg", "outside.jpg"));
    const cat = join(folder, "images", "cat");
    await Deno.symlink("/", join(cat, "root"));
    await Deno.symlink(folder, join(cat, "deep", "up"));
    const images = await readImageFolder(join(folder, "images"));
    assertEquals(images.size, 2);
    const what = "links to a folder that they lie in";
    assertEquals(images.leftOut, [{ what, count: 2, examples: ["cat/root", "cat/deep/up"] }]);
    await Deno.symlink("/", join(folder, "images", "dog"));
    assertStringIncludes(
      await messageOf(readImageFolder(join(folder, "images"))),
      `in the folder of class dog (but 1 ${what}); `,
    );
  }));

Deno.test({
  name: "readImageFolder() does not look into what Linux makes up",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (folder) => {
      await writeFiles(folder, empty("cat/1.jpg"));
      for (const to of ["/proc", "/proc/self/fd", "/sys", "/dev"]) {
        await Deno.symlink(to, join(folder, "cat", to.replaceAll("/", "_")));
      }
      const { size, leftOut } = await readImageFolder(folder);
      const examples = ["cat/_dev", "cat/_proc", "cat/_proc_self_fd"];
      assertEquals([size, leftOut], [1, [{
        what: "links to what the system makes up",
        count: 4,
        examples,
      }]]);
    }),
});

Deno.test("readImageFolder() counts and names what else lies among the images", () =>
  inFolder(async (folder) => {
    await writeFiles(
      folder,
      empty("cat/1.jpg", "cat/a.webp", "cat/b.WEBP", "cat/1.xml", "dog/2.png", "dog/readme.txt"),
    );
    await writeFiles(folder, empty("dog/deep/c.webp", "dog/d.gif", "cat/e.tar", "cat/f", "g.webp"));
    await writeFiles(folder, empty("dog/h.webp", "cat/.i.webp", "cat/j.bmp"));
    assertEquals((await readImageFolder(folder)).leftOut, [
      { what: ".bmp", count: 1, examples: ["cat/j.bmp"] },
      { what: ".gif", count: 1, examples: ["dog/d.gif"] },
      { what: ".webp", count: 4, examples: ["cat/a.webp", "cat/b.WEBP", "dog/h.webp"] },
      { what: "other files", count: 2, examples: ["cat/e.tar", "cat/f"] },
    ]);
    await Deno.remove(join(folder, "dog", "2.png"));
    assertStringIncludes(
      await messageOf(readImageFolder(folder)),
      "no .jpg, .jpeg or .png in the folder of class dog (but 1 .gif, 2 .webp); put images there",
    );
  }));

/** Makes files and folders (with a slash at the end) of any bytes, which Deno itself cannot name. */
async function makeNames(folder: string, ...names: string[]): Promise<void> {
  const lines = names.map((name) =>
    name.endsWith("/") ? `mkdir "$(printf '${name}')"` : `touch "$(printf '${name}')"`
  );
  const args = ["-c", ["set -e", ...lines].join("\n")];
  const { success } = await new Deno.Command("sh", { args, cwd: folder }).output();
  assert(success);
}

Deno.test({
  name: "readImageFolder() names what has no name in UTF-8, and refuses a class of that kind",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (folder) => {
      await writeFiles(folder, empty("cat/1.jpg", "cat/\ufffd.jpg"));
      await makeNames(
        folder,
        "cat/caf\\351.jpg",
        "cat/\\200\\201/",
        "cat/\\200\\201/2.jpg",
        "r\\351",
      );
      const { size, leftOut } = await readImageFolder(folder);
      assertEquals(size, 2); // U+FFFD itself is a character like any other
      const examples = ["cat/caf\ufffd.jpg", "cat/\ufffd\ufffd"];
      assertEquals(leftOut, [{ what: "names that are not UTF-8", count: 2, examples }]);
      await makeNames(folder, "caf\\351/", "caf\\351/1.jpg");
      assertEquals(
        await messageOf(readImageFolder(folder)),
        `Cannot read images from ${folder}: the name of its folder "caf\ufffd" is not UTF-8; rename it`,
      );
    }),
});

Deno.test("readImageFolder() sorts classes and images by code points, as Python's sorted() does", () =>
  inFolder(async (folder) => {
    const names = ["plain", "\uff01bang", "\u{1f600}smile"];
    await writeFiles(
      folder,
      empty(...names.flatMap((name) => names.map((other) => `${name}/${other}.jpg`))),
    );
    const images = await readImageFolder(folder);
    assertEquals(images.classes, names);
    assertEquals(
      contents(images).map(([path]) => path),
      names.flatMap((name) => names.map((other) => join(name, `${other}.jpg`))),
    );
  }));

long.test({
  name: "readImageFolder() takes more images in a folder than a call takes arguments",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      const deep = join(folder, "cat", "deep");
      await Deno.mkdir(deep, { recursive: true });
      const script = "seq -f %.0f.jpg 1 130000 | xargs touch";
      const { success } = await new Deno.Command("sh", { args: ["-c", script], cwd: deep })
        .output();
      assert(success);
      assertEquals((await readImageFolder(folder)).size, 130_000);
    }),
});

Deno.test({
  name: "readImageFolder() takes no pipe for an image",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      await writeFiles(folder, empty("cat/1.jpg"));
      using _pipe = await makePipe(join(folder, "cat", "2.jpg"));
      assertEquals(contents(await readImageFolder(folder)), [[join("cat", "1.jpg"), 0]]);
    }),
});

Deno.test("readImageFolder() says what is wrong with a folder", () =>
  inFolder(async (folder) => {
    const missing = join(folder, "missing");
    assertStringIncludes(
      await messageOf(readImageFolder(missing)),
      `Cannot read images from ${missing}: no such file or folder; `,
    );
    await writeFiles(folder, empty("file/1.jpg"));
    await assertRejects(() => readImageFolder(join(folder, "file", "1.jpg")), UserError, "1.jpg: ");
    assertStringIncludes(
      await messageOf(readImageFolder(join(folder, "file"))),
      "there are no folders in it",
    );
    await writeFiles(folder, empty("none/a/1.txt", "none/b/2.txt"));
    assertStringIncludes(
      await messageOf(readImageFolder(join(folder, "none"))),
      "there is no .jpg, .jpeg or .png in any of its 2 folders",
    );
    await writeFiles(folder, empty("some/a/1.jpg", "some/b/2.txt", "some/c/3.jpg"));
    assertStringIncludes(
      await messageOf(readImageFolder(join(folder, "some"))),
      "there is no .jpg, .jpeg or .png in the folder of class b",
    );
  }));

long.test("readImageFolder() keeps thousands of names apart", () =>
  inFolder(async (folder) => {
    const count = 4000;
    const names = Array.from({ length: count }, (_, i) => `a/n01440764_${10_000 + i}.JPEG`);
    await writeFiles(folder, empty("a/n01440764_10000.JPEG"));
    for (const name of names.slice(1)) Deno.writeFileSync(join(folder, name), nothing);
    const images = await readImageFolder(folder);
    assertEquals(contents(images).map(([path]) => path), names);
  }));

Deno.test("readImageSplits() gives what is there of train and val", () =>
  inFolder(async (folder) => {
    await writeFiles(folder, empty("both/train/a/1.jpg", "both/val/a/2.jpg", "one/val/b/3.jpg"));
    const both = await readImageSplits(join(folder, "both"));
    assertEquals([both.train?.size, both.val?.size], [1, 1]);
    const one = await readImageSplits(join(folder, "one"));
    assertEquals([one.train, one.val?.classes], [undefined, ["b"]]);
  }));

Deno.test("readImageSplits() names what is missing", () =>
  inFolder(async (folder) => {
    const missing = join(folder, "missing");
    assertStringIncludes(
      await messageOf(readImageSplits(missing)),
      `${missing}: no such file or f`,
    );
    assertStringIncludes(
      await messageOf(readImageSplits(folder)),
      `Cannot read images from ${folder}: it holds neither train nor val; `,
    );
  }));

Deno.test("readImageSplits() names the first class that differs", () =>
  inFolder(async (folder) => {
    await writeFiles(folder, empty("train/a/1.jpg", "train/c/1.jpg", "val/a/1.jpg", "val/b/1.jpg"));
    const [train, val] = [join(folder, "train"), join(folder, "val")];
    assertStringIncludes(
      await messageOf(readImageSplits(folder)),
      `Cannot use ${val} with ${train}: class b is in ${val} and not in ${train}; `,
    );
    await Deno.remove(join(val, "b"), { recursive: true });
    assertStringIncludes(
      await messageOf(readImageSplits(folder)),
      `class c is in ${train} and not in ${val}; `,
    );
  }));
