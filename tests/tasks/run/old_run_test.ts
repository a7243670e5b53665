/**
 * A run of an older version can be continued: its checkpoint is from before the state became a
 * tree, and holds the loss's own parameters. tests/fixtures/README.md says how it was made.
 *
 * @module
 */
import { assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { inFolder } from "../../folders.ts";
import { cifarHere } from "../in_process.ts";

await useTensorFlow();

const fixture = fromFileUrl(new URL("../../fixtures/old_run", import.meta.url));
const files = [
  "teacher/model.safetensors",
  "run/log.txt",
  "run/steps.txt",
  "run/model.safetensors",
  "run/checkpoint/checkpoint-3.safetensors",
];

function losses(path: string): number[] {
  return Deno.readTextFileSync(path).trimEnd().split("\n").map((line) =>
    Number(line.split(" ")[1])
  );
}

Deno.test("deno task cifar goes on with an older version's run, to the same losses", () =>
  inFolder(async (cwd) => {
    for (const file of files) {
      await Deno.mkdir(join(cwd, file, ".."), { recursive: true });
      await Deno.copyFile(join(fixture, file), join(cwd, file));
    }
    const { err } = await cifarHere.succeed(cwd, "--resume", "run", "--max-steps", "6");
    assertStringIncludes(err, "resumed after 3 steps");
    const [actual, expected] = [join(cwd, "run/steps.txt"), join(fixture, "steps_after_6.txt")]
      .map(losses);
    assertEquals(actual!.length, expected!.length);
    // Another processor changes the last bits.
    expected!.forEach((loss, i) =>
      assertAlmostEquals(actual![i]!, loss, 1e-3 * loss, `step ${i + 1}`)
    );
  }));
