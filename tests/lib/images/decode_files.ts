/**
 * A program that decodes all files of a folder at the same time, and prints what became of each:
 * `{"outcomes": {"a.jpg": "whole", "b.jpg": "damaged: ...", "c.jpg": "refused: ..."}, "peak": 4e8}`, the
 * peak of its memory in bytes.
 *
 * @module
 */
import { join } from "@std/path";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { openImageDecoder } from "../../../lib/images/decoder.ts";
import { centerView } from "../../../lib/images/view.ts";

const [folder = ".", threads = "4"] = Deno.args;
const { library } = await useTensorFlow({ gpu: false });
const decoder = openImageDecoder({
  library,
  size: 32,
  threads: Number(threads),
  normalization: { mean: [0, 0, 0], std: [1, 1, 1] },
});
const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
const outcomes = await Promise.all(names.map(async (name) => {
  let outcome = "whole";
  try {
    await decoder.decode(
      await Deno.readFile(join(folder, name)),
      (image) => centerView(image, { size: 32, resize: 32 }),
      undefined,
      (words) => outcome = `damaged: ${words}`,
    );
  } catch (error) {
    outcome = `refused: ${(error as Error).message}`;
  }
  return [name, outcome] as const;
}));
const [, peak] = Deno.readTextFileSync("/proc/self/status").match(/VmHWM:\s+(\d+)/) ?? [];
console.log(JSON.stringify({ outcomes: Object.fromEntries(outcomes), peak: Number(peak) * 1024 }));
