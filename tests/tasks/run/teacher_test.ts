/**
 * Tests of the teacher of a run, and of what a student can learn from it.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import { sha256, writeWhole } from "../../../lib/files.ts";
import { crossEntropy } from "../../../lib/losses/cross_entropy.ts";
import { wideResNet, type WideResNetOptions } from "../../../models/wide_resnet.ts";
import { shellWord } from "../../../tasks/cli/shell.ts";
import { loadNetwork, type Network, saveNetwork } from "../../../lib/networks/network.ts";
import {
  checkSameSizes,
  comparedPairs,
  type GroupPair,
  type GroupShapes,
  pairGroups as pairNumbers,
} from "../../../lib/methods/groups.ts";
import { gradientAttention } from "../../../lib/methods/gradient.ts";
import { chosenMethods, type MethodWeights, noTransfer } from "../../../lib/methods/table.ts";
import { teacherFunction } from "../../../lib/methods/teacher.ts";
import { groupNumbers } from "../../../tasks/cli/transfer_options.ts";
import { checkClasses, loadTeacher } from "../../../tasks/run/teacher.ts";
import { inFolder } from "../../folders.ts";
import { assertSame } from "../../same.ts";

tf.setBackend("cpu");

const options: WideResNetOptions = { depth: 10, width: 0.25, numClasses: 3 };

function network(): Network {
  const model = wideResNet(options);
  return { name: "WRN", model, params: model.init(1), numClasses: options.numClasses };
}

/** Checks that `f` throws a one-line UserError with this text. */
function assertRefuses(f: () => unknown, text: string): void {
  const { message } = assertThrows(f, UserError, text);
  assert(!message.includes("\n"), message);
}

function byName(tensors: tf.Tensor[]): Record<string, tf.Tensor> {
  return Object.fromEntries(tensors.entries());
}

/** Pairs groups with values as the options have them. */
function pairGroups(
  atGroups: string | undefined,
  atWeights: readonly number[] | undefined,
  shapes: GroupShapes,
): GroupPair[] {
  return pairNumbers(
    atGroups === undefined ? undefined : groupNumbers(atGroups),
    atWeights,
    shapes,
  );
}

interface GroupUse extends MethodWeights {
  atGroups: string | undefined;
  atWeights: readonly number[] | undefined;
}

function comparedGroups({ atGroups, atWeights, ...weights }: GroupUse, shapes: GroupShapes) {
  const methods = chosenMethods(weights, { temperature: 4, attention: {} });
  const numbers = atGroups === undefined ? undefined : groupNumbers(atGroups);
  return comparedPairs(methods, numbers, atWeights, shapes);
}

const three = [[1, 32, 32, 16], [1, 16, 16, 32], [1, 8, 8, 64]];
const four = [[1, 32, 32, 8], [1, 16, 16, 32], [1, 8, 8, 128], [1, 4, 4, 256]];

Deno.test("pairGroups() pairs all groups, with weight 1, unless told otherwise", () => {
  const shapes = { student: three, teacher: three };
  assertEquals(pairGroups(undefined, undefined, shapes), [
    { student: 0, teacher: 0, weight: 1 },
    { student: 1, teacher: 1, weight: 1 },
    { student: 2, teacher: 2, weight: 1 },
  ]);
  assertEquals(pairGroups(undefined, [0, 1, 0.5], shapes).map(({ weight }) => weight), [0, 1, 0.5]);
  assertEquals(pairGroups("2,0", [3, 4], shapes), [
    { student: 2, teacher: 2, weight: 3 },
    { student: 0, teacher: 0, weight: 4 },
  ]);
  assertEquals(pairGroups("0:1,2:3", undefined, { student: three, teacher: four }), [
    { student: 0, teacher: 1, weight: 1 },
    { student: 2, teacher: 3, weight: 1 },
  ]);
});

Deno.test("pairGroups() refuses what cannot be paired, naming the group and what there is", () => {
  const shapes = { student: three, teacher: four };
  assertRefuses(
    () => pairGroups("0:0,3:1", undefined, shapes),
    "Cannot use group 3 of the student: it has groups 0 to 2; see the option groups",
  );
  assertRefuses(
    () => pairGroups("0:4", undefined, shapes),
    "Cannot use group 4 of the teacher: it has groups 0 to 3; see the option groups",
  );
  assertRefuses(
    () => pairGroups(undefined, undefined, shapes),
    "Cannot pair the student's 3 groups with the teacher's 4: name the pairs with the " +
      "option groups",
  );
  assertRefuses(
    () => pairGroups("0,1", [1, 2, 3], shapes),
    "Cannot weigh 2 pairs of groups by 3 weights (1,2,3): the option groupWeights must have one for each",
  );
  assertRefuses(
    () => pairGroups(undefined, [], { student: three, teacher: three }),
    "Cannot weigh 3 pairs of groups by 0 weights",
  );
});

