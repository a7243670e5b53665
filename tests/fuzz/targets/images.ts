/**
 * Damaged JPEG and PNG files.
 *
 * @module
 */
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { openImageDecoder } from "../../../lib/images/decoder.ts";
import { BrokenImageError } from "../../../lib/images/image_header.ts";
import { centerView, randomView } from "../../../lib/images/view.ts";
import { randomStream } from "../../../lib/random.ts";
import { damage, happens, pick } from "../bytes.ts";
import { jpegFields, pngFields } from "../fields.ts";
import { repairPng } from "../png.ts";
import { isA, sound, type Target } from "../target.ts";
import { fixturesIn, readFixtures } from "./seeds.ts";

const imageSize = 224;

/** Opens the target. */
export async function open(): Promise<Target> {
  const { library } = await useTensorFlow();
  const seeds = readFixtures(fixturesIn("images", /\.(jpg|png)$/));
  const normalization = { mean: [0, 0, 0], std: [255, 255, 255] };
  const decoder = openImageDecoder({ library, size: imageSize, normalization, threads: 1 });
  return {
    make(random) {
      const file = pick(random, seeds);
      const isPng = file[0] === 0x89;
      const fields = isPng ? pngFields(file) : jpegFields(file);
      const damaged = damage(file, random, { fields, others: seeds });
      if (isPng && happens(random, 0.8)) repairPng(damaged);
      return damaged;
    },
    async read(input) {
      const random = randomStream(0, input.length);
      const pixels = await decoder.decode(
        input,
        (image) =>
          random.integer(2) === 0
            ? centerView(image, { size: imageSize, resize: 256 })
            : randomView(image, { size: imageSize }, random),
      );
      sound(pixels.length === imageSize * imageSize * 3, "another number of pixels");
      sound(
        pixels.every((value) => value >= -1e-3 && value <= 1.001),
        "values that are no pixels'",
      );
    },
    isNamed: isA(BrokenImageError),
    memory: (size) => 2 ** 27 + 8192 * size,
    close: () => Promise.resolve(decoder.close()),
  };
}
