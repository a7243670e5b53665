/**
 * Tests of the Python programs, where there is a Python with PyTorch: `python3`, or the one that
 * ATTENTION_TRANSFER_PYTHON names. Without one they are ignored.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { parseSafetensors } from "../../lib/formats/safetensors.ts";
import { inFolder } from "../folders.ts";
import { long } from "../long.ts";
import { readFixture, typedArray } from "../parity.ts";

const python = Deno.env.get("ATTENTION_TRANSFER_PYTHON") ?? "python3";
const root = fromFileUrl(new URL("../../", import.meta.url));

async function runPython(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(python, { args }).output();
  assert(success, new TextDecoder().decode(stderr));
}

/** The arguments that run PyTorch's half of deno task reproduce with a few images, in a folder. */
async function fewImages(folder: string): Promise<string[]> {
  await Deno.symlink(join(root, "data/cifar10-sample"), join(folder, "cifar-10-batches-bin"));
  const fewer = "import pytorch; pytorch.TRAIN, pytorch.TEST = 256, 128; pytorch.main()";
  const program = `import sys; sys.path.append("${join(root, "tasks/reproduce")}"); ${fewer}`;
  return ["-c", program, "--save", join(folder, "run"), "--dataroot", folder, "--depth", "10"];
}

const hasPyTorch = await runPython("-c", "import torch").then(() => true, () => false);
const test = hasPyTorch ? long.test : Deno.test.ignore;

test("PyTorch's half of deno task reproduce trains an epoch from a teacher of pretrained/", () =>
  inFolder(async (folder) => {
    const run = await fewImages(folder);
    await runPython(...run, "--teacher-id", "wrn_16_1", "--beta", "1000", "--epochs", "1");
    const [start, stats] = (await Deno.readTextFile(join(folder, "run", "log.txt"))).split("\n");
    assertMatch(start!, /^json_start: .*PyTorch/);
    const { test_acc, test_loss } = JSON.parse(stats!.replace("json_stats: ", ""));
    assert(test_acc >= 0 && test_acc <= 100 && test_loss > 0, stats);
  }));

test("PyTorch's half of deno task reproduce stops at a loss that is not finite, and logs none", () =>
  inFolder(async (folder) => {
    const args = [...await fewImages(folder), "--lr", "1e30", "--epochs", "1"];
    const { code, stderr } = await new Deno.Command(python, { args }).output();
    const message = new TextDecoder().decode(stderr);
    assertEquals(code, 1, message);
    assertMatch(message, /^error: Cannot go on training: the (test )?loss is \S+ in epoch 1; try/m);
    assert(!(await Deno.readTextFile(join(folder, "run/log.txt"))).includes("json_stats"));
  }));

test("the fixtures can be made again, with the same numbers", () =>
  inFolder(async (folder) => {
    await runPython(join(root, "tests/fixtures/make_fixtures.py"), folder);
    for await (const { name } of Deno.readDir(folder)) {
      const { tensors } = parseSafetensors(await Deno.readFile(join(folder, name)));
      const known = await readFixture(name.replace(/\.safetensors$/, ""));
      assertEquals(Object.keys(tensors).sort(), Object.keys(known.tensors).sort(), name);
      for (const [key, { dtype, data }] of Object.entries(tensors)) {
        const [made, expected] = [typedArray(dtype, data), known.get(key).data];
        const largest = Array.from(expected, Math.abs).reduce((a, b) => Math.max(a, b), 0);
        const errors = Array.from(made, (value, i) => Math.abs(value - expected[i]!));
        const error = errors.reduce((a, b) => Math.max(a, b), 0);
        assert(error <= 1e-12 * largest, `${name}, ${key}: ${error} of ${largest}`);
      }
    }
  }));
