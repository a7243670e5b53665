/**
 * Images that cannot be read.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { readImageFolder } from "../../../lib/images/image_folder.ts";
import { imageSource } from "../../../lib/images/image_source.ts";
import { SkippedImages } from "../../../lib/images/skipped.ts";
import { centerView } from "../../../lib/images/view.ts";
import { inFolder, makePipe } from "../../folders.ts";
import { fixtureImage, pixelDecoder, writeFiles } from "./setup.ts";

const size = 8;

Deno.test({
  name: "imageSource() skips what is no file, and says what it is",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (path) => {
      await writeFiles(path, { "cat/d.jpg": fixtureImage("colour.jpg") });
      using _pipe = await makePipe(join(path, "pipe"));
      await Deno.symlink("../pipe", join(path, "cat", "a.jpg"));
      await Deno.symlink("/dev/zero", join(path, "cat", "b.jpg"));
      await Deno.writeTextFile(join(path, "cat", "c.jpg"), "");
      await Deno.truncate(join(path, "cat", "c.jpg"), 2 ** 28 + 1); // takes no room on the disk
      const folder = await readImageFolder(path);
      assertEquals(folder.size, 4);
      const skipped = new SkippedImages();
      const decoder = pixelDecoder(size);
      const source = imageSource(folder, decoder, skipped);
      const view = (image: Parameters<typeof centerView>[0]) =>
        centerView(image, { size, resize: size });
      const found = await Promise.all([0, 1, 2, 3].map((index) => source.decode(index, view)));
      decoder.close();
      assertEquals(found.map((image) => image?.label), [undefined, undefined, undefined, 0]);
      const reasons = Object.fromEntries([...skipped].map(({ path, reason }) => [path, reason]));
      const what = "is a pipe, a socket or a device, and no file";
      assertEquals(reasons, {
        [folder.pathOf(0)]: what,
        [folder.pathOf(1)]: what,
        [folder.pathOf(2)]: "has 268435457 bytes, and 268435456 are the most",
      });
    }),
});
