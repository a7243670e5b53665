/**
 * The teacher of a run, and what the student follows it in.
 *
 * @module
 */
import { isAbsolute, resolve } from "@std/path";
import { inPrecision } from "../../lib/jit/precision.ts";
import type { Precision } from "../../lib/jit/jit.ts";
import { UserError } from "../../lib/errors.ts";
import { exists, sha256 } from "../../lib/files.ts";
import { withInputGradient } from "../../lib/train/gradients.ts";
import type { LossOptions } from "../../lib/train/loss.ts";
import { readParamsFile } from "../../lib/formats/weights.ts";
import { shellWord } from "../cli/shell.ts";
import { groupNumbers } from "../cli/transfer_options.ts";
import {
  checkNormalization,
  loadNetwork,
  type Network,
  placeOf,
} from "../../lib/networks/network.ts";
import type { GroupPair, TransferWeights } from "../transfer_loss.ts";

/** A network that others are trained by. */
export interface Teacher extends Network {
  /** The file of its parameters. */
  path: string;
  /** The SHA-256 of the bytes that its parameters were read from, in hexadecimal digits. */
  digest: string;
}

/**
 * The network of a run folder, by its name under `logs/` or its path, or of a file of parameters.
 *
 * @param normalization what the images of this run are normalised by.
 * @param resumed whether the run had it before.
 * @throws {UserError} where there is no such teacher, or it was trained on images normalised otherwise.
 */
export async function loadTeacher(
  id: string,
  normalization: string,
  resumed = false,
): Promise<Teacher> {
  const { folder, path } = await placeOf(id);
  if (resumed && !await exists(path)) {
    throw new UserError(
      `Cannot use teacher ${id}: there is no ${path} here; name the place where it lies now with ` +
        "--teacher-id",
    );
  }
  if (folder !== undefined && !await exists(path)) {
    throw new UserError(
      `Cannot use teacher ${id}: ${notFound(id, path)}train it first, with --save ${
        shellWord(folder)
      }`,
    );
  }
  // One read: another file may be moved there meanwhile, as a run does at each epoch's end.
  const bytes = await readParamsFile(path);
  const digest = await sha256(bytes);
  const network = await loadNetwork(path, bytes);
  checkNormalization(network, normalization, `teacher ${id}`);
  console.error(`teacher: ${network.name} from ${path}`);
  return { ...network, path, digest };
}

/** Where it was looked for, to be followed by what to do: a relative one from where the user stands. */
function notFound(id: string, path: string): string {
  if (isAbsolute(id)) return `there is no ${path}; `;
  const places = [...new Set([resolve(id), resolve(path)])];
  const none = places.length === 1
    ? `there is no ${places[0]}`
    : `there is neither ${places.join(" nor ")}`;
  return `${none}; if it was trained, name it by its path from here; else `;
}

/** What a teacher is run for. */
export interface TeacherUse extends Pick<TransferWeights, "gradientBeta"> {
  /** What it computes in; as the step unless given. */
  teacherPrecision?: Precision | undefined;
}

/** The teacher as the training step wants it: with its gradient where a loss takes that. */
export function teacherFunction(
  { model, params }: Pick<Network, "model" | "params">,
  { gradientBeta, teacherPrecision }: TeacherUse,
): LossOptions["teacher"] {
  const f = (images: Parameters<Network["model"]["f"]>[0]) => model.f(images, params, "eval");
  const teach: LossOptions["teacher"] = (batch) =>
    gradientBeta > 0 ? withInputGradient(f, batch) : f(batch.images);
  if (teacherPrecision === undefined) return teach;
  return (batch) => inPrecision(teacherPrecision, () => teach(batch));
}

/**
 * Checks that what is distilled has as many classes, and that there are enough of them.
 *
 * @throws {UserError} where it has not.
 */
