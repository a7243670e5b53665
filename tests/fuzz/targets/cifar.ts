/**
 * Damaged files of CIFAR: records, class names, and the archive that they come in.
 *
 * @module
 */
import { join } from "@std/path";
import { packTar, type TarEntry } from "modern-tar";
import type { CifarFormat } from "../../../lib/data/cifar_format.ts";
import { readClasses, readRecords } from "../../../lib/data/cifar_records.ts";
import { unpackArchive } from "../../../lib/data/unpack.ts";
import { UserError } from "../../../lib/errors.ts";
import { type Bytes, damage, happens, pick, resized } from "../bytes.ts";
import { tarFields } from "../fields.ts";
import { isA, sound, type Target } from "../target.ts";
import { Scratch } from "./seeds.ts";

const recordCount = 4;
const recordBytes = 3073;
const sample = new URL("../../../data/cifar10-sample/", import.meta.url);

/** The format of CIFAR-10 with few records. */
const format: CifarFormat = {
  labelBytes: 1,
  classCount: 10,
  classFile: "batches.meta.txt",
  train: [{ name: "data_batch_1.bin", records: recordCount }],
  test: [{ name: "test_batch.bin", records: recordCount }],
  folder: "cifar",
};

async function readSample(): Promise<{ classes: Bytes; records: Bytes }> {
  const whole = await Deno.readFile(new URL("test_batch.bin", sample));
  return {
    classes: await Deno.readFile(new URL(format.classFile, sample)),
    records: whole.slice(0, recordCount * recordBytes),
  };
}

/** Opens the target of record files and class names: one input is the one, then the other. */
export async function openFiles(): Promise<Target> {
  const scratch = new Scratch();
  const { classes, records } = await readSample();
  const path = format.train[0]!.name;
  return {
    make(random) {
      const labels = Array.from(
        { length: recordCount },
        (_, i) => ({ at: i * recordBytes, size: 1 }),
      );
      const damaged = damage(records, random, { fields: labels, others: [classes] });
      // Most damage changes the length, which is soon seen.
      const whole = happens(random, 0.5) ? damaged : resized(damaged, records.length);
      const names = happens(random, 0.5) ? damage(classes, random, { others: [records] }) : classes;
      const input = new Uint8Array(whole.length + names.length + 4);
      new DataView(input.buffer).setUint32(0, whole.length);
      input.set(whole, 4);
      input.set(names, 4 + whole.length);
      return input;
    },
    async read(input) {
      const end = 4 + new DataView(input.buffer).getUint32(0);
      scratch.put(path, input.subarray(4, end));
      scratch.put(format.classFile, input.subarray(end));
      const names = await readClasses(format, scratch.path);
      sound(names.length === format.classCount, "another number of classes");
      const { images, labels } = await readRecords(format, scratch.path, format.train, names);
      sound(images.length === recordCount * 3072, "another number of pixels");
      sound(labels.every((label) => label >= 0 && label < names.length), "a label out of range");
    },
    isNamed: isA(UserError),
    memory: (size) => 2 ** 26 + 8 * size,
    close: () => scratch.close(),
  };
}

/** Opens the target of archives. */
export async function openArchives(): Promise<Target> {
  const scratch = new Scratch();
  const { classes, records } = await readSample();
  const entry = (name: string, body: Bytes): TarEntry => ({
    header: { name, size: body.length, type: "file" },
    body,
  });
  const tar = await packTar([
    { header: { name: "cifar/", size: 0, type: "directory" } },
    entry("cifar/data_batch_1.bin", records.slice(0, recordBytes)),
    { header: { name: "cifar/link", size: 0, type: "symlink", linkname: "/etc" } },
    entry(`cifar/${"long".repeat(40)}.txt`, classes),
    entry("../escaped.txt", classes),
    entry("cifar/batches.meta.txt", classes),
  ]);
  const packed = await gzip(tar);
  const wanted = ["data_batch_1.bin", "batches.meta.txt"];
  const escapes = ["../cifar/x", "/tmp/x", "cifar/../../x", "cifar/batches.meta.txt/x"]
    .map((path) => new TextEncoder().encode(path));
  return {
    async make(random) {
      if (happens(random, 0.2)) return damage(packed, random, { others: [tar] });
      const damaged = damage(tar, random, { fields: tarFields(tar), others: [packed] });
      if (damaged.length > 512 && happens(random, 0.2)) {
        damaged.set(pick(random, escapes), 512 * random.integer(Math.floor(damaged.length / 512)));
      }
      return await gzip(damaged);
    },
    async read(input) {
      const around = join(scratch.path, "around");
      const parent = join(around, "inner");
      await Deno.mkdir(parent, { recursive: true });
      try {
        const archive = scratch.put("input.tar.gz", input);
        await unpackArchive(archive, { folder: format.folder, files: wanted }, parent);
        const made = filesIn(join(parent, format.folder));
        sound(made.join() === wanted.toSorted().join(), `unpacked ${made}`);
      } finally {
        const strays = [...filesIn(scratch.path), ...filesIn(around), ...filesIn(parent)]
          .filter((name) => !["input.tar.gz", "around", "inner", format.folder].includes(name));
        await Deno.remove(around, { recursive: true });
        sound(strays.length === 0, `outside of its folder: ${strays}`);
      }
    },
    // fetchArchive makes a UserError of each.
    isNamed: (error) =>
      error instanceof Error &&
      (error.name === "Error" || /gzip|deflate|unexpected end|whole buffer/i.test(error.message)),
    memory: (size) => 2 ** 27 + 8 * size,
    close: () => scratch.close(),
  };
}

/** The names in a folder, sorted; a link's or a folder's with a mark. */
function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Bytes> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}
