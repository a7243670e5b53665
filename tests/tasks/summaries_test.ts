/**
 * Runs with `--summaries`, as a user starts them.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { useTensorFlow } from "../../lib/backend/use_tensorflow.ts";
import { inFolder } from "../folders.ts";
import { eventFiles, eventsOf } from "../lib/backend/events.ts";
import { long } from "../long.ts";
import { taskRunner } from "./command.ts";
import { cifarHere } from "./in_process.ts";

await useTensorFlow();

const { succeed, refuse } = cifarHere;
const network = ["--dataset", "CIFAR10-sample", "--depth", "10", "--width", "0.125", "--sge", "2"];
const run = [...network, "--batch-size", "500"];

/** The epochs' steps with pictures, and with histograms of gates. */
async function stepsIn(folder: string): Promise<number[][]> {
  const events = await eventsOf(folder);
  return ["attention/image/3", "gates/group2"].map((wanted) =>
    events.filter(({ tag }) => tag === wanted).map(({ step }) => step)
  );
}

long.test("deno task cifar --summaries changes no result, and goes on when the run is resumed", () =>
  inFolder(async (cwd) => {
    await succeed(cwd, ...run, "--epochs", "2", "--save", "plain");
    const told = ["--save", "told", "--summaries", "--max-steps", "4"];
    await succeed(cwd, ...run, "--epochs", "2", ...told);
    await succeed(cwd, "--resume", "told");
    const [plain, watched] = await Promise.all(
      ["plain", "told"].map((name) => Deno.readFile(join(cwd, name, "model.safetensors"))),
    );
    assertEquals(watched, plain);
    assertEquals(await stepsIn(join(cwd, "plain")), [[], []]);
    assertEquals(await stepsIn(join(cwd, "told")), [[4, 8], [4, 8]]);
  }));

long.test("deno task cifar --summaries writes once with two workers", () =>
  inFolder(async (cwd) => {
    const workers = ["--workers", "2", "--sync-batchnorm"];
    const flags = [...run, "--epochs", "1", "--save", "two", "--summaries", ...workers];
    await taskRunner("cifar").succeed(cwd, ...flags);
    assertEquals((await eventFiles(join(cwd, "two"))).length, 1);
    assertEquals(await stepsIn(join(cwd, "two")), [[4], [4]]);
  }));

Deno.test("deno task cifar refuses --summaries in one line where TensorFlow does not compute", () =>
  inFolder(async (cwd) => {
    const args = [...run, "--summaries", "--engine", "cpu", "--save", "none"];
    await refuse(cwd, 2, /^error: --summaries needs TensorFlow/m, ...args);
    assertEquals([...Deno.readDirSync(cwd)], []);
  }));

const python = "python3";
const program = `
import sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1])
events.Reload()
print([(e.step, e.width, e.height) for e in events.Images("attention/image/0")])
print([(e.step, e.histogram_value.num) for e in events.Histograms("weights/fc.bias")])
`;

async function hasTensorBoard(): Promise<boolean> {
  const args = ["-c", "import tensorboard.backend.event_processing.event_accumulator"];
  const command = new Deno.Command(python, { args, stderr: "null" });
  return (await command.output().catch(() => ({ success: false }))).success;
}

const canRead = await hasTensorBoard();

long.test({
  name: "TensorBoard reads what --summaries wrote" +
    (canRead ? "" : " (skipped: python3 has no tensorboard; see pip install tensorboard)"),
  ignore: !canRead,
  fn: () =>
    inFolder(async (cwd) => {
      await succeed(cwd, ...run, "--epochs", "1", "--save", "run", "--summaries");
      const args = ["-c", program, join(cwd, "run")];
      const { stdout } = await new Deno.Command(python, { args, stderr: "null" }).output();
      const said = new TextDecoder().decode(stdout);
      assertStringIncludes(said, "[(4, 128, 32)]");
      assertStringIncludes(said, "[(4, 10.0)]");
    }),
});
