/**
 * Selects the groups of student and teacher to compare.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import { Initializer } from "../../models/init.ts";
import { UserError } from "../errors.ts";
import type { Precision } from "../jit/mod.ts";
import type { Tensors } from "../params.ts";
import { randomStream } from "../random.ts";
import {
  comparesAllGroups,
  comparesGroups,
  type LevelShapes,
  type Method,
  needOf,
  type NetworkWithParams,
} from "./method.ts";
import { checkClassMaps, outputShapes, pooledShape } from "./output_shapes.ts";

/** A group of the student, the teacher's group that it should match, and the pair's weight. */
export interface GroupPair {
  student: number;
  teacher: number;
  weight: number;
}

/** The shapes `[N, H, W, C]` of the student's and the teacher's groups. */
export interface GroupShapes {
  student: readonly number[][];
  teacher: readonly number[][];
}

/** `[student, teacher]` of each pair of groups to compare. */
export type GroupNumbers = readonly (readonly [student: number, teacher: number])[];

/**
 * Options of {@link distill}.
 *
 * @typeParam Student the groups of the student. Default: any number.
 * @typeParam Teacher the groups of the teacher. Default: any number.
 */
export interface DistillOptions<
  Student extends readonly tf.Tensor[] = readonly tf.Tensor[],
  Teacher extends readonly tf.Tensor[] = readonly tf.Tensor[],
> {
  /** The student and its initial parameters. Only their shapes are used. */
  student: NetworkWithParams<Student>;
  /** The teacher. Not needed if no method uses one. */
  teacher?: NetworkWithParams<Teacher> | undefined;
  /** The methods, in the order of their terms in the log. */
  methods: readonly Method[];
  /** The pairs of groups to compare. Default: all groups, in order. */
  groups?: GroupNumbers | undefined;
  /** The label smoothing of the cross entropy, from 0 to 1: see {@link crossEntropy}. Default 0. */
  labelSmoothing?: number | undefined;
  /** The weight of each pair. Default 1. */
  groupWeights?: readonly number[] | undefined;
  /** The precision of the teacher. Default: that of the step. */
  teacherPrecision?: Precision | undefined;
  /** The image size `[H, W, C]`, to try both networks with. Default `[32, 32, 3]`. */
  image?: readonly [number, number, number];
  /** The seed of the methods' own parameters. Default 0. */
  seed?: number;
}

/**
 * The pairs of groups to compare, and the methods' own parameters to learn, such as projections. There
 * are no pairs if no method compares groups. If every method compares only the last pair, there is only
 * this one.
 *
 * @throws {UserError} Like {@link comparedPairs}; if a method projects and the sizes of a pair differ;
 * if one of all pairs gets them out of order, or needs features or a classifier and a network has none.
 */
export function compareGroups(
  options: DistillOptions & { teacher: NetworkWithParams },
): {
  pairs: GroupPair[];
  lossParams: Tensors;
} {
  const { student, teacher, methods, groups, groupWeights } = options;
  const { image = [32, 32, 3], seed = 0 } = options;
  const ofClasses = methods.find((method) => needOf(method) === "classMaps");
  if (!ofClasses && !methods.some(comparesGroups)) return { pairs: [], lossParams: {} };
  const [ours, theirs] = [outputShapes(student, image), outputShapes(teacher, image)];
  if (ofClasses) {
    checkClassMaps(ofClasses, "student", student, ours);
    checkClassMaps(ofClasses, "teacher", teacher, theirs);
  }
  const shapes = { student: ours.groups, teacher: theirs.groups };
  const pairs = comparedPairs(methods, groups, groupWeights, shapes);
  const projects = methods.some((method) => method.of === "each pair" && method.projects);
  if (projects) checkSameSizes(pairs, shapes);
  const lossParams = projects ? initProjections(pairs, shapes, seed) : {};
  for (const method of methods) {
    if (method.of !== "all pairs") continue;
    checkOrder(method, pairs);
    const levels = {
      student: [...pairs.map(({ student }) => ours.groups[student]), pooledShape(method, ours)],
      teacher: [...pairs.map(({ teacher }) => theirs.groups[teacher]), pooledShape(method, theirs)],
    };
    Object.assign(lossParams, method.ownParams?.(levels as LevelShapes, seed));
  }
  return { pairs, lossParams };
}

/** A method of all pairs may go through them, as ReviewKD does from the last to the first. */
function checkOrder({ name }: Method, pairs: readonly GroupPair[]): void {
  const rises = (of: "student" | "teacher") =>
    pairs.every((pair, i) => i === 0 || pair[of] >= (pairs[i - 1] as GroupPair)[of]);
  if (rises("student") && rises("teacher")) return;
  const listed = pairs.map(({ student, teacher }) => `${student}:${teacher}`).join(",");
  throw new UserError(
    `Cannot use the method ${name} with the pairs ${listed}: it goes through the groups in their ` +
      "order, so no number may be below the one before it; see the option groups",
  );
}

