/**
 * Tests of the images of a folder of classes.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { encode } from "fast-png";
import { useTensorFlow } from "../../../../lib/backend/use_tensorflow.ts";
import { NORMALIZATION } from "../../../../lib/data/normalize.ts";
import { readImageFolder } from "../../../../lib/images/image_folder.ts";
import { SkippedImages } from "../../../../lib/images/skipped.ts";
import {
  evaluationSections,
  imagesOfFolder,
} from "../../../../tasks/report/evaluation/sections.ts";
import { inFolder } from "../../../folders.ts";
import { rowsOf } from "./html.ts";
import { makeRun } from "./networks.ts";

const { library } = await useTensorFlow({ gpu: false });

/** A folder of three classes, of two images each; every image has one grey. One image is broken. */
async function makeImages(folder: string) {
  for (const [label, name] of ["a", "b", "c"].entries()) {
    await Deno.mkdir(join(folder, "val", name), { recursive: true });
    for (const i of [0, 1]) {
      const data = new Uint8Array(20 * 20 * 3).fill(30 + 80 * label + 10 * i);
      const png = encode({ width: 20, height: 20, channels: 3, data });
      await Deno.writeFile(join(folder, "val", name, `${i}.png`), png);
    }
  }
  await Deno.writeTextFile(join(folder, "val/a/1.png"), "no image");
  return await readImageFolder(join(folder, "val"));
}

Deno.test("imagesOfFolder() draws the image that a batch has at that place, past a broken one", () =>
  inFolder(async (folder) => {
    const images = imagesOfFolder(await makeImages(folder), { library, size: 16, batchSize: 2 });
    assertEquals([images.name, images.size], ["the 6 images of val", 6]);
    const { mean: [mean], std: [std] } = NORMALIZATION.paper;
    const seen: [label: number, grey: number][] = [];
    for await (const { labels, images: pixels } of images.batches(NORMALIZATION.paper)) {
      for (const [i, label] of labels.entries()) {
        seen.push([label, Math.round(pixels[i * 16 * 16 * 3]! * std! + mean!)]);
      }
    }
    assertEquals(seen, [[0, 30], [1, 110], [1, 120], [2, 190], [2, 200]]);
    const drawn = [];
    for await (const { name, label, pixels } of images.pictures([4, 1])) {
      drawn.push([name, label, Math.round(pixels[0]!)]);
    }
    assertEquals(drawn, [["c/1.png", 2, 200], ["b/0.png", 1, 110]]);
  }));

Deno.test("imagesOfFolder() skips images of more pixels than the run's", () =>
  inFolder(async (folder) => {
    const skipped = new SkippedImages();
    const options = { library, size: 16, maxPixels: 399, skipped };
    const images = imagesOfFolder(await makeImages(folder), options);
    const batches = await Array.fromAsync(images.batches(NORMALIZATION.paper)).catch(() => []);
    assertEquals([batches.length, skipped.size], [0, 6]);
  }));

Deno.test("imagesOfFolder() spreads a part of the images over the classes", () =>
  inFolder(async (folder) => {
    const all = await makeImages(folder);
    const images = imagesOfFolder(all, { library, size: 16, most: 3 });
    assertEquals([images.name, images.size], ["3 of the 6 images of val", 3]);
    const [batch] = await Array.fromAsync(images.batches(NORMALIZATION.paper));
    assertEquals([...batch!.labels], [0, 1, 2]);
    assertEquals(imagesOfFolder(all, { library, most: 99 }).size, 6);
  }));

Deno.test("evaluationSections() takes the images of a folder", () =>
  inFolder(async (folder) => {
    const images = imagesOfFolder(await makeImages(folder), { library, size: 16 });
    const [own, teacher] = [
      await makeRun(folder, "own", { numClasses: 3, normalization: "imagenet" }),
      await makeRun(folder, "teacher", { numClasses: 3, seed: 2 }),
    ];
    const sections = await evaluationSections({ networks: [own], teacher }, images, { drawn: 1 });
    const [accuracy, , distance] = sections.map(({ html }) => html);
    assertEquals(rowsOf(accuracy!).map((row) => row.slice(0, 2)), [
      ["class", "images"],
      ["all classes", "5"],
      ["a", "1"],
      ["b", "2"],
      ["c", "2"],
    ]);
    assertEquals(distance!.match(/<figcaption>[abc]\/\d\.png: [abc]; distances/g)?.length, 1);
  }));
