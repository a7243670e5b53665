/** Tests of data that the module of a network exports. @module */
import "@tensorflow/tfjs";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import type { ImageSet } from "../../../lib/data/image_set.ts";
import { NORMALIZATION } from "../../../lib/data/normalize.ts";
import { UserError } from "../../../lib/errors.ts";
import { normalizationOf } from "../../../tasks/run/cifar_run.ts";
import { ownData } from "../../../tasks/run/own_data.ts";
import { importNetwork, type OwnNetwork } from "../../../tasks/run/own_network.ts";
import { inFolder } from "../../folders.ts";

const example = fromFileUrl(new URL("../../../examples/task_network.ts", import.meta.url));

const set: ImageSet = {
  ...{ images: new Uint8Array(2 * 4 * 3 * 3), labels: Int32Array.of(0, 1), size: 2 },
  ...{ height: 4, width: 3, channels: 3, classes: ["a", "b"] },
};

/** A network whose file exports this function. */
function giving(data: unknown): OwnNetwork {
  const nothing = () => ({}) as never;
  const place = { file: "net.ts", url: "file:///net.ts", digest: "" };
  return { ...place, f: nothing, init: nothing, data: data as OwnNetwork["data"] };
}

Deno.test("ownData() gives the data of a file, also if that comes later", async () => {
  const { train, test, normalization } = await ownData(await importNetwork(example));
  assertEquals([train.size, test.size, normalization], [1000, 200, undefined]);
  assert(new Set(train.images).size > 150);
  const grey = { ...set, channels: 1, images: new Uint8Array(2 * 4 * 3) };
  const constants = { mean: [127], std: [60] };
  const later = () => Promise.resolve({ train: grey, test: grey, normalization: constants });
  assertEquals(await ownData(giving(later)), { train: grey, test: grey, normalization: constants });
});

Deno.test("ownData() says in a line what is wrong", async () => {
  const refused = async (data: unknown, message: RegExp) => {
    const error = await assertRejects(() => ownData(giving(data)), UserError);
    assert(/^Cannot use [^\p{Cc}]{1,400}$/u.test(error.message), error.message);
    assertMatch(error.message, message);
  };
  await refused(undefined, /--dataset own: net\.ts exports no data, a function/);
  await refused(() => 1, /in net\.ts: data gives 1, and must give \{ train, test \}/);
  await refused(() => Promise.reject(new Error("no\nfile")), /in net\.ts: no file$/);
  await refused(() => ({ train: set }), /data gives undefined as test: it must be a set of images/);
  const cases: [change: object, message: RegExp][] = [
    [{ size: 2.5 }, /train\.size is 2\.5: it must be a whole number from 1/],
    [{ height: undefined }, /train\.height is undefined/],
    [{ size: 0 }, /train\.size is 0/],
    [{ classes: [] }, /train\.classes must be the names of the classes/],
    [{ classes: 2 }, /train\.classes must be/],
    [{ images: [1, 2] }, /train\.images is an array: it must be Uint8Array of 72/],
    [{ images: new Uint8Array(71) }, /train\.images is 71 numbers: it must be Uint8Array of 72/],
    [{ labels: new Uint8Array(2) }, /train\.labels is .*: it must be Int32Array of 2/],
    [
      { labels: Int32Array.of(0, 2) },
      /train\.labels has 2: labels go from 0 to 1, for there are 2/,
    ],
    [{ labels: Int32Array.of(-1, 0) }, /train\.labels has -1/],
    [
      { height: 3, width: 4 },
      /train has images \[3, 4, 3\] of 2 classes, and test images \[4, 3, 3\]/,
    ],
    [{ classes: ["a", "b", "c"] }, /of 3 classes, and test .* of 2 classes/],
  ];
  for (const [change, message] of cases) {
    await refused(() => ({ train: { ...set, ...change }, test: set }), message);
  }
});

Deno.test("ownData() needs constants for images that are not in three colours, and checks them", async () => {
  const grey = { ...set, channels: 1, images: new Uint8Array(2 * 4 * 3) };
  const refused = async (normalization: unknown, message: RegExp) => {
    const data = () => ({ train: grey, test: grey, normalization });
    assertMatch((await assertRejects(() => ownData(giving(data)), UserError)).message, message);
  };
  await refused(
    undefined,
    /its images are \[4, 3, 1\], and --normalization is for three colours: let data give norm/,
  );
  await refused("paper", /normalization must be \{ mean, std \}/);
  await refused({ mean: [0], std: [1, 2] }, /1 means and 2 standard deviations/);
  await refused({ mean: [0], std: [0] }, /by the standard deviation 0: it must be above 0/);
});

Deno.test("importNetwork() refuses data that is no function, and a folder", () =>
  inFolder(async (folder) => {
    const path = join(folder, "net.ts");
    await Deno.writeTextFile(
      path,
      "export const f = () => 1; export const init = () => 1; export const data = [];",
    );
    const refused = async (path: string, message: RegExp) =>
      assertMatch((await assertRejects(() => importNetwork(path), UserError)).message, message);
    await refused(path, /Cannot use an array as the export data: it must be a function/);
    await refused(folder, /Cannot use the network in .*: is a directory/);
  }));

Deno.test("normalizationOf() knows the constants of a recipe by their name", () => {
  const options = { normalization: "paper" } as const;
  assertEquals(normalizationOf({}, options).constants, NORMALIZATION.paper);
  const { mean, std } = NORMALIZATION.repdistiller;
  const same = { mean: [...mean], std: [...std] };
  const { normalization, constants } = normalizationOf({ normalization: same }, options);
  assertEquals([normalization, constants], ["repdistiller", same]);
  const own = { mean: [1, 2], std: [3, 4] };
  assertEquals(normalizationOf({ normalization: own }, options), {
    ...{ normalization: "mean 1,2, std 3,4", constants: own },
  });
});