/**
 * The pairs of groups to compare. If all methods compare only the last pair, this is the last given
 * pair, or else the last groups of both. Then the pair's weight is 1.
 *
 * @throws {UserError} Like {@link pairGroups}; or if a method compares groups and there is no pair.
 */
export function comparedPairs(
  methods: readonly Method[],
  groups: DistillOptions["groups"],
  groupWeights: readonly number[] | undefined,
  shapes: GroupShapes,
): GroupPair[] {
  const compares = methods.find(comparesGroups);
  if (compares === undefined) return [];
  checkAnyPair(compares, groups, shapes);
  if (methods.some(({ of }) => comparesAllGroups(of))) {
    return pairGroups(groups, groupWeights, shapes);
  }
  if (groups !== undefined) return pairGroups(groups, undefined, shapes).slice(-1);
  const { student, teacher } = shapes;
  return [{ student: student.length - 1, teacher: teacher.length - 1, weight: 1 }];
}

/** A method that compares groups would add nothing without a pair of them. */
function checkAnyPair(
  { name }: Method,
  groups: DistillOptions["groups"],
  { student, teacher }: GroupShapes,
): void {
  const why = student.length === 0
    ? "the student has none"
    : teacher.length === 0
    ? "the teacher has none"
    : groups?.length === 0
    ? "the option groups names no pair"
    : undefined;
  if (why === undefined) return;
  throw new UserError(`Cannot use the method ${name}, which compares groups: ${why}`);
}

/**
 * The pairs of groups to compare.
 *
 * @param numbers `[student, teacher]` of each pair. Default: all groups, in order.
 * @param weights one for each pair. Default 1.
 * @throws {UserError} If a group does not exist, if no pairs are given and the numbers of groups
 * differ, or if the number of weights is wrong.
 */
export function pairGroups(
  numbers: GroupNumbers | undefined,
  weights: readonly number[] | undefined,
  { student, teacher }: GroupShapes,
): GroupPair[] {
  if (numbers === undefined && student.length !== teacher.length) {
    const some = Array.from({ length: Math.min(student.length, teacher.length) }, (_, i) => i);
    const sizes = [student, teacher].map((shapes) =>
      shapes.map(([, height, width]) => `${height}x${width}`).join(", ")
    );
    throw new UserError(
      `Cannot pair the student's ${student.length} groups with the teacher's ${teacher.length}: name ` +
        `the pairs with the option groups, as student:teacher, such as ${
          some.map((i) => `${i}:${i}`).join(",")
        }; their sizes are ${sizes.join(" and ")}`,
    );
  }
  const pairs = numbers ?? student.map((_, i) => [i, i] as const);
  for (const [s, t] of pairs) {
    checkGroup("student", s, student.length);
    checkGroup("teacher", t, teacher.length);
  }
  if (weights && weights.length !== pairs.length) {
    throw new UserError(
      `Cannot weigh ${pairs.length} pairs of groups by ${weights.length} weights ` +
        `(${weights}): the option groupWeights must have one for each`,
    );
  }
  return pairs.map(([student, teacher], i) => ({ student, teacher, weight: weights?.[i] ?? 1 }));
}

function checkGroup(whose: string, group: number, count: number): void {
  if (Number.isInteger(group) && group >= 0 && group < count) return;
  throw new UserError(
    `Cannot use group ${group} of the ${whose}: it has groups 0 to ${
      count - 1
    }; see the option groups`,
  );
}

/**
 * Checks that whole activations can be compared: a projection changes channels, but not sizes.
 *
 * @throws {UserError} If height or width of a pair differ.
 */
export function checkSameSizes(pairs: readonly GroupPair[], shapes: GroupShapes): void {
  for (const { student, teacher } of pairs) {
    const [own, other] = [shapes.student[student], shapes.teacher[teacher]].map((shape) =>
      shape?.slice(1, 3).join("x")
    );
    if (own !== other) {
      throw new UserError(
        `Cannot transfer whole activations from the teacher's group ${teacher} to the student's ` +
          `${student}: their sizes are ${other} and ${own}, and must be the same; see the option groups`,
      );
    }
  }
}

/** The random stream for the seed of the projections. */
const projectionStream = 3;

/** The key of a pair's projection. */
export function projectionKey(pair: number): string {
  return `projection${pair}`;
}

/**
 * Initial projections from the student's to the teacher's channels, for each pair whose channels
 * differ: filters `[1, 1, Cs, Ct]`, Kaiming normal.
 */
export function initProjections(
  pairs: readonly GroupPair[],
  shapes: GroupShapes,
  seed: number,
): Tensors {
  // With the run's seed itself, they would start as scaled copies of the student's first layers.
  const first = new Initializer(randomStream(seed, projectionStream).integer(2 ** 32));
  pairs.forEach(({ student, teacher }, i) => {
    const [inputs, outputs] = [shapes.student[student]?.[3], shapes.teacher[teacher]?.[3]];
    if (inputs === undefined || outputs === undefined || inputs === outputs) return;
    first.conv(projectionKey(i), inputs, outputs, 1);
  });
  return first.params;
}
