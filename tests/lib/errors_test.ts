/**
 * The codes of errors, and what is said where Deno's permissions do not suffice.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { UserError, type UserErrorCode } from "../../lib/errors.ts";
import { checkFiniteParams, checkParams } from "../../lib/params.ts";
import { loadParams, saveParams } from "../../lib/formats/weights.ts";
import { readImageFolder } from "../../lib/images/image_folder.ts";
import { loadCheckpoint } from "../../lib/train/checkpoint.ts";
import { inFolder } from "../folders.ts";

tf.setBackend("cpu");

Deno.test("UserError has a code: the one given, that of its cause, or other", () => {
  assertEquals(new UserError("Cannot go on").code, "other");
  const error = new UserError("Cannot go on", { code: "not-found" });
  assertEquals([error.name, error.message, error.code], ["UserError", "Cannot go on", "not-found"]);
  assert(error instanceof Error);
  assertEquals(new UserError("Cannot", { cause: error }).code, "not-found");
  assertEquals(new UserError("Cannot", { cause: error }).cause, error);
  assertEquals(new UserError("Cannot", { cause: new Error("x") }).code, "other");
  assertEquals(new UserError("Cannot", { cause: error, code: "in-use" }).code, "in-use");
});

Deno.test("the library's errors have the codes of their kinds", () =>
  inFolder(async (folder) => {
    const file = (name: string) => join(folder, name);
    await Deno.writeTextFile(file("a.safetensors"), "nothing of the kind");
    await Deno.writeTextFile(file("a.pth"), "nothing of the kind");
    await Deno.writeTextFile(file("a.h5"), "nothing of the kind");
    const params = { w: tf.scalar(1) };
    const codes: [UserErrorCode, () => unknown][] = [
      ["not-found", () => loadParams(file("missing.safetensors"))],
      ["not-readable", () => loadParams(file("a.safetensors"))],
      ["not-readable", () => loadParams(file("a.pth"))],
      ["not-readable", () => loadParams(file("a.h5"))],
      ["not-writable", () => saveParams(file("a.txt"), params)],
      ["not-writable", () => saveParams(join(folder, "a.pth", "b.safetensors"), params)],
      ["does-not-fit", () => checkParams(params, {}, "these")],
      ["does-not-fit", () => checkParams({}, params, "these")],
      ["not-finite", () => checkFiniteParams({ w: tf.scalar(NaN) }, "these")],
      ["not-found", () => readImageFolder(folder)],
      ["not-found", () => loadCheckpoint(folder)],
    ];
    for (const [code, call] of codes) {
      const error = await (async () => await call())().catch((error) => error);
      assert(error instanceof UserError, String(error));
      assertEquals(error.code, code, error.message);
    }
  }));

Deno.test("checkFiniteParams() names the first key that is not finite", async () => {
  await checkFiniteParams({ a: tf.tensor1d([1, -3e38]), b: tf.tensor1d([1], "int32") }, "x.pth");
  for (const value of [NaN, Infinity, -Infinity]) {
    await assertRejects(
      () => checkFiniteParams({ a: tf.ones([3]), b: tf.tensor1d([0, value, 0]) }, "x.pth"),
      UserError,
      `Cannot use x.pth: b holds ${value}, as after a training that diverged; choose other parameters`,
    );
  }
});

/** Runs a program with some permissions only; gives what it prints. */
async function run(program: string, flags: string[]): Promise<string> {
  const root = new URL("../../", import.meta.url);
  const source = `import "npm:@tensorflow/tfjs-core@4.22.0";
    import * as at from ${JSON.stringify(new URL("mod.ts", root).href)};
    try { ${program} } catch (error) { console.log(error.name, error.code, error.message); }`;
  const url = `data:application/typescript,${encodeURIComponent(source)}`;
  const config = fromFileUrl(new URL("deno.nojsr.json", root));
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--quiet", "--no-lock", "--no-check", "-c", config, ...flags, url],
  }).output();
  const decoder = new TextDecoder();
  return decoder.decode(stdout) || decoder.decode(stderr);
}

Deno.test("where a permission is missing, the flags are listed in one line", async () => {
  const given: [program: string, flags: string[], expected: RegExp][] = [
    [`await at.loadParams("x.pth")`, [], /no permission for it, and needs --allow-read\n$/],
    [`await at.loadParams("x.h5")`, [], /no permission for it, and needs --allow-read\n$/],
    [
      `await at.saveParams("x.safetensors", {})`,
      [],
      /no permission for it, and needs --allow-read --allow-write\n$/,
    ],
    [
      `await at.saveParams("x.safetensors", {})`,
      ["--allow-read"],
      /no permission for it, and needs --allow-write\n$/,
    ],
    [
      `await at.useTensorFlow()`,
      [],
      /and needs --allow-read --allow-env --allow-ffi; .*--allow-run/,
    ],
    [`await at.useTensorFlow()`, ["--allow-env"], /and needs --allow-read --allow-ffi; /],
    [`await at.useTensorFlow()`, ["--allow-env", "--allow-read"], /needs --allow-ffi(; |\n)/],
  ];
  for (const [program, flags, expected] of given) {
    const printed = await run(program, flags);
    assertMatch(printed, /^UserError no-permission Cannot /, `${program} ${flags}`);
    assertMatch(printed, expected, `${program} ${flags}`);
    assertEquals(printed.trim().split("\n").length, 1);
  }
});
