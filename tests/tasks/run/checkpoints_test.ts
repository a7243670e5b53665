/**
 * Tests of when checkpoints are due, and of what a failure says about them.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import { loadCheckpoint } from "../../../lib/train/checkpoint.ts";
import { type Place, startPosition } from "../../../lib/train/position.ts";
import { type Checkpoints, keepCheckpoints } from "../../../tasks/run/checkpoints.ts";
import { explainMemory } from "../../../tasks/run/out_of_memory.ts";
import { TensorFlowError } from "../../../lib/tensorflow/library.ts";
import { inFolder } from "../../folders.ts";

function checkpoints(folder: string, every: string, resumed?: Place) {
  return keepCheckpoints({ folder, every, keep: 2, resumed, options: {}, engine: "none" });
}

function after(steps: number) {
  return { ...startPosition(), steps };
}

Deno.test("keepCheckpoints() has one due after every so many steps of the run", () => {
  const { due } = checkpoints("run", "3");
  assertEquals([1, 2, 3, 4, 5, 6].map((steps) => due(after(steps))), [
    ...[false, false, true],
    ...[false, false, true],
  ]);
});

Deno.test("keepCheckpoints() has one due after minutes, counted from the last one", () =>
  inFolder(async (folder) => {
    let time = 0;
    const options = { folder, every: "2m", keep: 2, resumed: undefined, options: {}, engine: "" };
    const kept = keepCheckpoints({ ...options, images: 9 }, () => time);
    time = 119_999;
    assert(!kept.due(after(1)));
    time = 120_000;
    assert(kept.due(after(2)));
    await kept.save({ state: { params: {}, buffers: {} }, position: after(2) });
    time = 239_999;
    assert(!kept.due(after(3)));
    time = 240_000;
    assert(kept.due(after(4)));
    const { position, images } = await loadCheckpoint(folder);
    assertEquals([position.steps, images], [2, 9]);
  }));

Deno.test("keepCheckpoints() adds what there is to go on from to what the user can mend", () => {
  const bug = new TypeError("x");
  const failure = new UserError("Cannot write");
  assertEquals(checkpoints("run", "3").explain(failure), failure);
  const resumed = checkpoints("my run", "3", after(7));
  assertEquals(resumed.explain(bug), bug);
  const { message } = resumed.explain(failure) as UserError;
  const parts =
    /^Cannot write; my run.*checkpoint-7\.safetensors is whole: continue from it with --resume (['"])my run\1$/;
  assert(parts.test(message), message);
});

Deno.test("keepCheckpoints() advises a smaller batch only where the run can go on with it", async () => {
  const oom = new TensorFlowError(8, "OOM when allocating tensor with shape[9]");
  const advice = (checkpoints: Checkpoints) =>
    (checkpoints.explain(oom) as UserError).message.replace(/^Cannot go on: .* GB; /, "");
  const smaller = "use a smaller --batch-size";
  assertEquals(advice(checkpoints("run", "3")), smaller);
  const whole = "checkpoint-7.safetensors is whole: continue from it with --resume ";
  const start = checkpoints("run", "3", { epoch: 1, batch: 0, steps: 7 });
  assertEquals(advice(start), `${smaller}; ${join("run", "checkpoint", whole)}run`);
  const within = "free some memory, or start a new run with a smaller --batch-size, which cannot " +
    "change within an epoch";
  const resumed = checkpoints("run", "3", { epoch: 1, batch: 2, steps: 7 });
  assertEquals(advice(resumed), `${within}; ${join("run", "checkpoint", whole)}run`);
  await inFolder(async (folder) => {
    const kept = checkpoints(folder, "3", { epoch: 0, batch: 0, steps: 0 });
    const position = { ...after(7), batch: 7 };
    await kept.save({ state: { params: {}, buffers: {} }, position });
    assertEquals(advice(kept), `${within}; ${join(folder, "checkpoint", whole)}${folder}`);
  });
});

Deno.test("keepCheckpoints() says how to go on where bfloat16 cannot be computed", () => {
  const failure = new UserError("Cannot compute in bfloat16: why; use float32");
  const advice = (batch: number, options: Record<string, string>) => {
    const resumed = { epoch: 1, batch, steps: 7 };
    const kept = keepCheckpoints({
      folder: "run",
      every: "3",
      keep: 2,
      resumed,
      options,
      engine: "",
    });
    return (kept.explain(failure) as UserError).message.replace(/^.* is whole: /, "");
  };
  const again = "continue from it with --resume run";
  const precision = "bfloat16";
  assertEquals(advice(0, { precision }), `${again} --precision float32`);
  assertEquals(
    advice(0, { precision: "float32", teacher_precision: "bfloat16" }),
    `${again} --teacher-precision float32`,
  );
  assertEquals(
    advice(2, { precision }),
    `${again} on a processor that can: the precision cannot change within an epoch`,
  );
});

Deno.test("explainMemory() names the tensor and its size, and leaves other errors as they are", () => {
  const oom = "Cannot run step: resource exhausted: OOM when allocating tensor with shape" +
    "[500,32,32,128] and type float on /job:localhost/replica:0/task:0/device:CPU:0";
  assertEquals(
    (explainMemory(new TensorFlowError(8, oom), "use less") as UserError).message,
    "Cannot go on: there is no memory for a tensor of shape [500, 32, 32, 128], 0.262 GB; use less",
  );
  const other = new TensorFlowError(3, oom);
  assertEquals(explainMemory(other, "less"), other);
  let tooLarge: unknown;
  try {
    new Float32Array(2 ** 45);
  } catch (error) {
    tooLarge = error;
  }
  const { message } = explainMemory(tooLarge, "less") as UserError;
  assertEquals(message, "Cannot go on: there is no memory for images; less");
});

Deno.test("keepCheckpoints() makes no run folder anew that was moved, and calls nothing whole that is gone", () =>
  inFolder(async (folder) => {
    const run = join(folder, "run");
    await Deno.mkdir(run);
    const kept = checkpoints(run, "3");
    const state = { params: {}, buffers: {} };
    await kept.save({ state, position: after(1) });
    await Deno.rename(run, join(folder, "moved"));
    const error = await kept.save({ state, position: after(2) }).catch(kept.explain) as UserError;
    assert(error instanceof UserError);
    const says =
      /^Cannot write to the run folder .*: it was moved or removed; .*checkpoint-1.* is gone: /;
    assert(says.test(error.message), error.message);
    // A new folder of that name is not this run's.
    await Deno.mkdir(run);
    const again = await kept.save({ state, position: after(2) }).catch(kept.explain) as UserError;
    assert(says.test(again.message), again.message);
    assertEquals([...Deno.readDirSync(run)], []);
    await Deno.remove(run);
    await Deno.rename(join(folder, "moved"), run);
    await kept.save({ state, position: after(2) });
  }));
