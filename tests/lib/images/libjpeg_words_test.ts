/**
 * What libjpeg says of damaged images, in processes of their own: it goes to their standard error.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { LibjpegWords } from "../../../lib/images/libjpeg_words.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { inFolder } from "../../folders.ts";
import { runProgram } from "../../processes.ts";
import { fixtureImage } from "./setup.ts";

await useTensorFlow({ gpu: false }); // fetches it, where it is not there
const ignore = Deno.build.os !== "linux";
const decodeFiles = new URL("./decode_files.ts", import.meta.url);

/** The image with two bytes that do not belong there before its first table. */
function withStrayBytes(name: string): Uint8Array {
  const bytes = fixtureImage(name);
  const at = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xdb);
  return Uint8Array.of(...bytes.slice(0, at), 0x12, 0x34, ...bytes.slice(at));
}

Deno.test({
  name: "what libjpeg warns of reaches no terminal, and is told of the right one of many images",
  ignore,
  fn: () =>
    inFolder(async (folder) => {
      const expected: Record<string, string> = {};
      for (let i = 10; i < 60; i++) {
        const isDamaged = i % 7 === 0;
        const name = `${i}.jpg`;
        const source = i % 2 === 0 ? "colour.jpg" : "progressive.jpg";
        const bytes = isDamaged ? withStrayBytes(source) : fixtureImage(source);
        await Deno.writeFile(join(folder, name), bytes);
        expected[name] = isDamaged
          ? "damaged: Corrupt JPEG data: 2 extraneous bytes before marker 0xdb"
          : "whole";
      }
      const broken = fixtureImage("colour.jpg");
      broken[broken.findIndex((byte, i) => byte === 0xc0 && broken[i - 1] === 0xff)] = 0xc3;
      await Deno.writeFile(join(folder, "a.jpg"), broken); // libjpeg prints why it gives up
      expected["a.jpg"] = "refused: its pixels cannot be decoded";
      const { code, out, err } = await runProgram(decodeFiles, [folder]);
      assertEquals([code, err], [0, ""]);
      assertEquals(JSON.parse(out).outcomes, expected);
    }),
});

Deno.test({
  name: "what native code says of other things reaches the terminal",
  ignore,
  fn: async () => {
    const program = new URL("./native_words.ts", import.meta.url);
    const { code, out, err } = await runProgram(program);
    assertEquals([code, JSON.parse(out)], [0, [
      "Corrupt JPEG data: premature end of data segment",
    ]]);
    assertEquals(err.trimEnd().split("\n"), [
      "before",
      "2026-01-02 03:04:05.678901: E tensorflow/core/somewhere.cc:12] what all should know",
      "after",
    ]);
  },
});

Deno.test("LibjpegWords.hear() gives what work gives and throws, where nothing can be held back", async () => {
  const words = new LibjpegWords(undefined);
  assertEquals(await words.hear(() => Promise.resolve(3), true), { result: 3, words: [] });
  let thrown: unknown;
  await words.hear(() => Promise.reject(new RangeError("no")), true).catch((error) =>
    thrown = error
  );
  assert(thrown instanceof RangeError);
});

Deno.test("LibjpegWords.hear() takes what is printed while a task ends for no word about that task", async () => {
  // Another thread prints between two looks, which no program can do at will.
  const printed = ["", "damaged\n"];
  const stderr = { hold() {}, release() {}, take: () => printed.shift() ?? "" };
  const words = new LibjpegWords(stderr);
  const { promise, resolve } = Promise.withResolvers<void>();
  const damaged = words.hear(() => promise, true);
  const whole = await words.hear(() => Promise.resolve(), true);
  resolve();
  assertEquals([whole.words, (await damaged).words], [[], ["damaged"]]);
});
