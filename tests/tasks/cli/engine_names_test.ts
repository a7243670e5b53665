/**
 * Tests of the engines that `--engine` names, as a user trains on them.
 *
 * @module
 */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { engineNames, isPortable } from "../../../tasks/cli/engine_names.ts";
import { readStats } from "../../../tasks/run/run_log.ts";
import { inFolder, namesIn } from "../../folders.ts";
import { long } from "../../long.ts";
import { taskRunner } from "../command.ts";

const { succeed } = taskRunner("cifar");

Deno.test("isPortable() is true for tfjs's own backends", () => {
  assertEquals(engineNames.filter(isPortable), ["webgpu", "wasm", "cpu"]);
});

long.test("deno task cifar trains on tfjs's backends, with the losses of TensorFlow", () =>
  inFolder(async (cwd) => {
    const losses = new Map<string, number>();
    for (const engine of ["tensorflow", "wasm", "cpu"]) {
      const { err } = await succeed(
        cwd,
        ...[
          "--dataset",
          "CIFAR10-sample",
          "--depth",
          "10",
          "--width",
          "0.25",
          "--batch-size",
          "4",
          "--max-steps",
          "2",
          "--holdout",
          "20", // all that is evaluated
        ],
        ...["--engine", engine, "--save", engine],
      );
      const isTfjs = engine !== "tensorflow";
      assertEquals(err.includes("engine: tfjs"), isTfjs, err);
      const names = namesIn(join(cwd, engine));
      assertEquals(names.some((name) => name.startsWith("events")), !isTfjs);
      losses.set(engine, (await readStats(join(cwd, engine))).at(-1)!.test_loss);
    }
    const { tensorflow, ...others } = Object.fromEntries(losses);
    for (const [name, loss] of Object.entries(others)) {
      assertAlmostEquals(loss, tensorflow!, 1e-4, name);
    }
  }));
