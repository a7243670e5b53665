/**
 * Caches a frozen teacher's outputs for every training image: its logits, the attention maps of some
 * groups and its class activation maps, for the image and its flipped copy.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { ModelOutput } from "../../models/model.ts";
import { tidy } from "../../models/layers.ts";
import type { Batch, BatchValues, SourceImages } from "../data/batches.ts";
import { UserError } from "../errors.ts";
import { type AttentionMapOptions, spatialMap } from "../losses/attention.ts";
import { addPrefix, mapValues, underPrefix } from "../params.ts";
import { toTensors } from "./device.ts";
import { dispose } from "./dispose.ts";
import type { TeacherOutput, TensorBatch } from "./loss.ts";
import type { Batches } from "./pipeline.ts";

/** Cached tensors by name, each `[N, ...]`. */
export type CachedOutputs = Record<string, tf.Tensor>;

/** What to cache of a teacher. */
export interface CacheOptions {
  /** The teacher, with fixed parameters and mode. */
  f: (images: tf.Tensor4D) => ModelOutput;
  /** The groups whose attention maps are cached. */
  groups: readonly number[];
  /** The options of the maps. */
  attention: AttentionMapOptions;
  /** Makes the class activation maps of an output, if they are cached. */
  classMaps?: ((output: ModelOutput) => tf.Tensor4D | undefined) | undefined;
}

const mapPrefix = "maps/";

/** The outputs to cache for images and for their flipped copies, as a pure function. */
export function outputsToCache(
  { f, groups, attention, classMaps }: CacheOptions,
): (images: tf.Tensor4D) => [asTheyAre: CachedOutputs, flipped: CachedOutputs] {
  const of = (images: tf.Tensor4D): CachedOutputs => {
    const output = f(images);
    const { logits, groups: activations } = output;
    const ofClasses = classMaps?.(output);
    const maps = groups.map((group) =>
      [String(group), spatialMap(activations[group] as tf.Tensor4D, attention)] as const
    );
    return {
      logits,
      ...(ofClasses && { classMaps: ofClasses }),
      ...addPrefix(mapPrefix, Object.fromEntries(maps)),
    };
  };
  return (images) => tidy(() => [of(images), of(tf.reverse(images, 2))]);
}

/** The teacher of a step whose batches contain cached outputs: see {@link withCached}. */
export function cachedTeacher({ extras }: TensorBatch): TeacherOutput {
  if (!extras?.logits) {
    throw new TypeError("Cannot use a cached teacher: the batch has no cached outputs");
  }
  return {
    logits: extras.logits as tf.Tensor2D,
    groups: [],
    maps: underPrefix(mapPrefix, extras) as Record<string, tf.Tensor3D>,
    ...(extras.classMaps && { classMaps: extras.classMaps as tf.Tensor4D }),
    stats: {},
  };
}

/** The cached outputs of a set of images, in memory. */
export class TeacherCache {
  readonly #outputs: readonly {
    name: string;
    shape: number[];
    size: number;
    values: Float32Array;
  }[];

  /**
   * Allocates memory for `size` images, each unflipped and flipped.
   *
   * @param shapes the shapes of the outputs for one image, by name.
   */
  constructor(size: number, shapes: Readonly<Record<string, readonly number[]>>) {
    this.#outputs = Object.entries(shapes).map(([name, shape]) => ({
      name,
      shape: [...shape],
      size: tf.util.sizeFromShape([...shape]),
      values: new Float32Array(2 * size * tf.util.sizeFromShape([...shape])),
    }));
  }

  /**
   * Stores outputs `[N, ...]` by name, for `N` images starting with number `first`.
   *
   * @throws {UserError} If they are not finite.
   */
  async set(first: number, flipped: 0 | 1, outputs: CachedOutputs): Promise<void> {
    for (const { name, size, values } of this.#outputs) {
      const rows = await (outputs[name] as tf.Tensor).data();
      for (let i = 0; i * size < rows.length; i++) {
        const row = rows.subarray(i * size, (i + 1) * size) as Float32Array;
        checkFinite(name, row, first + i);
        values.set(row, placeOf(first + i, flipped) * size);
      }
    }
  }

  /** All values, by output; 0 where nothing is stored yet. */
  get values(): readonly Float32Array[] {
    return this.#outputs.map(({ values }) => values);
  }

  /** The cached outputs of these images. */
  of({ indices, flipped }: SourceImages): Record<string, BatchValues> {
    return Object.fromEntries(this.#outputs.map(({ name, shape, size, values }) => {
      const rows = new Float32Array(indices.length * size);
      indices.forEach((index, i) => {
        const place = placeOf(index, flipped[i] as number);
        rows.set(values.subarray(place * size, (place + 1) * size), i * size);
      });
      return [name, { values: rows, shape: [indices.length, ...shape] }];
    }));
  }
}

function checkFinite(name: string, row: Float32Array, image: number): void {
  const wrong = row.find((value) => !Number.isFinite(value));
  if (wrong === undefined) return;
  throw new UserError(
    `Cannot use this teacher: its ${name} hold ${wrong} for training image ${image}; choose another`,
    { code: "not-finite" },
  );
}

/** The unflipped and the flipped version of an image are neighbours. */
function placeOf(index: number, flipped: number): number {
  return 2 * index + flipped;
}

/** The memory that a {@link TeacherCache} needs, in bytes. */
export function cacheBytes(
  size: number,
  shapes: Readonly<Record<string, readonly number[]>>,
): number {
  const numbers = Object.values(shapes).map((shape) => tf.util.sizeFromShape([...shape]));
  return 2 * size * numbers.reduce((a, b) => a + b, 0) * Float32Array.BYTES_PER_ELEMENT;
}

/** The shapes of the outputs to cache for one image `[H, W, C]`, by name. */
export function cachedShapes(
  outputsOf: ReturnType<typeof outputsToCache>,
  image: readonly [number, number, number],
): Record<string, number[]> {
  const [one, flipped] = tidy(() => outputsOf(tf.zeros([1, ...image])));
  tf.dispose([one, flipped]);
  return mapValues(one, ({ shape }) => shape.slice(1));
}

/**
 * Fills a cache.
 *
 * @param outputsOf usually `jit(outputsToCache(...))`.
 * @param batches images from number `first` on, unchanged, in the order of their indices.
 * @param progress called with the number of images done.
 */
export async function fillCache(
  cache: TeacherCache,
  outputsOf: (images: tf.Tensor4D) => Promise<[asTheyAre: CachedOutputs, flipped: CachedOutputs]>,
  batches: Batches,
  progress: (images: number) => void = () => {},
  first = 0,
): Promise<void> {
  let done = 0;
  for await (const batch of batches) {
    const item = toTensors(batch);
    const [asTheyAre, flipped] = await outputsOf(item.images).finally(() => dispose(item));
    try {
      await cache.set(first + done, 0, asTheyAre);
      await cache.set(first + done, 1, flipped);
    } finally {
      tf.dispose([asTheyAre, flipped]);
    }
    done += batch.labels.length;
    progress(done);
  }
}

/**
 * Adds the cached outputs to the batches.
 *
 * @throws {TypeError} If a batch does not name its images, because they were cropped.
 */
export async function* withCached(
  batches: Batches,
  cache: TeacherCache,
): AsyncGenerator<Batch, void, undefined> {
  for await (const batch of batches) {
    if (!batch.source) {
      throw new TypeError("Cannot use what was cached for whole images: these are cropped");
    }
    yield { ...batch, extras: cache.of(batch.source) };
  }
}
