/**
 * Damaged files of torch.save: archives, their pickles, and the older format.
 *
 * @module
 */
import { Uint8ArrayWriter, ZipReader } from "@zip.js/zip.js";
import { ZipBytesReader } from "../../../lib/formats/pytorch/zip_end.ts";
import type { Random } from "../../../lib/random.ts";
import { concat, latin1, zip } from "../../lib/formats/pytorch/crafted.ts";
import { type Bytes, damage, type DamageOptions, happens, pick } from "../bytes.ts";
import { zipFields } from "../fields.ts";
import type { Target } from "../target.ts";
import { paramsTarget } from "./params.ts";
import { fixturesIn, readFixtures } from "./seeds.ts";

/** Every operation of a pickle, and two that there are not. */
const operations = latin1(
  "().012NFGIJKLMPQRSTUVXabcdeghijloqprstu]}B" +
    "\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f" +
    "\x90\x91\x92\x93\x94\x95\x96\x97\x98\x99\xff",
);

/** Pieces of pickles that ask for what they should not. */
const hostilePieces = [
  "cos\nsystem\n(X\x02\0\0\0lstR",
  "cbuiltins\neval\n",
  "c__builtin__\ngetattr\n",
  "ctorch\nload\n",
  "ccollections\nOrderedDict\n)R",
  "ctorch._utils\n_rebuild_tensor_v2\n",
  "ctorch\nSize\n",
  "cargparse\nNamespace\n)R",
  "X\xff\xff\xff\x7f",
  "X\x09\0\0\0__proto__",
  "\x8b\xff\xff\xff\x7f",
  "I-1\n",
  "L99999999999999999999L\n",
  "J\xff\xff\xff\xff",
  "G\x7f\xf8\0\0\0\0\0\0",
  "(((",
  "]q\x00h\x00a",
  "}q\x01",
  "h\x00",
  "j\xff\xff\xff\xff",
  "2",
  "0",
  "t",
  "R",
  "Q",
  "b",
  ".",
].map(latin1);

/** Damages a pickle operation by operation, or as bytes. */
function damagePickle(pickle: Uint8Array, random: Random, options: DamageOptions): Bytes {
  if (happens(random, 0.3)) return damage(pickle, random, options);
  let bytes: Bytes = pickle.slice();
  for (let i = happens(random, 0.6) ? 1 : 1 + random.integer(4); i > 0; i--) {
    const at = random.integer(bytes.length);
    if (happens(random, 0.6)) {
      bytes[at] = pick(random, [...operations]);
    } else {
      const erased = random.integer(3);
      const rest = bytes.subarray(Math.min(bytes.length, at + erased));
      bytes = concat(bytes.subarray(0, at), pick(random, hostilePieces), rest);
    }
  }
  return bytes;
}

type Entries = Record<string, { data: Uint8Array }>;

async function readEntries(archive: Uint8Array): Promise<Entries> {
  const reader = new ZipReader(new ZipBytesReader(archive), { useWebWorkers: false });
  const entries: Entries = {};
  for (const entry of await reader.getEntries()) {
    if (!entry.directory) {
      entries[entry.filename] = { data: await entry.getData(new Uint8ArrayWriter()) };
    }
  }
  return entries;
}

/** The archive written anew, without checksums, its pickle or another entry damaged or misnamed. */
function damageEntries(entries: Entries, random: Random): Bytes {
  const names = Object.keys(entries);
  const pickled = names.find((name) => name.endsWith("data.pkl"))!;
  const name = happens(random, 0.85) ? pickled : pick(random, names);
  const { [name]: chosen, ...rest } = entries;
  if (happens(random, 0.05)) {
    return zip({
      ...rest,
      [pick(random, ["../x", "/x", "a/../data.pkl", "__proto__", ""])]: chosen!,
    });
  }
  const data = name === pickled
    ? damagePickle(chosen!.data, random, {})
    : damage(chosen!.data, random);
  return zip({ ...rest, [name]: { data } });
}

/** Where the pickles of an older file end: the storages begin there. */
const header = 0.8;

function damageOlder(file: Uint8Array, random: Random, others: readonly Uint8Array[]): Bytes {
  if (happens(random, 0.3)) return damage(file, random, { others });
  const cut = Math.floor(file.length * header);
  return concat(damagePickle(file.subarray(0, cut), random, { others }), file.subarray(cut));
}

const isArchive = (file: Uint8Array) => file[0] === 0x50;

async function openTarget(extension: string, names: readonly string[]): Promise<Target> {
  const seeds = readFixtures(names);
  const archives = await Promise.all(
    seeds.map((file) => isArchive(file) ? readEntries(file) : undefined),
  );
  return paramsTarget(extension, (random) => {
    const index = random.integer(seeds.length);
    const file = seeds[index]!;
    const entries = archives[index];
    if (!entries) return damageOlder(file, random, seeds);
    if (happens(random, 0.6)) return damageEntries(entries, random);
    return damage(file, random, { fields: zipFields(file), others: seeds });
  });
}

/** Opens the target of `.pth` files: all that the tests have but the large one. */
export async function openPth(): Promise<Target> {
  return await openTarget(".pth", fixturesIn("pytorch", /(?<!export)\.pth$/));
}

/** Opens the target of `.pt7` files: runs of the original, and files of its time. */
export async function openPt7(): Promise<Target> {
  const names = ["run.pt7", "tensors_legacy.pth", "protocol1_legacy.pth", "checkpoint_legacy.pth"];
  return await openTarget(".pt7", names.map((name) => `pytorch/${name}`));
}
