/**
 * Tests of `deno task cifar` as a user runs it, on the repository's sample.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";
import { useTensorFlow } from "../../lib/backend/use_tensorflow.ts";
import { filterParams, isSgeKey, isTrainable } from "../../lib/params.ts";
import { checkpointPath, loadCheckpoint } from "../../lib/train/checkpoint.ts";
import { type EpochStats, readStats } from "../../tasks/run/run_log.ts";
import { epochLine } from "../../tasks/run/told.ts";
import { loadParams } from "../../lib/formats/weights.ts";
import { wideResNet, type WideResNetOptions, wideResNetOptions } from "../../models/wide_resnet.ts";
import { saveNetwork } from "../../lib/networks/network.ts";
import { inFolder, namesIn } from "../folders.ts";
import { assertSame } from "../same.ts";
import { long } from "../long.ts";
import { taskRunner } from "./command.ts";
import { cifarHere } from "./in_process.ts";

await useTensorFlow();

const root = fromFileUrl(new URL("../../", import.meta.url));
const { run: cifar, succeed } = cifarHere;
const launched = taskRunner("cifar");
const sample = ["--dataset", "CIFAR10-sample"];
/** A small network; 20 steps per epoch. */
const small = [...sample, "--depth", "10", "--width", "0.25", "--batch-size", "100"];
/** A smaller network and large batches: 4 steps per epoch. */
const tiny = [...sample, "--depth", "10", "--width", "0.0625", "--batch-size", "500"];

/** Makes a run folder with a network's initial parameters, as if it had been trained. */
async function makeNetwork(
  folder: string,
  options: Partial<WideResNetOptions>,
  normalization = "paper",
): Promise<void> {
  const network = { depth: 10, width: 0.25, numClasses: 10, ...options };
  await Deno.mkdir(folder, { recursive: true });
  await saveNetwork(join(folder, "model.safetensors"), wideResNet(network).init(1), {
    ...network,
    normalization,
  });
}

/** The results that an evaluation printed. */
function evaluated({ out }: { out: string }): { test_acc: number; test_loss: number } {
  const { test_acc, test_loss } = JSON.parse(out.replace("json_stats: ", ""));
  return { test_acc, test_loss };
}

Deno.test("deno task cifar trains a teacher, and a student from it by the original's flags", () =>
  inFolder(async (cwd) => {
    await succeed(cwd, ...tiny, "--max-steps", "1", "--save", "logs/teacher");
    const { out, err } = await launched.succeed(
      cwd,
      ...tiny,
      ...["--save", "logs/student", "--teacher_id", "teacher", "--beta", "1e+3", "--alpha", "0.9"],
      ...["--epoch_step", "[60,120,160]", "--gpu_id", "0", "--max-steps", "6"],
    );
    const folder = join(cwd, "logs/student");
    const files = namesIn(folder).map((name) => name.replace(/^events\..*/, "events"));
    const kept = [".lock", "checkpoint", "curves.svg", "events", "log.txt", "model.safetensors"];
    assertEquals(files, kept);
    const stats = await readStats(folder);
    assertEquals(stats.map(({ epoch }) => epoch), [1, 1.5]);
    const last = stats[1]!;
    assertEquals(last.at_losses.length, 3);
    assert(last.at_losses.every((loss) => loss > 0 && loss < 0.1));
    assertEquals([last.teacher_id, last.beta, last.alpha, last.depth], ["teacher", 1000, 0.9, 10]);
    assertEquals(last.n_parameters, 991);
    assertStringIncludes(out, `${epochLine(last)}\n`);
    assertStringIncludes(err, "visualize --networks teacher,logs/student --dataset");
    assertStringIncludes(err, "engine: TensorFlow");
    assertStringIncludes(err, "--gpu-id has no effect");
    const params = await loadParams(join(folder, "model.safetensors"));
    assertEquals(wideResNetOptions(params), { depth: 10, width: 0.0625, numClasses: 10 });

    const again = await succeed(cwd, ...sample, "--evaluate", "--resume", "logs/student");
    const { test_acc, test_loss } = last;
    assertEquals(evaluated(again), { test_acc, test_loss });
  }));

