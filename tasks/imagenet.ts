/**
 * `deno task imagenet`: trains a ResNet on a folder of classes, alone or from a teacher.
 *
 * @module
 */
import { UserError } from "../lib/errors.ts";
import { type ImageDecoder, openImageDecoder } from "../lib/images/decoder.ts";
import { evalImageBatches, trainImageBatches } from "../lib/images/image_batches.ts";
import { type ImageFolder, partOfFolder, readImageSplits } from "../lib/images/image_folder.ts";
import { IMAGENET_NORMALIZATION } from "../lib/data/normalize.ts";
import type { SkippedImages } from "../lib/images/skipped.ts";
import { accuracy, accuracy5, meanLoss, type Meter } from "../lib/train/meter.ts";
import type { ResNetOptions } from "../models/res_net.ts";
import { imagenetCommand, type ImagenetOptions } from "./cli/imagenet_options.ts";
import { runCommand } from "./cli/main.ts";
import { sgeOptions } from "./cli/network_options.ts";
import { startTensorFlow } from "./cli/engine.ts";
import { countLeftOut, tellLeftOut, tellSkipped } from "./run/image_notes.ts";
import { resNetArchitecture } from "../lib/networks/network.ts";
import { importNetwork, ownStudent } from "./run/own_network.ts";
import { evaluateNetwork, trainStudent } from "./run/train_student.ts";
import { beginRun } from "./run/begin_run.ts";
import type { StudentRun } from "./run/student_run.ts";
import { startWorkers } from "./run/workers.ts";

const evalBatchSize = 50;
/** One op at a time: teacher and student side by side take more memory and no less time. */
const opThreads = 1;
/** The normalization name to store in the network's file. */
const normalization = "imagenet";

if (import.meta.main) await runCommand(imagenetCommand, runImagenet);

/** Does what the options say. */
export async function runImagenet(options: ImagenetOptions): Promise<void> {
  if (options.evaluate) await evaluate(options);
  else await train(options);
}

async function train(options: ImagenetOptions): Promise<void> {
  const { model, depth } = options;
  const { folder, worker } = await beginRun(options, model ?? `resnet_${depth}`);
  const splits = await readImageSplits(options.imagenetpath as string);
  const [trained, evaluated] = [part(splits, "train", options), part(splits, "val", options)];
  for (const { path, leftOut } of [trained, evaluated]) tellLeftOut(path, leftOut);
  const { description, library } = await startTensorFlow({ ...options, opThreads, worker });
  const decoder = openDecoder(library, options);
  const skipped = tellSkipped();
  await trainStudent({
    options,
    task: imagenetCommand.name,
    table: imagenetCommand.options,
    folder,
    engine: description,
    team: worker && startWorkers(worker),
    student: await studentOf(options, trained.classes.length),
    size: trained.size,
    imageShape: imageShape(options),
    normalization,
    constants: IMAGENET_NORMALIZATION,
    teacher: options.teacherId ?? options.teacherParams,
    finetune: options.finetune,
    trainBatches: trainBatches(trained, decoder, skipped, options),
    testBatches: (part) => testBatches(partOfFolder(evaluated, part), decoder, skipped, options),
    moreMetrics: (train, test, testAverage) => ({
      train_top1: accuracy(train),
      train_top5: accuracy5(train),
      ...testMetrics(test),
      ...(testAverage && {
        ema_test_top1: accuracy(testAverage),
        ema_test_top5: accuracy5(testAverage),
      }),
      skipped_images: skipped.size,
      damaged_images: skipped.damaged,
      left_out_files: countLeftOut(trained.leftOut, evaluated.leftOut),
    }),
  });
  decoder.close();
}

async function studentOf(
  options: ImagenetOptions,
  numClasses: number,
): Promise<StudentRun["student"]> {
  const { model, depth, width } = options;
  if (model !== undefined) {
    return ownStudent(await importNetwork(model), numClasses, imageShape(options));
  }
  const sge = sgeOptions(options);
  return resNetArchitecture({ depth: depth as ResNetOptions["depth"], width, numClasses, ...sge });
}

function imageShape({ imageSize }: ImagenetOptions): StudentRun["imageShape"] {
  return [imageSize, imageSize, 3];
}

async function evaluate(options: ImagenetOptions): Promise<void> {
  const splits = await readImageSplits(options.imagenetpath as string);
  const folder = part(splits, "val", options);
  tellLeftOut(folder.path, folder.leftOut);
  const { library } = await startTensorFlow({ ...options, opThreads });
  const decoder = openDecoder(library, options);
  const skipped = tellSkipped();
  const { test, name } = await evaluateNetwork({
    options,
    images: folder.path,
    numClasses: folder.classes.length,
    imageShape: imageShape(options),
    normalization,
    testBatches: () => testBatches(folder, decoder, skipped, options),
  });
  decoder.close();
  const stats = {
    test_loss: meanLoss(test),
    test_acc: accuracy(test),
    ...testMetrics(test),
    images: test.examples,
    skipped_images: skipped.size,
    damaged_images: skipped.damaged,
    left_out_files: countLeftOut(folder.leftOut),
    network: name,
  };
  console.log(`json_stats: ${JSON.stringify(stats)}`);
}

function part(
  splits: Awaited<ReturnType<typeof readImageSplits>>,
  name: "train" | "val",
  { imagenetpath }: ImagenetOptions,
): ImageFolder {
  const folder = splits[name];
  if (folder) return folder;
  throw new UserError(
    `Cannot use ${imagenetpath}: it holds no ${name}/ with a folder of images for each class`,
  );
}

function openDecoder(library: string, options: ImagenetOptions): ImageDecoder {
  const { imageSize, decodeThreads, maxImagePixels } = options;
  return openImageDecoder({
    library,
    size: imageSize,
    normalization: IMAGENET_NORMALIZATION,
    threads: decodeThreads,
    maxPixels: maxImagePixels,
  });
}

function trainBatches(
  folder: ImageFolder,
  decoder: ImageDecoder,
  skipped: SkippedImages,
  { batchSize, seed, colorJitter: jitter }: ImagenetOptions,
): StudentRun["trainBatches"] {
  return (epoch, first, part) =>
    trainImageBatches(folder, {
      decoder,
      skipped,
      batchSize,
      seed,
      epoch,
      first,
      part,
      ...(jitter > 0 && { jitter: { brightness: jitter, contrast: jitter, saturation: jitter } }),
    });
}

function testBatches(
  folder: ImageFolder,
  decoder: ImageDecoder,
  skipped: SkippedImages,
  { resize }: ImagenetOptions,
) {
  return evalImageBatches(folder, { decoder, skipped, batchSize: evalBatchSize, resize });
}

function testMetrics(test: Meter): { test_top1: number; test_top5: number } {
  return { test_top1: accuracy(test), test_top5: accuracy5(test) };
}
