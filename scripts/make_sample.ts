/**
 * Makes the embedded sample, `data/cifar10-sample`, from the whole of CIFAR-10.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { join } from "@std/path";
import { readCifar } from "../lib/data/cifar.ts";
import {
  cifarFormats,
  imageBytes,
  imageSide,
  type RecordFile,
  transpose,
} from "../lib/data/cifar_format.ts";
import type { ImageSet } from "../lib/data/image_set.ts";
import { randomStream } from "../lib/random.ts";
import { runMain } from "../tasks/cli/main.ts";

const usage = `usage: make_sample.ts DATA_FOLDER [OUT] [--note TEXT]

Writes a sample of CIFAR-10 in its binary version to OUT (data/cifar10-sample): the same images
every time for the same DATA_FOLDER, as many of each class, in random order.
--note adds TEXT to the README.md there, such as what was done to the images before.`;

const seed = 0;

async function main(args: string[]): Promise<void> {
  const { _: [source, out = "data/cifar10-sample"], note, help } = parseArgs(args, {
    boolean: ["help"],
    string: ["note"],
  });
  if (help || source === undefined) {
    console.log(usage);
    Deno.exit(help ? 0 : 2);
  }
  const { train, test } = await readCifar("CIFAR10", String(source));
  const format = cifarFormats["CIFAR10-sample"];
  const folder = String(out);
  await Deno.mkdir(folder, { recursive: true });
  await writeRecords(folder, train, format.train[0]!);
  await writeRecords(folder, test, format.test[0]!);
  await Deno.writeTextFile(join(folder, format.classFile), train.classes.join("\n") + "\n");
  await Deno.writeTextFile(join(folder, "README.md"), readme(note as string | undefined));
}

async function writeRecords(folder: string, set: ImageSet, file: RecordFile): Promise<void> {
  await Deno.writeFile(join(folder, file.name), encode(set, balanced(set, file.records)));
}

/** Picks `count` images at random, as many of each class. */
function balanced(set: ImageSet, count: number): number[] {
  const left = set.classes.map(() => count / set.classes.length);
  const order = randomStream(seed).permutation(set.size);
  return [...order].filter((index) => left[set.labels[index]!]!-- > 0);
}

function encode(set: ImageSet, indices: number[]): Uint8Array {
  const recordBytes = 1 + imageBytes;
  const records = new Uint8Array(indices.length * recordBytes);
  indices.forEach((index, i) => {
    records[i * recordBytes] = set.labels[index]!;
    transpose(set.images, index * imageBytes, records, i * recordBytes + 1, imageSide ** 2);
  });
  return records;
}

function readme(note: string | undefined): string {
  const { train, test } = cifarFormats["CIFAR10-sample"];
  return `# A sample of CIFAR-10

Real images of CIFAR-10 (Alex Krizhevsky, [Learning Multiple Layers of Features from Tiny
Images](https://www.cs.toronto.edu/~kriz/learning-features-2009-TR.pdf), 2009;
[the data set's page](https://www.cs.toronto.edu/~kriz/cifar.html)), as many of each class, in
random order and in the layout of the data set's binary version:

- \`${train[0]!.name}\`: ${train[0]!.records} of the training images;
- \`${test[0]!.name}\`: ${test[0]!.records} of the test images;
- \`batches.meta.txt\`: the names of the classes.

It is for first runs and tests (\`--dataset CIFAR10-sample\`): far too small for an accuracy that
means anything. \`scripts/make_sample.ts\` made it.
${note === undefined ? "" : `\n${note}\n`}`;
}

if (import.meta.main) await runMain(main);