long.test("deno task cifar resumes where it stopped, as if it never had", () =>
  inFolder(async (cwd) => {
    const run = [...tiny, "--seed", "7", "--epochs", "2", "--epoch-step", "1"];
    await succeed(cwd, ...run, "--save", "whole");
    await succeed(cwd, ...run, "--save", "parts", "--max-steps", "3");
    await succeed(cwd, "--resume", "parts");
    const [whole, parts] = ["whole", "parts"].map((name) =>
      Deno.readFileSync(join(cwd, name, "model.safetensors"))
    );
    assertEquals(parts, whole);
    const losses = await Promise.all(
      ["whole", "parts"].map(async (name) =>
        (await readStats(join(cwd, name))).filter(({ epoch }) => Number.isInteger(epoch))
          .map(({ train_loss, test_loss, train_acc }) => ({ train_loss, test_loss, train_acc }))
      ),
    );
    assertEquals(losses[1], losses[0]);

    const again = await succeed(cwd, "--resume", "parts");
    assertStringIncludes(again.err, "nothing left to do: 2 epochs and 8 steps are done");
    const other = await cifar(cwd, "--resume", "parts", "--depth", "16", "--epochs", "3");
    assertEquals(other.code, 1);
    assertMatch(other.err, /error: Cannot use the checkpoint of parts: it has no group0\.block1/);
  }));

/**
 * The last epoch's metrics, without those that depend on time or on how the program was started.
 */
async function lastFigures(folder: string) {
  const { train_time: _, test_time: __, processor_time: ___, save, resume, max_steps, ...metrics } =
    (await readStats(folder)).at(-1) as EpochStats;
  return { metrics, start: { save, resume, max_steps } };
}

long.test("deno task cifar transfers by all methods at once, and resumes within an epoch as if it never stopped", () =>
  inFolder(async (cwd) => {
    await makeNetwork(join(cwd, "logs/teacher"), { width: 0.5 });
    const run = [
      ...[...sample, "--depth", "10", "--width", "0.25", "--batch-size", "20", "--epochs", "2"],
      ...["--seed", "3", "--teacher-id", "teacher", "--log-terms"],
      ...["--alpha", "0.5", "--temperature", "3", "--beta", "100", "--beta-decay", "linear"],
      ...["--at-map", "max4", "--at-groups", "0:0,2:2", "--at-weights", "1,0.5"],
      ...["--activation-beta", "0.1", "--gradient-beta", "1", "--gradient-symmetry-beta", "1"],
      ...["--similarity-beta", "100", "--decoupled-beta", "0.1", "--relational-beta", "0.1"],
      ...["--correlation-beta", "0.1", "--class-attention-beta", "1", "--review-beta", "0.1"],
      ...["--standardize-logits", "--kd-weight", "2", "--method-warmup", "2"],
    ];
    const kept = ["--checkpoint-every", "2", "--keep", "2"];
    const { err } = await succeed(cwd, ...run, ...kept, "--max-steps", "4", "--save", "whole");
    // A second run to the middle would take as long as both, most of it to compile all methods.
    const checkpoint = checkpointPath("parts", 2);
    await Deno.mkdir(join(cwd, dirname(checkpoint)), { recursive: true });
    await Deno.copyFile(join(cwd, checkpointPath("whole", 2)), join(cwd, checkpoint));
    await succeed(cwd, "--resume", "parts", "--max-steps", "4");

    const [whole, parts] = [
      await lastFigures(join(cwd, "whole")),
      await lastFigures(join(cwd, "parts")),
    ];
    assertEquals(parts.metrics, whole.metrics);
    assertEquals(parts.start, { save: null, resume: "parts", max_steps: 4 });
    const { epoch, at_losses, terms, term_shares, term_gradient_norms } = whole.metrics;
    assertEquals(epoch, 0.04);
    const names = [
      ...["cross_entropy", "distillation", "attention_0", "attention_1", "activation_0"],
      ...["activation_1", "decoupled", "correlation", "class_attention", "review", "similarity"],
      ...["relational", "gradient_attention", "gradient_symmetry"],
    ];
    for (const metrics of [terms, term_shares, term_gradient_norms]) {
      assertEquals(Object.keys(metrics as object), names);
      assert(Object.values(metrics as object).every((value) => value > 0), JSON.stringify(metrics));
    }
    const { attention_0, attention_1 } = terms as Record<string, number>;
    assertEquals(at_losses, [attention_0!, attention_1!]);
    assertEquals(err.match(/gradient norm of each weighted term: cross_entropy /g)?.length, 2);

    const [a, b] = await Promise.all(
      ["whole", "parts"].map((name) => loadCheckpoint(join(cwd, name))),
    );
    assertSame(b!.state.params, a!.state.params);
    assertSame(b!.state.buffers, a!.state.buffers);
    // Two projections, and three levels of ReviewKD, two of them fused.
    assertEquals(Object.keys(a!.state.loss!.buffers).length, 2 + 3 * 6 + 2 * 2);
    assertSame(b!.state.loss!.params, a!.state.loss!.params);
    assertSame(b!.state.loss!.buffers, a!.state.loss!.buffers);
    const [saved, resumed] = ["whole", "parts"].map((name) =>
      Deno.readFileSync(join(cwd, name, "model.safetensors"))
    );
    assertEquals(resumed, saved);
    const params = await loadParams(join(cwd, "whole/model.safetensors"));
    assertEquals(wideResNetOptions(params), { depth: 10, width: 0.25, numClasses: 10 });
    assert(!Object.keys(params).some((key) => key.startsWith("loss.")));

    await Deno.remove(join(cwd, "logs"), { recursive: true }); // evaluating the student does not need its teacher
    const { test_acc, test_loss } = whole.metrics;
    assertEquals(evaluated(await succeed(cwd, "--evaluate", "--resume", "parts")), {
      test_acc,
      test_loss,
    });
  }));