Deno.test("comparedPairs() pairs groups only where a term compares them", () => {
  const shapes = { student: three, teacher: four };
  const use = { ...noTransfer, atGroups: undefined, atWeights: undefined };
  const logitsOnly = { ...use, alpha: 0.9, decoupledBeta: 1, gradientBeta: 1 };
  assertEquals(comparedGroups(logitsOnly, shapes), []);
  assertEquals(comparedGroups({ ...logitsOnly, atGroups: "7", atWeights: [1] }, shapes), []);
  const last = { student: 2, teacher: 3, weight: 1 };
  for (const weight of ["similarityBeta", "relationalBeta"]) {
    const ofLast = { ...use, [weight]: 1 };
    assertEquals(comparedGroups(ofLast, shapes), [last]);
    assertEquals(comparedGroups({ ...ofLast, atWeights: [1, 2] }, shapes), [last]);
    assertEquals(comparedGroups({ ...ofLast, atGroups: "0:1,2:3" }, shapes), [last]);
    assertRefuses(
      () => comparedGroups({ ...ofLast, atGroups: "0,3" }, shapes),
      "Cannot use group 3 of the student",
    );
  }
  for (const weight of ["beta", "activationBeta"]) {
    assertRefuses(
      () => comparedGroups({ ...use, [weight]: 1, relationalBeta: 1 }, shapes),
      "Cannot pair the student's 3 groups with the teacher's 4",
    );
    const pairs = comparedGroups({ ...use, [weight]: 1, atGroups: "0,2:3" }, shapes);
    assertEquals(pairs.map(({ student, teacher }) => [student, teacher]), [[0, 0], [2, 3]]);
  }
});

Deno.test("checkSameSizes() wants equal sizes, and leaves channels to the projections", () => {
  const pair = (student: number, teacher: number): GroupPair => ({ student, teacher, weight: 1 });
  const shapes = { student: three, teacher: four };
  checkSameSizes([pair(0, 0), pair(1, 1), pair(2, 2)], shapes);
  assertRefuses(
    () => checkSameSizes([pair(0, 0), pair(1, 3)], shapes),
    "Cannot transfer whole activations from the teacher's group 3 to the student's 1: their sizes " +
      "are 4x4 and 16x16, and must be the same; see the option groups",
  );
});

Deno.test("checkClasses() wants as many classes where logits or labels are followed", () => {
  const teacher = network();
  const following = { ...noTransfer, beta: 1, activationBeta: 1, similarityBeta: 1 };
  checkClasses(teacher, "t", 10, { ...following, gradientSymmetryBeta: 1, relationalBeta: 1 });
  for (
    const [weight, flag] of [
      [{ alpha: 0.9 }, "--alpha"],
      [{ decoupledBeta: 1 }, "--decoupled-beta"],
      [{ gradientBeta: 1 }, "--gradient-beta"],
    ] as const
  ) {
    checkClasses(teacher, "t", 3, { ...noTransfer, ...weight });
    assertRefuses(
      () => checkClasses(teacher, "t", 10, { ...noTransfer, ...weight }),
      `Cannot distil from teacher t: it has 3 classes and the data set has 10; use ${flag} 0`,
    );
  }
});

Deno.test("checkClasses() refuses to tell one class from the others where there is one", () => {
  const teacher = { numClasses: 1 };
  checkClasses(teacher, "t", 1, { ...noTransfer, alpha: 1 });
  assertRefuses(
    () => checkClasses(teacher, "t", 1, { ...noTransfer, decoupledBeta: 2 }),
    "Cannot distil with --decoupled-beta 2: the data set has 1 class",
  );
});

Deno.test("loadTeacher() reads the network of a run folder", () =>
  inFolder(async (folder) => {
    const { params } = network();
    const path = join(folder, "model.safetensors");
    await saveNetwork(path, params, options); // it has no normalization
    assertSame((await loadTeacher(folder, "paper")).params, params);
    await saveNetwork(path, params, { ...options, normalization: "paper" });
    assertEquals((await loadTeacher(path, "paper")).numClasses, options.numClasses);
  }));

