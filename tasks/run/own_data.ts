/**
 * Data of the user's own: what the module of `--model` exports as `data`, for `--dataset own`.
 *
 * @module
 */
import { describeValue } from "../../lib/arguments.ts";
import type { Cifar } from "../../lib/data/cifar.ts";
import type { ImageSet } from "../../lib/data/image_set.ts";
import { checkNormalization, type Normalization } from "../../lib/data/normalize.ts";
import { UserError } from "../../lib/errors.ts";
import { isObject } from "../../lib/json.ts";
import { cannotUse, type OwnNetwork } from "./own_network.ts";

/** Images to train on and to evaluate on. */
export interface Data extends Cifar {
  /** How to normalise the images. Default: as `--normalization` says. */
  readonly normalization?: Normalization | undefined;
}

/**
 * Calls the network's export `data`.
 *
 * @throws {UserError} If there is none, or it gives no two sets of images that belong together.
 */
export async function ownData(network: OwnNetwork): Promise<Data> {
  const { file, data } = network;
  if (data === undefined) {
    throw new UserError(
      `Cannot use --dataset own: ${file} exports no data, a function that gives { train, test }`,
    );
  }
  try {
    const given = await data();
    if (!isObject(given)) {
      throw new TypeError(`data gives ${describeValue(given)}, and must give { train, test }`);
    }
    const { train, test, normalization } = given as unknown as Data;
    for (const [name, set] of Object.entries({ train, test })) checkSet(name, set);
    checkAlike(train, test);
    checkConstants(train, normalization);
    return { train, test, normalization };
  } catch (error) {
    throw cannotUse(network, error);
  }
}

function checkSet(name: string, set: ImageSet): void {
  if (!isObject(set)) {
    throw new TypeError(`data gives ${describeValue(set)} as ${name}: it must be a set of images`);
  }
  const { images, labels, size, height, width, channels, classes } = set;
  const sizes = { size, height, width, channels };
  for (const [what, value] of Object.entries(sizes)) {
    if (Number.isInteger(value) && value > 0) continue;
    throw new TypeError(
      `${name}.${what} is ${describeValue(value)}: it must be a whole number from 1`,
    );
  }
  if (!Array.isArray(classes) || classes.length === 0) {
    throw new TypeError(`${name}.classes must be the names of the classes, in an array`);
  }
  checkArray(`${name}.images`, images, Uint8Array, size * height * width * channels);
  checkArray(`${name}.labels`, labels, Int32Array, size);
  const wrong = labels.find((label) => label < 0 || label >= classes.length);
  if (wrong === undefined) return;
  throw new RangeError(
    `${name}.labels has ${wrong}: labels go from 0 to ${classes.length - 1}, for there are ` +
      `${classes.length} classes`,
  );
}

function checkArray(
  what: string,
  array: ArrayLike<number>,
  type: Uint8ArrayConstructor | Int32ArrayConstructor,
  length: number,
): void {
  if (array instanceof type && array.length === length) return;
  const given = array instanceof type ? `${array.length} numbers` : describeValue(array);
  throw new TypeError(`${what} is ${given}: it must be ${type.name} of ${length}`);
}

/** Both sets must be of the same problem. */
function checkAlike(train: ImageSet, test: ImageSet): void {
  const factsOf = ({ height, width, channels, classes }: ImageSet) =>
    `images [${height}, ${width}, ${channels}] of ${classes.length} classes`;
  const [one, other] = [factsOf(train), factsOf(test)];
  if (one !== other) throw new TypeError(`train has ${one}, and test ${other}`);
}

function checkConstants(set: ImageSet, normalization: Normalization | undefined): void {
  const { height, width, channels } = set;
  if (normalization === undefined) {
    if (channels === 3) return;
    throw new TypeError(
      `its images are [${height}, ${width}, ${channels}], and --normalization is for three colours: ` +
        "let data give normalization: { mean, std } too, a number for each channel, of 0 to 255",
    );
  }
  const { mean, std } = Object(normalization) as Normalization;
  if (!Array.isArray(mean) || !Array.isArray(std)) {
    throw new TypeError("normalization must be { mean, std }, with a number for each channel");
  }
  checkNormalization({ mean, std }, channels);
}