long.test("deno task cifar starts a network with SGE from one without, and evaluates it as in its log", () =>
  inFolder(async (cwd) => {
    await makeNetwork(join(cwd, "plain"), {});
    const start = await loadParams(join(cwd, "plain/model.safetensors"));
    // A learning rate that is 0 in float32.
    const still = ["--lr", "1e-60", "--max-steps", "1", "--sge", "4", "--sge-weight", "2"];
    for (const flags of [[], ["--sge-no-normalize"]]) {
      const save = `sge${flags}`;
      // Once as a run folder, once as its file.
      const place = (run: string) => flags.length === 0 ? run : join(run, "model.safetensors");
      const init = ["--init", place("plain")];
      await succeed(cwd, ...small, ...still, ...init, "--sge-bias", "-1", ...flags, "--save", save);
      const params = await loadParams(join(cwd, save, "model.safetensors"));
      const isOld = (key: string) => isTrainable(key) && !isSgeKey(key);
      assertSame(filterParams(params, isOld), filterParams(start, isOld));
      assertEquals([...params["group1.block0.sge.weight"]!.dataSync()], [2, 2, 2, 2]);
      assertEquals([...params["group1.block0.sge.bias"]!.dataSync()], [-1, -1, -1, -1]);

      const [{ test_acc, test_loss }] = await readStats(join(cwd, save)) as [EpochStats];
      const file = ["--params", place(save)];
      assertEquals(evaluated(await succeed(cwd, ...sample, "--evaluate", ...file)), {
        test_acc,
        test_loss,
      });
    }
    const [[normalized], [plain]] = await Promise.all(
      ["sge", "sge--sge-no-normalize"].map((name) => readStats(join(cwd, name))),
    ) as [EpochStats[], EpochStats[]];
    assert(normalized!.test_loss !== plain!.test_loss);
  }));

Deno.test("deno task cifar takes a recipe, and keeps to it when it evaluates", () =>
  inFolder(async (cwd) => {
    const run = [...small, "--recipe", "repdistiller", "--lr", "0.02", "--max-steps", "1"];
    await succeed(cwd, ...run, "--save", "run");
    const [{ test_acc, test_loss, ...logged }] = await readStats(join(cwd, "run")) as [EpochStats];
    const { recipe, epochs, epoch_step, lr, batch_size, padding, normalization } = logged;
    assertEquals([recipe, epochs, epoch_step], ["repdistiller", 240, [150, 180, 210]]);
    assertEquals([lr, batch_size], [0.02, 100]);
    assertEquals([padding, normalization], ["zero", "repdistiller"]);
    const params = await loadParams(join(cwd, "run/model.safetensors"));
    const weights = params["group0.block0.bn0.weight"]!.dataSync();
    assert(weights.every((weight) => Math.abs(weight - 1) < 0.1), `bn weights ${weights}`);
    const again = await succeed(cwd, "--evaluate", "--resume", "run");
    assertEquals(evaluated(again), { test_acc, test_loss });
  }));

Deno.test("deno task cifar says in a line what has no effect", () =>
  inFolder(async (cwd) => {
    await makeNetwork(join(cwd, "logs/teacher"), {});
    const run = ["--teacher-id", "teacher", "--temperature", "3", "--max-steps", "1"];
    const { err } = await succeed(cwd, ...small, ...run);
    const notes = err.match(/^note: .*(?= has no effect without)/mg);
    assertEquals(notes, ["note: teacher teacher", "note: --temperature 3"]);
  }));

