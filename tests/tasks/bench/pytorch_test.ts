/**
 * Tests of how PyTorch's side of the benchmark is started.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { type PyTorchOptions, startPyTorch } from "../../../tasks/bench/pytorch.ts";
import { inFolder } from "../../folders.ts";

/** Reports that it is ready, with its flags and C library settings instead of versions. */
const telling = `#!/bin/sh
shift # tasks/bench/pytorch.py
echo "{\\"versions\\": {\\"flags\\": \\"$*\\", \\"tunables\\": \\"$GLIBC_TUNABLES\\"}}"
`;

Deno.test({
  name: "startPyTorch() gives the threads, and huge pages where they are wanted",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      const python = join(folder, "python");
      await Deno.writeTextFile(python, telling, { mode: 0o755 });
      const before = Deno.env.get("GLIBC_TUNABLES");
      const started = async (options: Pick<PyTorchOptions, "hugePages">) => {
        const pytorch = await startPyTorch({ python, threads: 3, ...options });
        await pytorch!.close();
        return pytorch!.versions;
      };
      try {
        const other = "glibc.malloc.arena_max=4";
        const tunables = `${other}:glibc.malloc.hugetlb=1`;
        Deno.env.set("GLIBC_TUNABLES", tunables);
        assertEquals(await started({}), { flags: "--threads 3", tunables });
        assertEquals(await started({ hugePages: false }), {
          flags: "--threads 3",
          tunables: other,
        });
      } finally {
        if (before === undefined) Deno.env.delete("GLIBC_TUNABLES");
        else Deno.env.set("GLIBC_TUNABLES", before);
      }
    }),
});