export function checkClasses(
  { numClasses: own }: Pick<Network, "numClasses">,
  id: string,
  numClasses: number,
  { alpha, decoupledBeta, gradientBeta }: TransferWeights,
): void {
  const flag = alpha > 0 ? "--alpha" : decoupledBeta > 0 ? "--decoupled-beta" : "--gradient-beta";
  if (alpha + decoupledBeta + gradientBeta > 0 && own !== numClasses) {
    throw new UserError(
      `Cannot distil from teacher ${id}: it has ${own} classes and the data set has ` +
        `${numClasses}; use ${flag} 0, or another teacher`,
    );
  }
  if (decoupledBeta > 0 && numClasses < 2) {
    throw new UserError(
      `Cannot distil with --decoupled-beta ${decoupledBeta}: the data set has ${numClasses} class, ` +
        "and this compares each class with the others; use --decoupled-beta 0, or --alpha",
    );
  }
}

/** What a run compares of the groups of student and teacher. */
export interface GroupUse
  extends Pick<TransferWeights, "beta" | "activationBeta" | "similarityBeta" | "relationalBeta"> {
  atGroups: string | undefined;
  atWeights: readonly number[] | undefined;
}

/**
 * The pairs of groups that the terms of a run compare: of all groups only where a term compares them
 * all, and none where no term looks at groups.
 *
 * @param shapes of the groups of student and teacher, `[N, H, W, C]`.
 * @throws {UserError} as {@link pairGroups}, where there are terms that compare pairs of groups.
 */
export function comparedGroups(
  { atGroups, atWeights, beta, activationBeta, similarityBeta, relationalBeta }: GroupUse,
  shapes: { student: readonly number[][]; teacher: readonly number[][] },
): GroupPair[] {
  if (beta > 0 || activationBeta > 0) return pairGroups(atGroups, atWeights, shapes);
  if (similarityBeta === 0 && relationalBeta === 0) return [];
  // These compare the last pair alone, and do not weigh it.
  if (atGroups !== undefined) return pairGroups(atGroups, undefined, shapes).slice(-1);
  const { student, teacher } = shapes;
  return [{ student: student.length - 1, teacher: teacher.length - 1, weight: 1 }];
}

/**
 * The pairs of groups that `--at-groups` and `--at-weights` ask for.
 *
 * @param shapes of the groups of student and teacher, `[N, H, W, C]`.
 * @throws {UserError} where a group does not exist, the numbers of groups differ and no pairs are
 * given, or there is not one weight for each pair.
 */
export function pairGroups(
  atGroups: string | undefined,
  atWeights: readonly number[] | undefined,
  shapes: { student: readonly number[][]; teacher: readonly number[][] },
): GroupPair[] {
  const { student, teacher } = shapes;
  if (atGroups === undefined && student.length !== teacher.length) {
    throw new UserError(
      `Cannot pair the student's ${student.length} groups with the teacher's ${teacher.length}: name ` +
        `the pairs, such as --at-groups 0:0,${student.length - 1}:${teacher.length - 1}`,
    );
  }
  const numbers = atGroups === undefined
    ? student.map((_, i) => [i, i] as const)
    : groupNumbers(atGroups);
  for (const [s, t] of numbers) {
    checkGroup("student", s, student.length);
    checkGroup("teacher", t, teacher.length);
  }
  if (atWeights && atWeights.length !== numbers.length) {
    throw new UserError(
      `Cannot weigh ${numbers.length} pairs of groups by ${atWeights.length} weights ` +
        `(${atWeights}): --at-weights must have one for each`,
    );
  }
  return numbers.map(([student, teacher], i) => ({
    student,
    teacher,
    weight: atWeights?.[i] ?? 1,
  }));
}

function checkGroup(whose: string, group: number, count: number): void {
  if (group < count) return;
  throw new UserError(
    `Cannot use group ${group} of the ${whose}: it has groups 0 to ${count - 1}; see --at-groups`,
  );
}

/**
 * Checks that whole activations can be compared: a projection changes channels, and no sizes.
 *
 * @throws {UserError} where they cannot.
 */
export function checkActivations(
  pairs: readonly GroupPair[],
  shapes: { student: readonly number[][]; teacher: readonly number[][] },
): void {
  for (const { student, teacher } of pairs) {
    const [own, other] = [shapes.student[student], shapes.teacher[teacher]].map((shape) =>
      shape?.slice(1, 3).join("x")
    );
    if (own !== other) {
      throw new UserError(
        `Cannot transfer whole activations from the teacher's group ${teacher} to the student's ` +
          `${student}: their sizes are ${other} and ${own}, and must be the same; see --at-groups`,
      );
    }
  }
}
