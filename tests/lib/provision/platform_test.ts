/** Tests of lib/provision/platform.ts. @module */
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  hasCudaBuild,
  installFlags,
  resolveTarget,
  targets,
} from "../../../lib/provision/platform.ts";
import { UserError } from "../../../lib/errors.ts";

Deno.test("resolveTarget() finds the packages of every supported platform", () => {
  const cases: [os: string, arch: string, gpu: boolean, name: string, library: string][] = [
    ["linux", "x86_64", false, "linux-x64-cpu", "tensorflow/libtensorflow_cc.so.2"],
    ["linux", "x86_64", true, "linux-x64-gpu", "tensorflow/libtensorflow_cc.so.2"],
    ["linux", "aarch64", false, "linux-arm64-cpu", "tensorflow/libtensorflow_cc.so.2"],
    ["darwin", "aarch64", false, "macos-arm64-cpu", "tensorflow/libtensorflow_cc.2.dylib"],
    [
      "windows",
      "x86_64",
      false,
      "windows-x64-cpu",
      "tensorflow/python/_pywrap_tensorflow_common.dll",
    ],
  ];
  for (const [os, arch, gpu, name, library] of cases) {
    const target = resolveTarget(os, arch, gpu);
    assertEquals([target.name, target.gpu, target.library], [name, gpu, library]);
  }
  assertEquals(cases.length, targets.length);
});

Deno.test("resolveTarget() names a platform it does not know, and what to do", () => {
  for (const [os, arch] of [["darwin", "x86_64"], ["windows", "aarch64"], ["freebsd", "x86_64"]]) {
    const error = assertThrows(
      () => resolveTarget(os!, arch!, false),
      UserError,
      `tfjs's backend "wasm"`,
    );
    assert(error.message.includes("ATTENTION_TRANSFER_LIBTENSORFLOW"));
  }
  assertThrows(() => resolveTarget("darwin", "x86_64", false), UserError, "macos-x64");
});

Deno.test("resolveTarget() says where only CUDA is missing", () => {
  assertThrows(() => resolveTarget("darwin", "aarch64", true), UserError, "do without the GPU");
});

Deno.test("hasCudaBuild() is true for Linux on x64 alone", () => {
  const builds = ["linux", "darwin", "windows"].flatMap((os) =>
    ["x86_64", "aarch64"].filter((arch) => hasCudaBuild(os, arch)).map((arch) => `${os} ${arch}`)
  );
  assertEquals(builds, ["linux x86_64"]);
});

Deno.test("installFlags() names one Python and the platform", () => {
  assertEquals(installFlags(resolveTarget("linux", "aarch64", false)), [
    "--implementation",
    "cp",
    "--python-version",
    "3.12",
    "--platform",
    "manylinux2014_aarch64",
  ]);
});

Deno.test("installFlags() leaves the choice to the Python at hand on Windows", () => {
  assertEquals(installFlags(resolveTarget("windows", "x86_64", false)), []);
});
