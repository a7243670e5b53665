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

long.test("deno task cifar with mixing, clipping and averages gives the same bits after kills", () =>
  inFolder(async (folder) => {
    const { kills, runs } = await killAndResume({
      folder,
      kills: 3,
      seed: 1,
      epochs: 2,
      more: [
        ...["--mixup", "0.2", "--cutmix", "1", "--label-smoothing", "0.1", "--clip-norm", "1"],
        ...["--lr-schedule", "cosine", "--warmup", "0.5", "--weight-decay-on", "weights"],
        ...["--ema", "0.95", "--early-stop", "2"],
      ],
      tell: console.log,
    });
    assert(kills === 3 && runs >= 1);
  }));
