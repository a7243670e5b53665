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

Deno.test("readImageFolder() keeps thousands of names apart", () =>
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