Deno.test("loadTeacher() refuses one that was trained on images normalised otherwise", () =>
  inFolder(async (folder) => {
    await saveNetwork(join(folder, "model.safetensors"), network().params, {
      ...options,
      normalization: "repdistiller",
    });
    const { message } = await assertRejects(
      () => loadTeacher(folder, "paper"),
      UserError,
      `Cannot use teacher ${folder}: it was trained on images normalised by repdistiller and ` +
        "would see images normalised by paper; use --normalization repdistiller",
    );
    assert(!message.includes("\n"));
    await loadTeacher(folder, "repdistiller");
  }));

Deno.test("loadTeacher() says how to make a teacher that is not there", () =>
  inFolder(async (folder) => {
    const name = join(folder, "no body");
    const { message } = await assertRejects(() => loadTeacher(name, "paper"), UserError);
    assertEquals(
      message,
      `Cannot use teacher ${name}: there is no ${
        join(name, "model.safetensors")
      }; train it first, ` +
        `with --save ${shellWord(name)}`,
    );
    // A name may be meant for a trained network of the repository.
    for (const [id, lists] of [["nobody", true], ["./nobody", false]] as const) {
      const { message } = await assertRejects(() => loadTeacher(id, "paper"), UserError);
      assertEquals(/, and pretrained\/ has .*wrn_16_1.*; if it was trained/.test(message), lists);
    }
  }));

Deno.test("loadTeacher() gives the digest of the bytes that it read, though another file comes there", () =>
  inFolder(async (folder) => {
    const path = join(folder, "model.safetensors");
    const { params, model } = network();
    const files = new Map<string, Uint8Array>();
    const digests: string[] = [];
    for (const [i, values] of [params, model.init(2)].entries()) {
      const file = join(folder, `${i}.safetensors`);
      await saveNetwork(file, values, { normalization: "paper" });
      const bytes = await Deno.readFile(file);
      digests.push(await sha256(bytes));
      files.set(digests[i]!, bytes);
    }
    await writeWhole(path, files.get(digests[0]!)!);
    // A run replaces its parameters after each epoch; here it happens all the time.
    let replaces = true;
    const replacing = (async () => {
      for (let i = 0; replaces; i++) await writeWhole(path, files.get(digests[i % 2]!)!);
    })();
    try {
      const seen = new Set<string>();
      for (let i = 0; i < 60 || seen.size < 2; i++) {
        const teacher = await loadTeacher(path, "paper");
        seen.add(teacher.digest);
        const expected = await loadNetwork(path, files.get(teacher.digest)!);
        assertSame(teacher.params, expected.params);
        tf.dispose([teacher.params, expected.params]);
      }
    } finally {
      replaces = false;
      await replacing;
    }
  }));

Deno.test("loadTeacher() says only what is wrong with a file that cannot be used", () =>
  inFolder(async (folder) => {
    const missing = join(folder, "missing.hkl");
    const damaged = join(folder, "model.safetensors");
    await Deno.writeTextFile(damaged, "");
    for (const [id, path] of [[missing, missing], [folder, damaged]] as const) {
      const start = `Cannot read parameters from ${path}: `;
      const { message } = await assertRejects(() => loadTeacher(id, "paper"), UserError, start);
      assertMatch(message.replace(start, ""), /^[^:;]+$/);
    }
  }));

Deno.test("teacherFunction() gives the gradient by the images only where a loss takes it", () => {
  const teacher = network();
  const images = tf.randomNormal<tf.Rank.R4>([2, 8, 8, 3], 0, 1, "float32", 1);
  const labels = tf.tensor1d([0, 2], "int32");
  const { logits, groups } = teacher.model.f(images, teacher.params, "eval");
  const inputGradient = tf.grad((x) =>
    crossEntropy(teacher.model.f(x as tf.Tensor4D, teacher.params, "eval").logits, labels)
  )(images);
  const without = teacherFunction(teacher, [])({ images, labels });
  assertEquals(without.inputGradient, undefined);
  assertSame(byName([without.logits, ...without.groups]), byName([logits, ...groups]));
  const shown = teacherFunction(teacher, [gradientAttention({ weight: 1 })])({ images, labels });
  assertSame(
    byName([shown.logits, ...shown.groups, shown.inputGradient!]),
    byName([logits, ...groups, inputGradient]),
  );
});
