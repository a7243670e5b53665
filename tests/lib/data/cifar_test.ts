/**
 * The reader of CIFAR: the embedded sample, and files that are not right.
 *
 * @module
 */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { loadCifar, readCifar, sampleFolder } from "../../../lib/data/cifar.ts";
import { imageBytes, imageSide, transpose } from "../../../lib/data/cifar_format.ts";
import type { ImageSet } from "../../../lib/data/image_set.ts";
import { UserError } from "../../../lib/errors.ts";
import { inFolder, namesIn } from "../../folders.ts";

const samplePath = fromFileUrl(new URL("../../../data/cifar10-sample", import.meta.url));
const nowhere = `http://127.0.0.1:${closedPort()}/`;
const classNames = "airplane automobile bird cat deer dog frog horse ship truck".split(" ");

function closedPort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return listener.addr.port;
}

/** Runs a test on a copy of the sample that it may break. */
function onCopyOfSample(test: (folder: string) => Promise<void>): Promise<void> {
  return inFolder(async (folder) => {
    for (const file of ["data_batch_1.bin", "test_batch.bin", "batches.meta.txt"]) {
      await Deno.copyFile(join(samplePath, file), join(folder, file));
    }
    await test(folder);
  });
}

/** Checks that the sample in a folder is refused with one line that has these parts. */
async function assertRefused(folder: string, ...parts: string[]): Promise<void> {
  const { message } = await assertRejects(() => readCifar("CIFAR10-sample", folder), UserError);
  for (const part of parts) assert(message.includes(part), `${part} is not in: ${message}`);
  assert(!message.includes("\n"), message);
}

/** Makes a file of zeros, which takes no room on most disks. */
async function writeZeros(path: string, size: number): Promise<void> {
  await Deno.create(path).then((file) => file.close());
  await Deno.truncate(path, size);
}

function countByClass({ labels, classes }: ImageSet): number[] {
  return classes.map((_, label) => labels.filter((other) => other === label).length);
}

function encode({ images, labels, size }: ImageSet): Uint8Array {
  const records = new Uint8Array(size * (1 + imageBytes));
  for (let i = 0; i < size; i++) {
    records[i * (1 + imageBytes)] = labels[i]!;
    transpose(images, i * imageBytes, records, i * (1 + imageBytes) + 1, imageSide ** 2);
  }
  return records;
}

Deno.test("readCifar() reads the sample, balanced over its classes", async () => {
  const { train, test } = await readCifar("CIFAR10-sample", samplePath);
  for (const [set, size] of [[train, 2_000], [test, 500]] as const) {
    const { height, width, channels, classes } = set;
    assertEquals([set.size, height, width, channels], [size, 32, 32, 3]);
    assertEquals(set.images.length, size * 32 * 32 * 3);
    assertEquals(set.labels.length, size);
    assertEquals([...classes], classNames);
    assertEquals(countByClass(set), Array(10).fill(size / 10));
  }
});

Deno.test("readCifar() loses nothing: written again, the records are the same", async () => {
  const { train, test } = await readCifar("CIFAR10-sample", samplePath);
  assertEquals(encode(train), await Deno.readFile(join(samplePath, "data_batch_1.bin")));
  assertEquals(encode(test), await Deno.readFile(join(samplePath, "test_batch.bin")));
});

Deno.test("readCifar() turns planes of red, green and blue to pixels", () =>
  onCopyOfSample(async (folder) => {
    const path = join(folder, "test_batch.bin");
    const bytes = await Deno.readFile(path);
    const record = 7 * 3073;
    bytes[record] = 9;
    bytes[record + 1 + 32 * 5 + 6] = 10;
    bytes[record + 1 + 1024 + 32 * 5 + 6] = 20;
    bytes[record + 1 + 2048 + 32 * 5 + 6] = 30;
    await Deno.writeFile(path, bytes);
    const { test } = await readCifar("CIFAR10-sample", folder);
    const pixel = ((7 * 32 + 5) * 32 + 6) * 3;
    assertEquals([...test.images.subarray(pixel, pixel + 3)], [10, 20, 30]);
    assertEquals(test.labels[7], 9);
  }));

