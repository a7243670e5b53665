/** Tests of what all training tasks share. @module */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { readStats } from "../../../tasks/run/run_log.ts";
import { resNetArchitecture, saveNetwork } from "../../../lib/networks/network.ts";
import { inFolder } from "../../folders.ts";
import { cifarHere } from "../in_process.ts";
import { long } from "../../long.ts";

await useTensorFlow();

const sample = ["--dataset", "CIFAR10-sample", "--depth", "10", "--width", "0.25"];

/** Saves a network of four groups; the students here have three. */
async function makeResNet(path: string): Promise<void> {
  const { model } = resNetArchitecture({ depth: 18, width: 0.0625, numClasses: 10 });
  await saveNetwork(path, model.init(1), { normalization: "paper" });
}

long.test("deno task cifar pairs groups with a teacher that has others only where a term compares all", () =>
  inFolder(async (cwd) => {
    await makeResNet(join(cwd, "teacher.safetensors"));
    const train = (save: string, ...weights: string[]) =>
      cifarHere.run(
        cwd,
        ...[...sample, "--batch-size", "20", "--max-steps", "1", "--save", save],
        ...["--teacher-id", "teacher.safetensors", ...weights],
      );
    const cases: Record<string, string[]> = {
      distillation: ["--alpha", "0.9"],
      decoupled: ["--decoupled-beta", "1"],
      gradient_attention: ["--gradient-beta", "1"],
      similarity: ["--similarity-beta", "1"],
      relational: ["--relational-beta", "1"],
      correlation: ["--correlation-beta", "1"],
      class_attention: ["--class-attention-beta", "1", "--class-map-size", "1"],
    };
    for (const [term, weights] of Object.entries(cases)) {
      const { code, err } = await train(term, ...weights);
      assertEquals(code, 0, err);
      const terms = (await readStats(join(cwd, term)))[0]!.terms as Record<string, number>;
      assertEquals(Object.keys(terms), ["cross_entropy", term]);
      assert(terms[term]! > 0);
    }
    for (const weight of ["--beta", "--activation-beta", "--review-beta"]) {
      const { code, err } = await train("refused", "--alpha", "0.5", weight, "1");
      assertEquals(code, 1, err);
      assertMatch(err, /^error: Cannot pair the student's 3 groups with the teacher's 4: name /m);
    }
  }));
