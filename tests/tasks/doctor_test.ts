/**
 * Tests of `deno task doctor` as a user runs it, on complete and incomplete machines.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dirname, join } from "@std/path";
import { resolveTarget } from "../../lib/provision/platform.ts";
import { cacheFolder } from "../../lib/provision/provision.ts";
import { useTensorFlow } from "../../lib/backend/use_tensorflow.ts";
import type { Facts } from "../../tasks/doctor/facts.ts";
import type { Verdict } from "../../tasks/doctor/judge.ts";
import { inFolder, namesIn } from "../folders.ts";
import { canMount, withSmallDisk } from "../lib/provision/small_disk.ts";
import { long } from "../long.ts";
import { type TaskResult, taskRunner } from "./command.ts";

const { library } = await useTensorFlow({ gpu: false }); // installed before any test looks for it

const { run: doctor, refuse, succeed } = taskRunner("doctor");

function readJson({ out }: TaskResult): Facts & Verdict & { ok: boolean } {
  return JSON.parse(out);
}

/** Runs a test with environment variables set for its tasks. */
async function withEnv(variables: Record<string, string>, test: () => Promise<void>) {
  const before = Object.keys(variables).map((name) => [name, Deno.env.get(name)] as const);
  try {
    for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value);
    await test();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  }
}

Deno.test("deno task doctor says what computes here and why, in aligned rows, and leaves nothing", () =>
  inFolder(async (cwd) => {
    const { out, err } = await succeed(cwd, "--threads", "1");
    assertEquals(err, "");
    assertMatch(out, /^ {2}engine {10}TensorFlow 2\.\d+\.\d+ on the [CG]PU/m);
    assertMatch(out, /^ {2}library {9}2\.\d+\.\d+, /m);
    assertMatch(out, /^ {4}float32 {7}[\d.]+ ms, [\d.]+ [GT]FLOP\/s$/m);
    assertMatch(out, /^ {2}CIFAR10 {9}not there; deno task cifar --dataset CIFAR10 fetches it/m);
    assertMatch(out, /\nTraining can work here\.\n$/);
    const places = out.split("\n").flatMap((line) =>
      line.match(/^ {2,4}\S+ {2,}/)?.[0].length ?? []
    );
    assertEquals(new Set(places.filter((place) => place > 4)).size, 1);
    assertEquals(namesIn(cwd), []);
  }));

Deno.test("deno task doctor --json says the same for programs", () =>
  inFolder(async (cwd) => {
    const report = readJson(await succeed(cwd, "--json", "--ngpu", "0"));
    const { engine, machine, folders, dataSets } = report;
    assertEquals([report.ok, report.problems], [true, []]);
    assertEquals(engine.library?.path, library);
    assertEquals(engine.devices, ["CPU:0"]);
    assertEquals(engine.why.at(-1), "the CPU: --ngpu 0 asks for it");
    assertEquals([machine.deno, machine.v8], [Deno.version.deno, Deno.version.v8]);
    const { milliseconds, gigaflops } = engine.float32!;
    assert(milliseconds > 0 && gigaflops > 0.1);
    assert(folders.logs.writable && !folders.logs.exists && folders.logs.free! > 0);
    assertEquals(dataSets.map(({ state }) => state), ["missing", "missing", "present"]);
  }));

Deno.test("deno task doctor fetches no library, and says how to have one", () =>
  inFolder((cwd) =>
    withEnv({
      ATTENTION_TRANSFER_CACHE: join(cwd, "cache"),
      ATTENTION_TRANSFER_LIBTENSORFLOW: "",
    }, async () => {
      await refuse(cwd, 1, /^error: libtensorflow is not there: .*; run deno task setup \(/);
      assertEquals(namesIn(cwd), []);
      // An incomplete library counts as missing; opening it could crash the process.
      const target = resolveTarget(Deno.build.os, Deno.build.arch, false);
      const file = join(await cacheFolder(join(cwd, "cache"), target), target.library);
      await Deno.mkdir(dirname(file), { recursive: true });
      await Deno.writeTextFile(file, "cut short");
      await refuse(cwd, 1, /does not hold it whole; run deno task setup/, "--ngpu", "0");
      const { code, out } = await doctor(cwd, "--json");
      assertEquals(code, 1);
      const { ok, problems, engine } = JSON.parse(out);
      assertEquals([ok, problems.length, engine.used], [false, 1, null]);
      // The cpu engine needs no library.
      const { out: text } = await succeed(cwd, "--engine", "cpu");
      assertStringIncludes(text, "engine          tfjs");
    })
  ));

Deno.test("deno task doctor says in a line what is wrong with a library that the environment names", () =>
  inFolder(async (cwd) => {
    const file = join(cwd, "libtensorflow.so");
    await Deno.writeTextFile(file, "no library");
    const cases: [named: string, message: RegExp][] = [
      [file, /^error: Cannot open libtensorflow at .*; it must be TensorFlow 2\.10 or newer/],
      [
        join(cwd, "absent"),
        /^error: Cannot find the library that ATTENTION_TRANSFER_LIBTENSORFLOW/,
      ],
    ];
    for (const [named, message] of cases) {
      await withEnv(
        { ATTENTION_TRANSFER_LIBTENSORFLOW: named },
        () => refuse(cwd, 1, message),
      );
    }
  }));

Deno.test("deno task doctor names the files of a damaged data set", () =>
  inFolder(async (cwd) => {
    const folder = join(cwd, "data/cifar-100-binary");
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeFile(join(folder, "train.bin"), new Uint8Array(3074));
    await refuse(
      cwd,
      1,
      /^error: CIFAR100 is damaged: train\.bin, test\.bin, fine_label_names\.txt in .*; remove/,
    );
  }));

long.test({
  name: "deno task doctor says that run folders cannot be written, and when the disk is full",
  ignore: !await canMount(),
  fn: () =>
    withSmallDisk(64, async (folder, { readOnly }) => {
      await refuse(folder, 1, /^error: the disk is full: 0\.1 MB are free at .*--save/);
      await readOnly(true);
      await refuse(folder, 1, /^error: run folders cannot be written: .*--save/);
    }),
});

Deno.test("deno task doctor refuses other options", () =>
  inFolder((cwd) => refuse(cwd, 2, /^error: unknown option --fix/, "--fix")));
