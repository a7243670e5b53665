/**
 * Networks that diverged: no command turns them into plausible results.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { useTensorFlow } from "../../lib/backend/use_tensorflow.ts";
import { UserError } from "../../lib/errors.ts";
import { formatSafetensors, parseSafetensors } from "../../lib/formats/safetensors.ts";
import { onnxModel } from "../../lib/onnx/onnx_model.ts";
import type { Tensors } from "../../lib/params.ts";
import { checkpointPath, saveCheckpoint } from "../../lib/train/checkpoint.ts";
import { checksum } from "../../lib/train/checkpoint_file.ts";
import { startPosition } from "../../lib/train/position.ts";
import { sgd } from "../../lib/train/sgd.ts";
import { startState } from "../../lib/train/train_state.ts";
import { saveParams } from "../../lib/formats/weights.ts";
import { resNet } from "../../models/res_net.ts";
import { wideResNet } from "../../models/wide_resnet.ts";
import { loadNetwork, startFrom } from "../../lib/networks/network.ts";
import { resumeRun } from "../../tasks/run/resume.ts";
import { inFolder, namesIn } from "../folders.ts";
import { long } from "../long.ts";
import { cifarHere as cifar, convertHere as convert } from "./in_process.ts";

await useTensorFlow();

const sample = ["--dataset", "CIFAR10-sample"];
const tiny = [...sample, "--depth", "10", "--width", "0.25", "--max-steps", "1"];
const { init } = wideResNet({ depth: 10, width: 0.25, numClasses: 10 });

/** A network's initial parameters, with one value changed. */
function withValue(params: Tensors, key: string, value: number): Tensors {
  const { shape, size } = params[key]!;
  const values = params[key]!.dataSync().slice();
  values[size >> 1] = value;
  return { ...params, [key]: tf.tensor(values, shape) };
}

long.test("no command takes parameters that are not finite; each names the file and the tensor", () =>
  inFolder(async (cwd) => {
    const key = "group1.block0.conv1"; // relu hides its effects
    await saveParams(join(cwd, "nan.safetensors"), withValue(init(1), key, NaN));
    await Deno.mkdir(join(cwd, "run"));
    const infinite = withValue(init(1), "bn.running_var", Infinity);
    await saveParams(join(cwd, "run", "model.safetensors"), infinite);
    const message = /Cannot use .*nan\.safetensors: group1\.block0\.conv1 holds NaN/;
    const run = /Cannot use .*model\.safetensors: bn\.running_var holds Infinity/;

    await cifar.refuse(cwd, 1, message, ...sample, "--evaluate", "--params", "nan.safetensors");
    await cifar.refuse(cwd, 1, run, ...sample, "--evaluate", "--params", "run");
    const teacher = ["--teacher-id", "nan.safetensors", "--beta", "1"];
    await cifar.refuse(cwd, 1, message, ...tiny, "--save", "new", ...teacher);
    await cifar.refuse(cwd, 1, message, ...tiny, "--save", "new", "--init", "nan.safetensors");
    await convert.refuse(cwd, 1, message, "nan.safetensors", "new.onnx");
    await convert.refuse(cwd, 1, message, "nan.safetensors", "new.safetensors");
    assertEquals(namesIn(cwd).filter((name) => name.startsWith("new.")), []);
  }));

Deno.test("deno task cifar --evaluate refuses logits that are not finite, of parameters that are", () =>
  inFolder(async (cwd) => {
    const start = init(1);
    const filled = (key: string, value: number) => ({
      ...start,
      [key]: tf.fill(start[key]!.shape, value),
    });
    const networks = [
      filled("fc.weight", 3e38),
      filled("fc.weight", -3e38),
      // What a relu comes after is NaN.
      filled("group1.block0.bn0.running_var", -1),
      filled("group1.block0.conv1", 3e38),
    ];
    for (const params of networks) {
      await saveParams(join(cwd, "large.safetensors"), params);
      await cifar.refuse(
        cwd,
        1,
        /Cannot evaluate .*large\.safetensors: its logits are not finite for \d+ of 500 images/,
        ...[...sample, "--evaluate", "--params", "large.safetensors"],
      );
    }
  }));

