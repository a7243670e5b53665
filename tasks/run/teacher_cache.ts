/**
 * Implements `--cache-teacher`: runs the teacher once on every training image, and caches the
 * outputs that the loss needs.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { type Part, partOf, whole } from "../../lib/data/part.ts";
import { jit, type Precision } from "../../lib/jit/mod.ts";
import { UserError } from "../../lib/errors.ts";
import type { AttentionMapOptions } from "../../lib/losses/attention.ts";
import type { ClassAttentionOptions } from "../../lib/losses/class_attention.ts";
import { classifierOf } from "../../lib/train/loss.ts";
import { classMapsOf } from "../../lib/methods/class_attention.ts";
import type { Batches } from "../../lib/train/pipeline.ts";
import {
  cacheBytes,
  cachedShapes,
  fillCache,
  outputsToCache,
  TeacherCache,
} from "../../lib/train/teacher_cache.ts";
import { imagesProgress } from "../cli/progress.ts";
import type { Network } from "../../lib/networks/network.ts";
import type { GroupPair } from "../../lib/methods/groups.ts";
import type { Workers } from "./workers.ts";

/** Which teacher outputs to cache, and for which images. */
export interface CacheTeacherOptions {
  /** The pairs of groups whose attention maps are compared; empty if no maps are used. */
  pairs: readonly GroupPair[];
  /** How the attention maps are computed. */
  attention: AttentionMapOptions;
  /** How class activation maps are computed, if they are compared. */
  classAttention?: ClassAttentionOptions | undefined;
  /** The number of images. */
  size: number;
  /** Shape `[H, W, C]` of an image. */
  imageShape: [number, number, number];
  /** A part of the images in index order, without augmentation. */
  batches: (part: Part) => Batches;
  /** The workers, if this process is one of several: each computes a part. */
  team?: Pick<Workers, "part" | "sum"> | undefined;
  precision?: Precision | undefined;
}

/**
 * Runs the teacher on every image, original and flipped, and caches its logits and attention maps.
 * First prints how much memory that takes. Disposes of the teacher's parameters afterwards.
 *
 * @throws {UserError} If there is not enough memory.
 */
export async function cacheTeacher(
  { model, params }: Pick<Network, "model" | "params">,
  { pairs, attention, classAttention, size, imageShape, batches, precision, team }:
    CacheTeacherOptions,
): Promise<TeacherCache> {
  const kept = outputsToCache({
    f: (images) => model.f(images, params, "eval"),
    groups: [...new Set(pairs.map(({ teacher }) => teacher))],
    attention,
    classMaps: classAttention &&
      ((output) => classMapsOf(output, classifierOf(model, params), classAttention)),
  });
  const shapes = cachedShapes(kept, imageShape);
  const megabytes = Math.ceil(cacheBytes(size, shapes) / 1e6);
  const maps = [pairs.length > 0 && "attention maps", classAttention && "class maps"].filter(
    Boolean,
  );
  const what = [...maps, "logits"].join(", ").replace(/, (?=\w+$)/, " and ");
  console.error(
    `teacher: keeping its ${what} of ${size} images, as they are and flipped, takes ${megabytes} MB`,
  );
  const cache = newCache(size, shapes, megabytes);
  const compiled = jit(kept, { precision });
  const part = team?.part ?? whole;
  const [from, to] = partOf(size, part);
  using progress = imagesProgress({ label: "teacher", total: to - from });
  await fillCache(cache, compiled, batches(part), (images) => progress.update(images), from);
  // What the other workers computed is 0 here.
  for (const values of team ? cache.values : []) await team?.sum(values);
  compiled.dispose();
  tf.dispose(params);
  return cache;
}

function newCache(
  size: number,
  shapes: Record<string, number[]>,
  megabytes: number,
): TeacherCache {
  try {
    return new TeacherCache(size, shapes);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UserError(
      `Cannot cache the teacher's outputs: they need ${megabytes} MB of memory, which is not free; ` +
        "remove --cache-teacher, or compare fewer groups with --at-groups",
    );
  }
}
