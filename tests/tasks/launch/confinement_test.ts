/**
 * Tests that a task has only the permissions it needs: a program tries actions with the flags that
 * the launcher would give the task. That the permissions are enough is shown by the tasks' own
 * tests, which start them with the launcher.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { findLibrary, type InstalledLibrary } from "../../../lib/provision/provision.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { saveCheckpoint } from "../../../lib/train/checkpoint.ts";
import { startPosition } from "../../../lib/train/position.ts";
import { importFlags } from "../../../tasks/launch/deno.ts";
import { permissionFlags } from "../../../tasks/launch/permissions.ts";
import { confinedTasks, permissionsOf } from "../../../tasks/launch/tasks.ts";
import { readTexts } from "../../../tasks/launch/texts.ts";
import { inFolder } from "../../folders.ts";

await useTensorFlow({ gpu: false }); // installed before it is looked for
const library = await findLibrary() as InstalledLibrary;
const root = fromFileUrl(new URL("../../../", import.meta.url));

/** Prints for each attempt whether it is allowed. */
const attempts = `
const attempts = {
  "run": () => new Deno.Command(Deno.execPath(), { args: ["--version"] }).outputSync(),
  "net": () => Deno.connect({ hostname: "127.0.0.1", port: 8123 }),
  "fetch": () => fetch("http://127.0.0.1:8123"),
  "listen": () => Deno.listen({ hostname: "127.0.0.1", port: 0 }).close(),
  "import": () => import("https://" + Deno.args[2]),
  "npm": () => import("npm:" + Deno.args[3]),
  "read home": () => Deno.readDirSync("/"),
  "read outside": () => Deno.readTextFileSync("outside/secret"),
  "read data": () => Deno.readTextFileSync("data/file"),
  "read teacher": () => Deno.readTextFileSync("logs/teacher/file"),
  "read other run": () => Deno.readTextFileSync("logs/other/file"),
  "write data": () => Deno.writeTextFileSync("data/file", ""),
  "write teacher": () => Deno.writeTextFileSync("logs/teacher/file", ""),
  "write beside": () => Deno.writeTextFileSync("file", ""),
  "write run": () => Deno.writeTextFileSync("logs/student", ""),
  "write code": () => Deno.writeTextFileSync(Deno.args[0] + "lib/new.ts", ""),
  "link": () => Deno.symlinkSync("../outside", "logs/student.link"),
  "environment": () => Deno.env.toObject(),
  "a secret": () => Deno.env.get("SECRET"),
  "host name": () => Deno.hostname(),
  "library": () => Deno.dlopen(Deno.args[1], {}),
};
const allowed = [];
for (const [name, attempt] of Object.entries(attempts)) {
  try {
    await attempt();
    allowed.push(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable) && !/Requires |lockfile/.test(String(error))) {
      allowed.push(name + ": " + error);
    }
  }
}
console.log(JSON.stringify(allowed));
`;

/** The attempts that the flags for a task's command line allow. */
async function allowedBy(
  cwd: string,
  name: string,
  args: readonly string[],
  withLibrary?: InstalledLibrary,
): Promise<string[]> {
  for (const folder of ["outside", "data", "logs/teacher", "logs/other"]) {
    await Deno.mkdir(join(cwd, folder), { recursive: true });
    await Deno.writeTextFile(join(cwd, folder, folder === "outside" ? "secret" : "file"), "");
  }
  const script = join(cwd, "attempts.js");
  await Deno.writeTextFile(script, attempts);
  const task = confinedTasks[name]!;
  const texts = await readTexts(task.options, args);
  const permissions = permissionsOf(task, texts, { root, cwd }, { library: withLibrary });
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--config", join(root, "deno.nojsr.json")],
      ...importFlags("deno.nojsr.json", root),
      ...permissionFlags(permissions, cwd),
      ...[script, root, library.path, "deno.land/std/version.ts", "is-number@7.0.0"],
    ],
    cwd,
    env: { NO_COLOR: "1", SECRET: "secret" },
  }).output();
  const decoder = new TextDecoder();
  assertEquals(decoder.decode(stderr), "");
  return JSON.parse(decoder.decode(stdout));
}

Deno.test("a training task may read data and teacher, and write its run folder", () =>
  inFolder(async (cwd) => {
    const args = ["--teacher-id", "teacher", "--beta", "1", "--save", "logs/student"];
    const allowed = ["read data", "read teacher", "write run"];
    assertEquals(await allowedBy(cwd, "cifar", [...args, "--engine", "cpu"]), allowed);
    assertEquals(await allowedBy(cwd, "cifar", args, library), [...allowed, "library"]);
    const images = ["--imagenetpath", "data", ...args];
    assertEquals(await allowedBy(cwd, "imagenet", images, library), [...allowed, "library"]);
  }));

Deno.test("an evaluation may write nothing", () =>
  inFolder(async (cwd) => {
    const args = ["--evaluate", "--params", "logs/teacher/file"];
    const allowed = ["read data", "read teacher", "library"];
    assertEquals(await allowedBy(cwd, "cifar", args, library), allowed);
    const resume = ["--evaluate", "--resume", "logs/teacher"];
    assertEquals(await allowedBy(cwd, "cifar", resume, library), allowed);
  }));

Deno.test("a conversion may read one file and write one, and open no library", () =>
  inFolder(async (cwd) => {
    const allowed = await allowedBy(cwd, "convert", ["logs/teacher/file", "logs/student"]);
    assertEquals(allowed, ["read teacher", "write run"]);
  }));

Deno.test("visualize may read what it shows, and write one file", () =>
  inFolder(async (cwd) => {
    const args = ["--networks", "teacher", "--files", "data", "--out", "logs/student"];
    const allowed = ["read data", "read teacher", "write run", "library"];
    assertEquals(await allowedBy(cwd, "visualize", args, library), allowed);
  }));

Deno.test("demo may read its network, and write one folder or listen on one port", () =>
  inFolder(async (cwd) => {
    const written = await allowedBy(cwd, "demo", ["teacher", "--out", "logs/student"]);
    assertEquals(written, ["read teacher", "write run"]);
    const served = await allowedBy(cwd, "demo", ["teacher", "--serve", "--port", "0"]);
    assertEquals(served, ["listen", "read teacher"]);
  }));

Deno.test("scale may read a log and what was measured, and write nothing", () =>
  inFolder(async (cwd) => {
    assertEquals(await allowedBy(cwd, "scale", ["--measured", "data/file"]), ["read data"]);
    const task = confinedTasks.scale!;
    const texts = await readTexts(task.options, ["--log", "logs/run", "--measured", "a.json"]);
    const { read, write, env } = permissionsOf(task, texts, { root, cwd });
    assertEquals([read, write, env], [[join("logs/run", "log.txt"), "a.json"], [], []]);
  }));

Deno.test("permissionsOf() knows the options that a resumed run goes on with", () =>
  inFolder(async (cwd) => {
    await saveCheckpoint(join(cwd, "run"), {
      state: { params: {}, buffers: {} },
      position: startPosition(),
      options: { dataroot: "/images", teacher_id: "/teacher", save: "/elsewhere" },
      engine: "none",
    });
    const task = confinedTasks.cifar!;
    const texts = await readTexts(task.options, ["--resume", join(cwd, "run")]);
    const { read = [], write } = permissionsOf(task, texts, { root, cwd });
    assertEquals(write, [join(cwd, "run")]);
    for (const path of ["/images", "/teacher"]) assertStringIncludes(read.join(), path);
  }));
