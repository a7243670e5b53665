/** Tests of lib/provision/provision.ts; what it fetches is tested in install_test.ts. @module */
import { assertEquals, assertRejects } from "@std/assert";
import { dirname, join } from "@std/path";
import { writeManifest } from "../../../lib/provision/integrity.ts";
import { findNvidiaDriver } from "../../../lib/provision/nvidia.ts";
import { hasCudaBuild, resolveTarget, tensorflowVersion } from "../../../lib/provision/platform.ts";
import {
  cacheFolder,
  provision,
  provisionedVariable,
  verifyLibrary,
} from "../../../lib/provision/provision.ts";
import { UserError } from "../../../lib/errors.ts";
import { inFolder } from "../../folders.ts";

const { os, arch } = Deno.build;

function environment(named?: string): (name: string) => string | undefined {
  return (name) => name === "ATTENTION_TRANSFER_LIBTENSORFLOW" ? named : Deno.env.get(name);
}

/** Makes a finished folder with an empty file for the library. */
async function fillCache(cacheDir: string, gpu: boolean): Promise<string> {
  const target = resolveTarget(os, arch, gpu);
  const folder = await cacheFolder(cacheDir, target);
  const path = join(folder, target.library);
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, "");
  await writeManifest(folder);
  return path;
}

Deno.test("provision() uses the library that the environment names", async () => {
  await inFolder(async (cacheDir) => {
    const library = join(cacheDir, "tensorflow.so");
    await Deno.writeTextFile(library, "");
    const found = await provision({ cacheDir, env: environment(cacheDir + "/tensorflow.so") });
    assertEquals([found.path, found.source, found.version], [library, "environment", "unknown"]);
  });
});

Deno.test("provision() fetches nothing where the named library is not there", async () => {
  await inFolder(async (cacheDir) => {
    const env = environment("/no/such/library.so");
    await assertRejects(() => provision({ cacheDir, env }), UserError, "/no/such/library.so");
    assertEquals([...Deno.readDirSync(cacheDir)], []);
  });
});

Deno.test("provision() uses what is in the cache", async () => {
  await inFolder(async (cacheDir) => {
    for (const gpu of hasCudaBuild(os, arch) ? [false, true] : [false]) {
      const path = await fillCache(cacheDir, gpu);
      const library = await provision({ gpu, cacheDir, env: environment() });
      const version = tensorflowVersion;
      assertEquals(library, { path, preload: [], version, gpu, source: "cache" });
    }
    // A finished cache may be one that only its owner can write to.
    assertEquals([...Deno.readDirSync(cacheDir)].filter(({ isFile }) => isFile), []);
  });
});

Deno.test("provision() believes the program that started this one", async () => {
  const given = {
    path: "/library",
    preload: ["/python"],
    version: "2",
    gpu: true,
    source: "cache",
  };
  const library = await provision({
    env: (name) => name === provisionedVariable ? JSON.stringify(given) : undefined,
  });
  assertEquals<unknown>(library, given);
});

Deno.test("verifyLibrary() says what is wrong, and fetches nothing", async () => {
  await inFolder(async (cacheDir) => {
    const { library } = resolveTarget(os, arch, false);
    const options = { gpu: false, cacheDir, env: environment() };
    const { damages } = await verifyLibrary(options);
    assertEquals(damages, [{ file: library, problem: "is missing" }]);
    assertEquals([...Deno.readDirSync(cacheDir)], []);
    await fillCache(cacheDir, false);
    const [damage] = (await verifyLibrary(options)).damages;
    assertEquals(damage?.problem, "is not the pinned one"); // the list of its files
  });
});

Deno.test("provision() takes the build with CUDA by itself where there is a driver", async () => {
  const expected = hasCudaBuild(os, arch) && findNvidiaDriver();
  await inFolder(async (cacheDir) => {
    await fillCache(cacheDir, expected);
    assertEquals((await provision({ cacheDir, env: environment() })).gpu, expected);
  });
});