Deno.test("deno task cifar --evaluate counts equal logits as the answer 0, and no more", () =>
  inFolder(async (cwd) => {
    const { "fc.weight": weight, "fc.bias": bias, ...rest } = init(1);
    const params = { ...rest, "fc.weight": tf.zerosLike(weight!), "fc.bias": tf.zerosLike(bias!) };
    await saveParams(join(cwd, "equal.safetensors"), params);
    const args = [...sample, "--evaluate", "--params", "equal.safetensors"];
    const { out } = await cifar.succeed(cwd, ...args);
    assertEquals(JSON.parse(out.replace("json_stats: ", "")).test_acc, 10);
  }));

Deno.test("deno task cifar --evaluate refuses a float64 that would become infinite", () =>
  inFolder(async (cwd) => {
    const path = join(cwd, "huge.safetensors");
    await saveParams(path, init(1));
    const { tensors, metadata } = parseSafetensors(await Deno.readFile(path));
    const bias = new Float64Array(10);
    bias[3] = 1e60;
    tensors["fc.bias"] = { dtype: "F64", shape: [10], data: new Uint8Array(bias.buffer) };
    await Deno.writeFile(path, formatSafetensors({ tensors, metadata }));
    const message = /Cannot read .*huge\.safetensors: fc\.bias holds 1e\+60, which does not fit/;
    await cifar.refuse(cwd, 1, message, ...sample, "--evaluate", "--params", "huge.safetensors");
  }));

Deno.test("loadNetwork(), startFrom() and onnxModel() refuse ResNets that are not finite", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a.safetensors");
    const options = { depth: 18, width: 0.125, numClasses: 5 } as const;
    const initial = resNet(options).init(0);
    for (
      const [key, value] of [["layer4.1.bn2.running_var", NaN], ["fc.bias", -Infinity]] as const
    ) {
      const params = withValue(initial, key, value);
      await saveParams(path, params);
      const message = `${key} holds ${value}`;
      await assertRejects(() => loadNetwork(path), UserError, message);
      await assertRejects(() => startFrom(path, initial, {}), UserError, message);
      const error = await assertRejects(() => onnxModel(params), UserError, message);
      assertEquals((error as UserError).code, "not-finite");
    }
    // A classifier that is not used need not be finite.
    assertEquals((await startFrom(path, initial, {}, "fc.weight"))["fc.bias"]!.shape, [5]);
  }));

Deno.test("--resume refuses a checkpoint that is whole, and not finite", () =>
  inFolder(async (folder) => {
    const params = init(1);
    const options = { batch_size: 100 };
    const state = startState(params, sgd());
    await saveCheckpoint(folder, { state, position: startPosition(), options, engine: "none" });
    const path = checkpointPath(folder, 0);
    for (
      const [entry, named] of [["params", "fc.bias"], ["buffers", "momentum of fc.bias"]] as const
    ) {
      const { tensors, metadata } = parseSafetensors(await Deno.readFile(path));
      const { sha256: _, ...rest } = metadata;
      const key = `${entry}/fc.bias`;
      const data = new Uint8Array(Float32Array.from({ length: 10 }, () => NaN).buffer);
      const broken = { ...tensors, [key]: { ...tensors[key]!, data } };
      const sum = await checksum({ tensors: broken, metadata: rest });
      const bytes = formatSafetensors({ tensors: broken, metadata: { ...rest, sha256: sum } });
      const original = await Deno.readFile(path);
      await Deno.writeFile(path, bytes);
      await assertRejects(
        () =>
          resumeRun({
            ...{ folder, options, engine: "none", expected: state },
            ...{ images: 2000, teacher: undefined },
          }),
        UserError,
        `${named} holds NaN`,
      );
      await Deno.writeFile(path, original);
    }
  }));
