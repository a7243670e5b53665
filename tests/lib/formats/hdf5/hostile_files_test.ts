/**
 * HDF5 files that lie, that lead elsewhere, and that are damaged: each ends in one clear error, soon.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { UserError } from "../../../../lib/errors.ts";
import { readHdf5 } from "../../../../lib/formats/hdf5/read_hdf5.ts";
import { long } from "../../../long.ts";
import { assertRefused, fixture } from "./files.ts";
import { forCuts, forWrongBytes } from "../damage.ts";

/** Of a worker that has to be started first, on a busy machine. */
const soonMs = 10_000;

const hostile: Record<string, string> = {
  "soft_link.h5": "/weight is a link to elsewhere",
  "external_link.h5": "/weight is a link to elsewhere",
  "external_storage.h5": "weight is damaged, or lies in another file",
  "virtual.h5": "weight is put together from other datasets",
  "loop.h5": "or hold themselves: /group/self/group/self",
  "doubling.h5": "more than 12 deep",
  "deep.h5": "more than 12 deep",
  "long_name.h5": "names of more than 1024 characters",
  "huge_contiguous.h5": "weight have 4398046511104 bytes",
  "huge_chunked.h5": "the most for its size",
  "bomb.h5": "weight is damaged",
};

for (const [name, part] of Object.entries(hostile)) {
  Deno.test(`readHdf5() soon refuses ${name}`, async () => {
    await assertRefused(fixture(name), part, { timeLimit: soonMs });
  });
}

Deno.test("readHdf5() reads four numbers out of a chunk of two gigabytes, or says it cannot", async () => {
  await readDamaged(fixture("huge_chunk.h5"));
});

Deno.test("readHdf5() gives a file up after the time limit, and leaves no worker behind", async () => {
  await assertRefused(fixture("hickle2.hkl"), "it takes more than 0 s", { timeLimit: 0 });
});

Deno.test("readHdf5() gives up a file over which the library would go on for hours", async () => {
  const bytes = fixture("virtual.h5");
  // One of its numbers, 3984, becomes 2 ** 49.
  bytes.set([0, 0, 0, 0, 0, 0, 2], 2168);
  const start = performance.now();
  await assertRefused(bytes, "it takes more than 2 s", { timeLimit: 2_000 });
  assert(performance.now() - start < 3 * soonMs);
});

/** Reads damaged bytes: nothing but a UserError may be thrown, and not for the time it takes. */
async function readDamaged(bytes: Uint8Array): Promise<boolean> {
  return await readHdf5(bytes, "a.hkl", { timeLimit: soonMs }).then(() => true, (error) => {
    if (!(error instanceof UserError)) throw error;
    assert(!error.message.includes("it takes more than"), error.message);
    return false;
  });
}

const whole = ["hickle2.hkl", "hickle5.hkl", "packed_latest_format.h5"];

long.test("readHdf5() refuses a file cut anywhere", async () => {
  for (const name of whole) {
    await forCuts(fixture(name), 5, async (damaged) => !await readDamaged(damaged));
  }
});

long.test("readHdf5() reads or refuses a file with wrong bytes, and does nothing else", async () => {
  for (const name of whole) {
    await forWrongBytes(fixture(name), 10, async (damaged) => void await readDamaged(damaged));
  }
});

Deno.test("readHdf5() finds wrong elements where there are checksums", async () => {
  const bytes = fixture("packed.h5");
  const { tensors } = await readHdf5(bytes, "packed.h5");
  assertEquals(Object.keys(tensors), ["float64"]);
  // Its chunks are the last that was written.
  const damaged = bytes.slice();
  damaged.fill(0xff, -64);
  await assertRefused(damaged, "float64 is damaged");
});
