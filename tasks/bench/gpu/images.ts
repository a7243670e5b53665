/**
 * The images section of `deno task bench --gpu`: how many photographs a second are decoded.
 *
 * @module
 */
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs-core";
import { loadCifar } from "../../../lib/data/cifar.ts";
import { AttrType, type Context, DataType, type Handle } from "../../../lib/tensorflow/mod.ts";
import type { Binding } from "../../../lib/backend/binding.ts";
import { startTensorFlow } from "../../cli/engine.ts";
import { picturesOfSet } from "../../visualize/pictures.ts";
import { ourImages, torchvisionImages } from "../images.ts";
import type { Program } from "../in_turns.ts";
import type { Surroundings } from "./halves.ts";
import { before, reasonOf } from "../lanes.ts";
import type { Task } from "./plan.ts";
import { type Emit, rounded } from "./step_times.ts";

/** Height and width of most of ImageNet's photographs. */
const [height, width] = [375, 500];
const passes = 3;

/** Times passes over JPEG files that are made for it, ours beside torchvision's. */
export async function measureImages(
  { count }: Extract<Task, { kind: "images" }>,
  { threads, python, peers, caches }: Surroundings,
  end: number,
  emit: Emit,
): Promise<void> {
  Deno.env.set("CUDA_VISIBLE_DEVICES", "-1"); // processors decode
  const { library } = await startTensorFlow({ threads, ngpu: undefined });
  const folder = await Deno.makeTempDir({ dir: caches });
  try {
    await writePhotographs(folder, count);
    const programs: Record<string, Program> = { "ours": ourImages(folder, threads, library) };
    if (peers.torch !== null) {
      for (const variant of ["processes", "threads"]) {
        const program = torchvisionImages(folder, { threads, variant }, python);
        programs[`torchvision, ${variant}`] = program;
      }
    }
    for (const [program, run] of Object.entries(programs)) {
      try {
        const times = await before(end, run(passes));
        const rates = times.map((ms) => rounded(1000 * count / ms));
        emit({ program, threads, count, height, width, imagesPerSecond: rates });
      } catch (error) {
        emit({ program, failed: reasonOf(error) });
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A folder of one class: images of the sample, enlarged, as JPEG files. */
async function writePhotographs(folder: string, count: number): Promise<void> {
  const { train } = await loadCifar({ dataset: "CIFAR10-sample" });
  const { binding: { context } } = tf.backend() as unknown as { binding: Binding };
  await Deno.mkdir(join(folder, "photographs"));
  const indices = Array.from({ length: count }, (_, i) => i % train.size);
  for (const [i, { pixels, size }] of [...picturesOfSet(train, indices)].entries()) {
    const small = tf.tensor4d(pixels, [1, ...size, 3]);
    const large = tf.tidy(() => tf.image.resizeBilinear(small, [height, width]));
    const values = Uint8Array.from(await large.data());
    tf.dispose([small, large]);
    const file = encodeJpeg(context, values);
    await Deno.writeFile(join(folder, "photographs", `${i}.jpg`), file);
  }
}

/** TensorFlow's own encoder, on the CPU. */
function encodeJpeg(context: Context, pixels: Uint8Array): Uint8Array {
  const image = context.newHandle(DataType.uint8, [height, width, 3], pixels);
  const quality = { name: "quality", type: AttrType.int, value: 90 };
  const [encoded] = context.execute("EncodeJpeg", [quality], [image], 1) as [Handle];
  const [file] = context.read(encoded) as unknown as Uint8Array[];
  context.deleteHandle(image);
  context.deleteHandle(encoded);
  return file as Uint8Array;
}