Deno.test("loadCifar() reads the fine labels of CIFAR-100 that is there, without a download", () =>
  inFolder(async (parent) => {
    const folder = join(parent, "cifar-100-binary");
    await Deno.mkdir(folder);
    await writeZeros(join(folder, "train.bin"), 50_000 * 3074);
    await writeZeros(join(folder, "test.bin"), 10_000 * 3074);
    const names = Array.from({ length: 100 }, (_, i) => `class ${i}`);
    await Deno.writeTextFile(join(folder, "fine_label_names.txt"), names.join("\n") + "\n\n");
    const file = await Deno.open(join(folder, "test.bin"), { write: true });
    await file.seek(3 * 3074, Deno.SeekMode.Start);
    await file.write(Uint8Array.of(19, 99, 1));
    file.close();
    const { train, test } = await loadCifar({
      dataset: "CIFAR100",
      dataroot: parent,
      log: (line) => assert(false, line),
      source: nowhere,
    });
    assertEquals([train.size, test.size, test.classes.length], [50_000, 10_000, 100]);
    assertEquals(test.labels[3], 99);
    assertEquals([...test.images.subarray(3 * 3072, 3 * 3072 + 3)], [1, 0, 0]);
  }));

Deno.test("readCifar() says where it looked when nothing is there", () =>
  inFolder(async (folder) => {
    const { message } = await assertRejects(() => readCifar("CIFAR10", folder), UserError);
    assertEquals(
      message,
      `Cannot read CIFAR10: no data_batch_1.bin in ${folder} or in ` +
        `${join(folder, "cifar-10-batches-bin")}; name the folder with the option dataroot, ` +
        "or try the data set CIFAR10-sample",
    );
    await assertRefused(folder, "it is part of the repository and not of the package");
    const file = join(folder, "file");
    await Deno.writeTextFile(file, "");
    await assertRefused(file, `no data_batch_1.bin in ${file}`);
  }));

Deno.test("a folder that holds another version of CIFAR says so, and what to download", async () => {
  const versions = [
    ["CIFAR10", "cifar-10-batches-py", "data_batch_1", "Python", "cifar-10-binary.tar.gz"],
    ["CIFAR10", "cifar-10-batches-mat", "data_batch_1.mat", "Matlab", "cifar-10-binary.tar.gz"],
    ["CIFAR100", "cifar-100-python", "train", "Python", "cifar-100-binary.tar.gz"],
    ["CIFAR100", "cifar-100-matlab", "train.mat", "Matlab", "cifar-100-binary.tar.gz"],
  ] as const;
  for (const [dataset, name, file, version, archive] of versions) {
    await inFolder(async (around) => {
      const folder = join(around, name);
      await Deno.mkdir(folder);
      await Deno.writeTextFile(join(folder, file), "");
      const says =
        `${folder} holds the ${version} version of ${dataset}, and what is read here is ` +
        "the binary version";
      for (const dataroot of [around, folder]) {
        const { message } = await assertRejects(() => readCifar(dataset, dataroot), UserError);
        assertEquals(
          message,
          `Cannot read ${dataset}: ${says}; download https://www.cs.toronto.edu/~kriz/${archive} and ` +
            `unpack it in ${dataroot}; name the folder with the option dataroot, or try the data set CIFAR10-sample`,
        );
        const lines: string[] = [];
        const log = (line: string) => lines.push(line);
        const load = () => loadCifar({ dataset, dataroot, log, source: nowhere });
        const failed = await assertRejects(load, UserError);
        assert(failed.message.includes(`(${says}); try `), failed.message);
        assertEquals(lines, [`${says}: fetching ${nowhere}${archive}`]);
      }
    });
  }
});

Deno.test("readCifar() takes a folder of images named train for no version of CIFAR", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(join(folder, "train"));
    await assertRejects(() => readCifar("CIFAR100", folder), UserError, "no train.bin in");
  }));

