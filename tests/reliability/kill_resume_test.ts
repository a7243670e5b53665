/**
 * That a run which is killed at any moment and resumed is the same as one that is not.
 *
 * @module
 */
import { assert } from "@std/assert";
import { inFolder } from "../folders.ts";
import { long } from "../long.ts";
import { killAndResume } from "./kill_resume.ts";

long.test("deno task cifar that is killed at random times gives the same bits as one that is not", () =>
  inFolder(async (folder) => {
    const { kills, runs } = await killAndResume({
      folder,
      kills: 3,
      seed: 0,
      epochs: 2,
      tell: console.log,
    });
    assert(kills === 3 && runs >= 1);
  }));
