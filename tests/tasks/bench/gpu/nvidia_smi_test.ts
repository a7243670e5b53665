/**
 * Tests of what is read of nvidia-smi, with a program in its place.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { cardOf, readAnswers, usedGpuBytes } from "../../../../tasks/bench/gpu/nvidia_smi.ts";
import { inFolder } from "../../../folders.ts";

Deno.test("readAnswers() takes the values of the first line", () => {
  assertEquals(readAnswers("NVIDIA H200, 143771, 580.1\nother, 1, 2\n"), [
    ...["NVIDIA H200", "143771", "580.1"],
  ]);
});

/** Answers as nvidia-smi does; fails unless it is asked for one GPU. */
const program = `#!/bin/sh
case "$*" in
  *memory.used*--id=0) echo 512;;
  *name,memory.total,driver_version*--id=0) echo "Some card, 1000, 1.2";;
  *) exit 1;;
esac
`;

Deno.test({
  name: "cardOf() and usedGpuBytes() ask nvidia-smi, and know nothing without it",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      const before = Deno.env.get("PATH") ?? "";
      const visible = Deno.env.get("CUDA_VISIBLE_DEVICES");
      try {
        Deno.env.delete("CUDA_VISIBLE_DEVICES");
        Deno.env.set("PATH", folder);
        assertEquals([await cardOf(), await usedGpuBytes()], [null, undefined]);
        await Deno.writeTextFile(join(folder, "nvidia-smi"), program, { mode: 0o755 });
        Deno.env.set("PATH", `${folder}:${before}`);
        assertEquals(await cardOf(), "Some card, 1000 MiB, driver 1.2");
        assertEquals(await usedGpuBytes(), 512 * 2 ** 20);
        Deno.env.set("CUDA_VISIBLE_DEVICES", "3");
        assertEquals([await cardOf(), await usedGpuBytes()], [null, undefined]);
      } finally {
        Deno.env.set("PATH", before);
        if (visible === undefined) Deno.env.delete("CUDA_VISIBLE_DEVICES");
        else Deno.env.set("CUDA_VISIBLE_DEVICES", visible);
      }
    }),
});
