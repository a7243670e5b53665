/**
 * TensorBoard events.
 *
 * @module
 */
import { join } from "@std/path";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import protobuf from "protobufjs/minimal.js";
import { UserError } from "../../../lib/errors.ts";
import { inFolder, namesIn } from "../../folders.ts";
import { openSummaries } from "../../../lib/backend/summaries.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { assertFreesAll } from "../jit/counts.ts";

await useTensorFlow();

/** The fields of a protocol buffer message, by their numbers. */
function fields(message: Uint8Array): Map<number, Uint8Array | number> {
  const reader = protobuf.Reader.create(message);
  const found = new Map<number, Uint8Array | number>();
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const [field, wireType] = [tag >>> 3, tag & 7];
    if (wireType === 0) found.set(field, Number(reader.int64()));
    else if (wireType === 2) found.set(field, reader.bytes());
    else if (wireType === 5) found.set(field, reader.float());
    else found.set(field, reader.double());
  }
  return found;
}

/** The messages of a TFRecord file: length (8 bytes), its checksum (4), the message, its checksum. */
function* records(file: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let offset = 0; offset < file.length;) {
    const length = Number(view.getBigUint64(offset, true));
    yield file.subarray(offset + 12, offset + 12 + length);
    offset += length + 16;
  }
}

interface ScalarEvent {
  step: number;
  tag: string;
  value: number;
}

/** The scalars of an events file. Field numbers: TensorFlow's event.proto and summary.proto. */
function scalars(file: Uint8Array): ScalarEvent[] {
  return [...records(file)].flatMap((record) => {
    const event = fields(record);
    const summary = event.get(5);
    if (!(summary instanceof Uint8Array)) return []; // the first record is the file's version
    const value = fields(fields(summary).get(1) as Uint8Array);
    return [{
      step: (event.get(2) ?? 0) as number,
      tag: new TextDecoder().decode(value.get(1) as Uint8Array),
      value: value.get(2) as number,
    }];
  });
}

async function eventFiles(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.filter(({ name }) => name.includes("tfevents")).map(({ name }) =>
    join(folder, name)
  );
}

Deno.test("openSummaries() writes scalars that TensorBoard can read", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const summaries = openSummaries(folder);
    for (const step of [0, 1, 100_000]) {
      summaries.scalar("train/loss", step / 4, step);
      summaries.scalar("Genauigkeit ä", -0.1, step);
    }
    summaries.flush();
    const files = await eventFiles(folder);
    assertEquals(files.length, 1);
    const events = scalars(await Deno.readFile(files[0]!));
    assertEquals(events.map(({ step, tag }) => ({ step, tag })), [
      { step: 0, tag: "train/loss" },
      { step: 0, tag: "Genauigkeit ä" },
      { step: 1, tag: "train/loss" },
      { step: 1, tag: "Genauigkeit ä" },
      { step: 100_000, tag: "train/loss" },
      { step: 100_000, tag: "Genauigkeit ä" },
    ]);
    [0, -0.1, 0.25, -0.1, 25_000, -0.1].forEach((value, i) => {
      assertAlmostEquals(events[i]!.value, value, 1e-6);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("openSummaries() leaves no tensors of the scalars behind", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const summaries = openSummaries(folder);
    await assertFreesAll(() => {
      for (let step = 0; step < 50; step++) summaries.scalar("loss", 1, step);
      summaries.flush();
    });
    assert((await eventFiles(folder)).length === 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("openSummaries() writes through no link that lies in the folder", {
  ignore: Deno.build.os === "windows",
}, () =>
  inFolder(async (folder) => {
    const run = join(folder, "run");
    await Deno.mkdir(run);
    const other = join(folder, "other");
    await Deno.writeTextFile(other, "theirs");
    // TensorFlow names its file after the second and the machine.
    const second = Math.floor(Date.now() / 1000);
    for (let i = 0; i < 20; i++) {
      const name = `events.out.tfevents.${second + i}.${Deno.hostname()}.${i}.v2`;
      await Deno.symlink(other, join(run, name));
    }
    const names = namesIn(run);
    assertThrows(() => openSummaries(run), UserError, "is a link or a device, and no file");
    assertEquals([namesIn(run), await Deno.readTextFile(other)], [names, "theirs"]);
  }));
