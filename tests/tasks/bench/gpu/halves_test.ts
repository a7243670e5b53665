/**
 * Tests of the programs that `deno task bench --gpu` compares.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { UserError } from "../../../../lib/errors.ts";
import { caseSets } from "../../../../tasks/bench/cases.ts";
import {
  contenders,
  engineVariables,
  isPlain,
  noPeers,
} from "../../../../tasks/bench/gpu/halves.ts";
import { inFolder } from "../../../folders.ts";

const surroundings = { python: "python3", threads: 1, caches: "caches" };

function names(
  gpu: boolean,
  peers: { torch: string | null; torchGpu: boolean; jax: string | null },
) {
  return contenders({ ...surroundings, gpu, peers }).map(({ name }) => name);
}

Deno.test("contenders() has PyTorch where it can use the same device, and JAX where it is", () => {
  const ours = ["ours, op by op", "ours, XLA"];
  const torch = ["PyTorch eager", "PyTorch channels_last", "PyTorch compile"];
  assertEquals(names(false, noPeers), ours);
  assertEquals(names(false, { torch: "2", torchGpu: false, jax: null }), [...ours, ...torch]);
  assertEquals(names(true, { torch: "2", torchGpu: false, jax: "1" }), [...ours, "JAX"]);
  assertEquals(names(true, { torch: "2", torchGpu: true, jax: "1" }), [...ours, ...torch, "JAX"]);
});

Deno.test("contenders() gives JAX the plain step only", () => {
  const peers = { torch: null, torchGpu: false, jax: "1" };
  const jax = contenders({ ...surroundings, gpu: true, peers }).at(-1)!;
  const taken = Object.entries(caseSets.performance).filter(([, shape]) => jax.takes(shape));
  assertEquals(taken.map(([name]) => name), ["WRN-16-1"]);
  assert(!isPlain({ network: "resnet", depth: 18, width: 1, batch: 16 }));
});

Deno.test({
  name: "contenders() refuses a JAX without a GPU where a GPU is checked",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      const start = async (device: string, gpu: boolean) => {
        const python = join(folder, device);
        await Deno.writeTextFile(
          python,
          `#!/bin/sh\necho '{"ready": true, "device": "${device}"}'\nexec cat\n`,
          { mode: 0o755 },
        );
        const peers = { ...noPeers, jax: "1" };
        const half = await contenders({ ...surroundings, python, gpu, peers }).at(-1)!.start();
        await half.close();
      };
      await assertRejects(() => start("cpu", true), UserError, "this JAX has no GPU");
      await start("gpu", true);
      await start("cpu", false);
    }),
});

Deno.test("engineVariables() shares the GPU's memory, keeps what XLA compiles, and turns TF32 off", () => {
  const before = Deno.env.get("TF_XLA_FLAGS");
  try {
    Deno.env.set("TF_XLA_FLAGS", "--own");
    assertEquals(engineVariables({ caches: "c", tf32: true }), {
      TF_FORCE_GPU_ALLOW_GROWTH: "true",
      TF_XLA_FLAGS: "--own --tf_xla_persistent_cache_directory=c/xla",
    });
    const exact = engineVariables({ caches: "c", tf32: false, hidesGpu: true });
    assertEquals(exact.TF_XLA_FLAGS, "--own --tf_xla_persistent_cache_directory=c/xla-exact");
    assertEquals([exact.NVIDIA_TF32_OVERRIDE, exact.CUDA_VISIBLE_DEVICES], ["0", "-1"]);
  } finally {
    if (before === undefined) Deno.env.delete("TF_XLA_FLAGS");
    else Deno.env.set("TF_XLA_FLAGS", before);
  }
});
