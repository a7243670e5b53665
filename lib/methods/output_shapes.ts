/**
 * The shapes of what a network gives, and whether methods that use features can work with it.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { tidy } from "../../models/layers.ts";
import { UserError } from "../errors.ts";
import type { Tensors } from "../params.ts";
import type { Method, NetworkWithParams } from "./method.ts";

/** The shapes `[1, H, W, C]` of a network's outputs. */
export interface OutputShapes {
  groups: number[][];
  /** Undefined if it gives none. */
  features: number[] | undefined;
}

/** The shapes of what a network gives for an image `[H, W, C]`. */
export function outputShapes(
  { model, params }: { model: Pick<NetworkWithParams["model"], "f">; params: Tensors },
  image: readonly [number, number, number],
): OutputShapes {
  const { groups, features } = tidy(() => {
    const { groups, features } = model.f(tf.zeros([1, ...image]), params, "eval");
    return { groups: [...groups], ...(features && { features }) };
  });
  tf.dispose([groups, features ?? []]);
  return { groups: groups.map(({ shape }) => shape), features: features?.shape };
}

/**
 * Class activation maps are made of the features and the classifier.
 *
 * @throws {UserError} If a network lacks one, or they do not fit.
 */
export function checkClassMaps(
  { name }: Method,
  whose: string,
  { model, params }: NetworkWithParams,
  { features }: OutputShapes,
): void {
  const cannot = (why: string) =>
    new UserError(`Cannot use the method ${name} with this ${whose}: ${why}; it must give both`);
  const { classifier } = model;
  if (features === undefined) throw cannot("its f gives no features");
  if (classifier === undefined) throw cannot("it does not name its classifier");
  if (!Object.hasOwn(params, classifier)) {
    throw cannot(`it names ${classifier} as its classifier, and has no such parameter`);
  }
  const { shape } = params[classifier] as tf.Tensor;
  const channels = features[3];
  if (shape.length === 2 && shape[1] === channels) return;
  throw new UserError(
    `Cannot use the method ${name} with this ${whose}: its classifier ${classifier} is [${shape}], ` +
      `and must be [classes, ${channels}], for its features have ${channels} channels`,
  );
}

/**
 * The shape of the mean of the features over the positions.
 *
 * @throws {UserError} If there are no features.
 */
export function pooledShape({ name }: Method, { features }: OutputShapes): number[] {
  if (features !== undefined) return [1, 1, 1, features[3] as number];
  throw new UserError(
    `Cannot use the method ${name}: student and teacher must give their features, and one gives none`,
  );
}