const refused: [string, string[], number, RegExp][] = [
  ["an unknown flag", ["--depht", "16"], 2, /unknown option --depht; did you mean --depth\?/],
  [
    "a run folder of a name that is too long",
    [...sample, "--save", `logs/${"n".repeat(256)}`],
    1,
    /Cannot write to the run folder .*: file name too long; choose another with --save/,
  ],
  ["a depth that is not 6n + 4", ["--depth", "17"], 2, /--depth must be .*6n \+ 4.*17/],
  ["a beta without a teacher", [...sample, "--beta", "1e3"], 2, /--beta 1000 needs a teacher/],
  ["a map of a power below 1", ["--at-map", "sum0.5"], 2, /--at-map must be .*1 or more.*sum0\.5/],
  ["an alpha above 1", ["--alpha", "1.5"], 2, /--alpha must be a number from 0 to 1, not "1\.5"/],
  [
    "a negative temperature",
    ["--temperature", "-1"],
    2,
    /--temperature must be .*above 0, not "-1"/,
  ],
  ["a decay of no beta", ["--beta-decay", "linear"], 2, /--beta-decay linear needs a --beta/],
  [
    "groups of SGE that do not divide the channels",
    [...small, "--sge", "3"],
    1,
    /3 groups of SGE: they must divide the channels, which are 4, 8, 16, so at most 4/,
  ],
  [
    "a group that does not exist",
    [...small, "--teacher-id", "teacher", "--beta", "1", "--at-groups", "0,2:3"],
    1,
    /Cannot use group 3 of the teacher: it has groups 0 to 2; see --at-groups/,
  ],
  [
    "distillation from a teacher of other classes",
    [...small, "--teacher-id", "hundred", "--alpha", "0.9"],
    1,
    /teacher hundred: it has 100 classes and the data set has 10/,
  ],
  [
    "a teacher that saw images normalised otherwise",
    [...small, "--teacher-id", "other", "--beta", "1"],
    1,
    /teacher other: it was trained on images normalised by repdistiller/,
  ],
  [
    "a first network of another width",
    [...small, "--init", "logs/wide/model.safetensors"],
    1,
    /Cannot use logs.wide.model\.safetensors: .* has shape /,
  ],
  ["a missing teacher", [...sample, "--teacher-id", "nobody"], 1, /logs.nobody.model\.safetensors/],
  ["a missing data file", ["--dataroot", "cut"], 1, /cifar-10-batches-bin/],
  ["a folder that cannot be written", [...sample, "--save", "file/run"], 1, /file.run/],
  [
    "another run's folder",
    [...sample, "--save", "a run"],
    1,
    /a run: it holds the results .*--resume (['"])a run\1$/,
  ],
  [
    "parameters of another network",
    [
      ...sample,
      ...["--evaluate", "--params", "other.safetensors"],
    ],
    1,
    /other\.safetensors: these are no parameters/,
  ],
  [
    "a gradient that is not finite",
    [...tiny, "--lr", "1e30", "--save", "wild"],
    1,
    // Other kernels may overflow at other values first.
    /^(?=.* at step 2 \(epoch 1\)).*the gradients of (conv0, .*|all 26 parameters) are .*--resume wild/m,
  ],
];

Deno.test("deno task cifar refuses with one line and leaves nothing half done:", async (t) => {
  await inFolder(async (cwd) => {
    await Deno.writeTextFile(join(cwd, "file"), "");
    await Deno.mkdir(join(cwd, "cut/cifar-10-batches-bin"), { recursive: true });
    await Deno.writeFile(join(cwd, "cut/cifar-10-batches-bin/data_batch_1.bin"), new Uint8Array(9));
    await Deno.writeTextFile(join(cwd, "cut/cifar-10-batches-bin/batches.meta.txt"), "a\nb\n");
    await Deno.mkdir(join(cwd, "a run"));
    await Deno.writeTextFile(join(cwd, "a run/model.safetensors"), "");
    await Deno.copyFile(
      join(root, "tests/fixtures/losses.safetensors"),
      join(cwd, "other.safetensors"),
    );
    await makeNetwork(join(cwd, "logs/teacher"), {});
    await makeNetwork(join(cwd, "logs/wide"), { width: 1 });
    await makeNetwork(join(cwd, "logs/hundred"), { numClasses: 100 });
    await makeNetwork(join(cwd, "logs/other"), {}, "repdistiller");
    const before = [namesIn(cwd), namesIn(join(cwd, "logs"))];
    for (const [what, args, code, message] of refused) {
      await t.step(what, async () => {
        // The launcher fetches what is missing.
        await (args[0] === "--dataroot" ? launched : cifarHere).refuse(cwd, code, message, ...args);
      });
    }
    const after = [namesIn(cwd).filter((name) => name !== "wild"), namesIn(join(cwd, "logs"))];
    assertEquals(after, before);
  });
});
