/**
 * Tests of the images to show.
 *
 * @module
 */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { UserError } from "../../../lib/errors.ts";
import { centerView } from "../../../lib/images/view.ts";
import { boxInView, picturesOfFiles, picturesOfSet } from "../../../tasks/visualize/pictures.ts";
import { inFolder, makePipe, makeUnreadableFolder } from "../../folders.ts";

const { library } = await useTensorFlow({ gpu: false });

Deno.test("boxInView() moves a box with the part that is shown, and cuts it off at its ends", () => {
  // 400 x 200 is resized to 512 x 256; the crop of 224 x 224 starts at (144, 16).
  const view = centerView({ width: 400, height: 200 }, { size: 224, resize: 256 });
  assertEquals(boxInView([150, 50, 250, 100], view, 224), [[48, 48, 176, 112]]);
  assertEquals(boxInView([0, 0, 400, 200], view, 224), [[0, 0, 224, 224]]);
  assertEquals(boxInView([0, 0, 100, 200], view, 224), []);
});

Deno.test("picturesOfSet() gives the images of these numbers with their classes", () => {
  const set = {
    images: Uint8Array.from({ length: 24 }, (_, i) => i),
    labels: Int32Array.of(4, 7),
    ...{ size: 2, height: 1, width: 4, channels: 3, classes: [] },
  };
  const [second, first] = picturesOfSet(set, [1, 0]);
  assertEquals([second?.label, first?.label], [7, 4]);
  assertEquals([...second!.pixels], Array.from({ length: 12 }, (_, i) => 12 + i));
  assertEquals(second?.size, [1, 4]);
  assertThrows(() => [...picturesOfSet(set, [0, 2])], UserError, "there are 2, from 0 to 1");
});

/** The message that refuses to show the files of a path. */
async function refusal(path: string): Promise<string> {
  const show = () => Array.fromAsync(picturesOfFiles([path], { size: 32, library }));
  const { message } = await assertRejects(show, UserError);
  assert(message.startsWith("Cannot show ") && !message.includes("\n"), message);
  return message;
}

Deno.test({
  name: "picturesOfFiles() says in a line that a folder below cannot be read",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (folder) => {
      await makeUnreadableFolder(join(folder, "deep"));
      await Deno.writeTextFile(join(folder, "a.jpg"), "");
      assert(/d: file name too long; see --files$/.test(await refusal(folder)));
    }),
});

Deno.test({
  name: "picturesOfFiles() shows no pipe and no device",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      const pipe = join(folder, "a.jpg");
      using _pipe = await makePipe(pipe);
      const what = "is a pipe, a socket or a device, and no file; see --files";
      assertEquals(await refusal(pipe), `Cannot show ${pipe}: ${what}`);
      assert((await refusal(folder)).includes("there is no .jpg, .jpeg or .png in it"));
      const device = join(folder, "b.png");
      await Deno.symlink("/dev/zero", device);
      assertEquals(await refusal(folder), `Cannot show ${device}: ${what}`);
    }),
});