Deno.test("readCifar() refuses a file that is cut, too long or empty", () =>
  onCopyOfSample(async (folder) => {
    const path = join(folder, "data_batch_1.bin");
    for (const [size, found] of [[6_145_999, "6,145,999"], [6_146_001, "6,146,001"], [0, "0"]]) {
      await Deno.truncate(path, size as number);
      await assertRefused(folder, path, "6,146,000 bytes expected", `one of ${found} found`);
    }
  }));

Deno.test("readCifar() refuses a missing file and a folder in place of one", () =>
  onCopyOfSample(async (folder) => {
    const path = join(folder, "test_batch.bin");
    await Deno.remove(path);
    await assertRefused(folder, path, "1,536,500 bytes expected, nothing found");
    await Deno.mkdir(path);
    await assertRefused(folder, path, "1,536,500 bytes expected, a folder found");
  }));

Deno.test("readCifar() refuses a label that is no class", () =>
  onCopyOfSample(async (folder) => {
    const path = join(folder, "data_batch_1.bin");
    const bytes = await Deno.readFile(path);
    bytes[1_234 * 3073] = 10;
    await Deno.writeFile(path, bytes);
    await assertRefused(folder, path, "label 0 to 9 expected, 10 found in record 1234");
  }));

Deno.test("readCifar() refuses a file of class names that is too large to be one", () =>
  onCopyOfSample(async (folder) => {
    await writeZeros(join(folder, "batches.meta.txt"), 2 ** 34);
    await assertRefused(folder, "a text file expected, one of 17,179,869,184 bytes found");
  }));

Deno.test("readCifar() refuses class names of another number", () =>
  onCopyOfSample(async (folder) => {
    const path = join(folder, "batches.meta.txt");
    await Deno.writeTextFile(path, classNames.slice(1).join("\r\n"));
    await assertRefused(folder, path, "10 class names expected, one a line, 9 found");
    await Deno.remove(path);
    await assertRefused(folder, path, "nothing found");
  }));

Deno.test("readCifar() refuses a data set it does not know", async () => {
  // @ts-expect-error: no such data set
  await assertRejects(() => readCifar("MNIST", samplePath), RangeError, "current value is MNIST");
});

Deno.test("loadCifar() finds the sample from any folder, whatever the data root", async () => {
  const options = { dataset: "CIFAR10-sample", dataroot: "no such folder" } as const;
  const { train } = await loadCifar(options);
  assertEquals(train.size, 2_000);
});

Deno.test("loadCifar() does not fetch over an incomplete folder", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "batches.meta.txt"), classNames.join("\n"));
    const options = { dataset: "CIFAR10", dataroot: folder, source: nowhere } as const;
    const path = join(folder, "data_batch_1.bin");
    await assertRejects(() => loadCifar(options), UserError, `Cannot read ${path}: a file of`);
  }));

Deno.test("loadCifar() says what to do when the site cannot be reached", () =>
  inFolder(async (folder) => {
    const dataroot = join(folder, "data");
    const source = nowhere;
    const lines: string[] = [];
    const { message } = await assertRejects(
      () => loadCifar({ dataset: "CIFAR100", dataroot, source, log: (line) => lines.push(line) }),
      UserError,
    );
    const file = join(dataroot, "cifar-100-binary", "train.bin");
    assert(message.startsWith(`Cannot fetch ${source}cifar-100-binary.tar.gz into ${dataroot}: `));
    assert(
      message.endsWith(
        "; try the data set CIFAR10-sample, which needs no download, " +
          `or unpack cifar-100-binary.tar.gz so that ${file} is there`,
      ),
    );
    assert(!message.includes("\n"), message);
    assertEquals(lines, [
      `CIFAR100 is not in ${dataroot}: fetching ${source}cifar-100-binary.tar.gz`,
    ]);
    assertEquals(namesIn(dataroot), ["cifar-100-binary.lock"]);
  }));

Deno.test("sampleFolder() is in the repository, and not in the package", () => {
  const module = new URL("../../../lib/data/cifar.ts", import.meta.url).href;
  assertEquals(join(sampleFolder(module), "x"), join(samplePath, "x"));
  assertThrows(
    () => sampleFolder("https://example.com/core/0.1.0/lib/data/cifar.ts"),
    UserError,
    "it is part of the repository and not of the package",
  );
});
