/**
 * The teacher of a run and the methods that compare the student with it.
 *
 * @module
 */
import { join } from "@std/path";
import { UserError } from "../../lib/errors.ts";
import { isSameFile } from "../../lib/files.ts";
import { compareGroups, type GroupPair } from "../../lib/methods/groups.ts";
import { type Method, needOf } from "../../lib/methods/method.ts";
import { chosenMethods } from "../../lib/methods/table.ts";
import { teacherFunction } from "../../lib/methods/teacher.ts";
import type { Tensors } from "../../lib/params.ts";
import type { LossOptions } from "../../lib/train/loss.ts";
import { cachedTeacher, type TeacherCache } from "../../lib/train/teacher_cache.ts";
import { groupNumbers, methodSettings, transferNotes } from "../cli/transfer_options.ts";
import { withParams } from "./own_network.ts";
import type { StudentRun } from "./student_run.ts";
import { checkClasses, loadTeacher, type Teacher } from "./teacher.ts";
import { cacheTeacher } from "./teacher_cache.ts";

/** The methods of a run, and their inputs. */
export interface Transfer extends Pick<LossOptions, "teacher"> {
  methods: readonly Method[];
  pairs: readonly GroupPair[];
  lossParams: Tensors;
  /** The teacher's file. */
  file?: Pick<Teacher, "path" | "digest" | "own">;
  /** With `--cache-teacher`: computes all teacher outputs that the methods need. */
  fillCache?: () => Promise<TeacherCache>;
}

/** Loads the teacher and checks that the methods can compare it with the student. */
export async function prepareTransfer(run: StudentRun, params: Tensors): Promise<Transfer> {
  const { options, student, teacher: id } = run;
  const values = { ...options, teacherId: id };
  for (const line of transferNotes(values, run.table)) console.error(line);
  const settings = methodSettings(options);
  const methods = chosenMethods(options, settings);
  if (id === undefined) return { methods, teacher: undefined, pairs: [], lossParams: {} };
  const network = await loadOtherTeacher(run, id);
  const { pairs, lossParams } = compareGroups({
    student: { model: student.model, params },
    teacher: network,
    methods,
    groups: options.atGroups === undefined ? undefined : groupNumbers(options.atGroups),
    groupWeights: options.atWeights,
    image: run.imageShape,
    seed: options.seed,
  });
  const common = { methods, pairs, lossParams, file: network };
  const { wholeImages } = run;
  if (!options.cacheTeacher || !wholeImages) {
    return { ...common, teacher: teacherFunction(network, methods, options.teacherPrecision) };
  }
  const needs = methods.map(needOf);
  const fillCache = () =>
    cacheTeacher(network, {
      pairs: needs.includes("maps") ? pairs : [],
      attention: settings.attention,
      classAttention: needs.includes("classMaps") ? settings.classAttention : undefined,
      size: run.size,
      imageShape: run.imageShape,
      batches: wholeImages,
      team: run.team,
      precision: options.teacherPrecision ?? options.precision,
    });
  return { ...common, teacher: cachedTeacher, fillCache };
}

/** Loads the teacher, which must not be the network that the run folder will hold. */
async function loadOtherTeacher(
  { options, folder, student, normalization, imageShape, recipeTeacher }: StudentRun,
  id: string,
): Promise<Teacher> {
  const own = await withParams(options.teacherModel, imageShape);
  const network = await loadTeacher(id, normalization, options.resume !== undefined, own);
  if (await isSameFile(network.path, join(folder, "model.safetensors"))) {
    throw new UserError(
      `Cannot train in ${folder} with the teacher ${id}: the student would take its place there; ` +
        "choose another folder with --save",
    );
  }
  checkClasses(network, id, student.numClasses, options);
  if (recipeTeacher !== undefined && recipeTeacher !== network.name) {
    console.error(
      `note: the recipe is for the teacher ${recipeTeacher}, and ${id} is ${network.name}`,
    );
  }
  return network;
}
