/**
 * Damaged records of runs: checkpoints, and the lines of logs.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { join } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import { formatSafetensors, parseSafetensors } from "../../../lib/formats/safetensors.ts";
import { loadCheckpoint, saveCheckpoint } from "../../../lib/train/checkpoint.ts";
import { checksum } from "../../../lib/train/checkpoint_file.ts";
import { addToMeter, emptyMeter } from "../../../lib/train/meter.ts";
import { appendStart, appendStats, readLog } from "../../../tasks/run/run_log.ts";
import { cifarCommand } from "../../../tasks/cli/cifar_options.ts";
import { parseOptions, withDefaults } from "../../../tasks/cli/options.ts";
import { restoreOptions } from "../../../tasks/cli/training_options.ts";
import { type Bytes, damage, happens, pick } from "../bytes.ts";
import { damageJson } from "../json.ts";
import { isA, sound, type Target } from "../target.ts";
import { checkLeak, checkParams, paramsMemory } from "./params.ts";
import { damageSafetensors } from "./safetensors.ts";
import { Scratch } from "./seeds.ts";

const options = { depth: 10, lr: 0.1, epoch_step: [60, 120], teacher_id: null, save: "a\nb" };

/** Opens the target of checkpoints. */
export async function openCheckpoints(): Promise<Target> {
  const scratch = new Scratch();
  const params = { "conv.weight": tf.ones([3, 3, 1, 2]), "fc.bias": tf.zeros([4]) };
  const figures = { examples: 128, correct: 40, correct5: 90, loss: 0.34, terms: { at: 1 / 3 } };
  const path = await saveCheckpoint(scratch.path, {
    state: { params, buffers: { "fc.bias": params["fc.bias"] } },
    position: {
      epoch: 3,
      batch: 17,
      steps: 1190,
      meter: addToMeter(emptyMeter(), figures),
      pendingEvaluation: true,
    },
    options,
    engine: "cpu",
  });
  tf.dispose(params);
  const file = Deno.readFileSync(path);
  return {
    async make(random) {
      const damaged = damageSafetensors(file, random, [file]);
      return happens(random, 0.7) ? await withChecksum(damaged) : damaged;
    },
    read: (input) =>
      checkLeak(async () => {
        Deno.writeFileSync(path, input);
        const { state, position, options } = await loadCheckpoint(scratch.path);
        checkParams(state.params);
        checkParams(state.buffers);
        tf.dispose([state.params, state.buffers]);
        const { epoch, batch, steps, meter } = position;
        const counts = [epoch, batch, steps, meter.examples, meter.correct, meter.correct5];
        sound(counts.every((n) => Number.isSafeInteger(n) && n >= 0), `position ${counts}`);
        const sums = [meter.loss, ...Object.values(meter.terms)];
        sound(sums.every(Number.isFinite), `sums ${sums}`);
        sound(!Array.isArray(options), "options that are a list");
        JSON.stringify(options);
        await checkRestored(scratch.path);
      }),
    isNamed: isA(UserError),
    memory: paramsMemory,
    close: () => scratch.close(),
  };
}

/** The options that a run goes on with are such as its command line takes. */
async function checkRestored(run: string): Promise<void> {
  const { options: table } = cifarCommand;
  const restored = await restoreOptions(table, { resume: run });
  const { depth, lr, epochStep, teacherId } = parseOptions(withDefaults(table, restored!), []);
  sound(Number.isInteger((depth - 4) / 6) && depth <= 1000, `depth ${depth}`);
  sound(lr > 0 && Number.isFinite(lr), `lr ${lr}`);
  sound(epochStep.every((epoch) => epoch > 0), `epoch_step ${epochStep}`);
  sound(teacherId === undefined || typeof teacherId === "string", `teacher_id ${teacherId}`);
}

/** The same with the right checksum, as who wants to deceive would write it. */
async function withChecksum(file: Bytes): Promise<Bytes> {
  try {
    const { tensors, metadata: { sha256: _, ...metadata } } = parseSafetensors(file);
    const sha256 = await checksum({ tensors, metadata });
    return formatSafetensors({ tensors, metadata: { ...metadata, sha256 } });
  } catch {
    return file; // it is damaged further down
  }
}

/** Opens the target of logs. */
export async function openLogs(): Promise<Target> {
  const scratch = new Scratch();
  await appendStart(scratch.path, { options, machine: { os: "linux", cores: 2 } });
  for (const epoch of [0.5, 1, 2]) {
    await appendStats(scratch.path, {
      epoch,
      train_loss: 2 / epoch,
      test_loss: 2.5 / epoch,
      train_acc: 40 + epoch,
      test_acc: 39 + epoch,
      at_losses: [1e-5, 2e-5],
      train_time: 30.5,
      test_time: 2.5,
      n_parameters: 175066,
      num_classes: 10,
      ...options,
    });
  }
  const log = Deno.readFileSync(join(scratch.path, "log.txt"));
  const lines = new TextDecoder().decode(log).trimEnd().split("\n");
  return {
    make(random) {
      if (happens(random, 0.3)) return damage(log, random);
      const index = random.integer(lines.length);
      const [prefix, json] = splitLine(lines[index]!);
      const changed = lines.with(index, prefix + damageJson(json, random));
      if (happens(random, 0.2)) changed.splice(random.integer(4), 0, pick(random, lines));
      const bytes = new TextEncoder().encode(changed.join("\n") + "\n");
      return happens(random, 0.1) ? damage(bytes, random) : bytes;
    },
    async read(input) {
      scratch.put("log.txt", input);
      const { start, stats } = await readLog(scratch.path);
      JSON.stringify(start);
      for (const { epoch, train_loss, test_loss, train_acc, test_acc } of stats) {
        const figures = [epoch, train_loss, test_loss, train_acc, test_acc];
        sound(figures.every(Number.isFinite), `figures ${figures}`);
      }
      sound(
        stats.every(({ epoch }, i) => i === 0 || epoch > stats[i - 1]!.epoch),
        "epochs in disorder",
      );
      // A log is also written to after it was damaged.
      await appendStart(scratch.path, { depth: 16 });
      sound((await readLog(scratch.path)).start?.depth === 16, "a line added is not read");
    },
    isNamed: isA(UserError),
    memory: (size) => 2 ** 26 + 64 * size,
    close: () => scratch.close(),
  };
}

/** A line's prefix and its JSON. */
function splitLine(line: string): [prefix: string, json: string] {
  const start = line.indexOf("{");
  return [line.slice(0, start), line.slice(start)];
}
