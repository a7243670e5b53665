/** Tests of finding the teacher of a resumed run. @module */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { withTeacherFound } from "../../../tasks/cli/teacher_place.ts";
import { inFolder } from "../../folders.ts";
import { long } from "../../long.ts";
import { taskRunner } from "../command.ts";
import { cifarHere } from "../in_process.ts";

await useTensorFlow();

Deno.test("withTeacherFound() finds a relative teacher from the folders above the run", () =>
  inFolder(async (folder) => {
    const project = join(folder, "project");
    const run = join(project, "logs", "student");
    const teacher = join(project, "logs", "teacher");
    for (const path of [run, teacher]) await Deno.mkdir(path, { recursive: true });
    const file = join(project, "teacher.pth");
    await Deno.writeTextFile(file, "");
    const found = (id: string) => withTeacherFound({ teacher_id: id }, run).teacher_id;
    assertEquals(found("teacher"), teacher);
    assertEquals(found("logs/teacher"), teacher);
    assertEquals(found("teacher.pth"), file);
    assertEquals(found("nobody"), "nobody");
    assertEquals(found(teacher), teacher);
    assertEquals(withTeacherFound({ teacher_params: "teacher.pth" }, run).teacher_params, file);
    assertEquals(withTeacherFound({ depth: 16, teacher_id: null }, run), {
      depth: 16,
      teacher_id: null,
    });
  }));

Deno.test("withTeacherFound() takes what lies where the user stands", () =>
  inFolder(async (folder) => {
    const run = join(folder, "logs", "student");
    await Deno.mkdir(join(folder, "lib"), { recursive: true });
    // The tests run in the repository, which has a folder of that name.
    assertEquals(withTeacherFound({ teacher_id: "lib" }, run).teacher_id, "lib");
  }));

long.test("deno task cifar goes on from another folder with a teacher of a relative name", () =>
  inFolder(async (folder) => {
    const { succeed, refuse } = cifarHere;
    const [project, elsewhere] = [join(folder, "project"), join(folder, "elsewhere")];
    for (const path of [project, elsewhere]) await Deno.mkdir(path);
    const sample = "--dataset CIFAR10-sample --depth 10 --width 0.0625 --batch-size 1000".split(
      " ",
    );
    await succeed(project, ...sample, "--max-steps", "1", "--save", "logs/teacher");
    const student = [...sample, "--teacher-id", "teacher", "--alpha", "0.9", "--epochs"];
    await succeed(project, ...student, "1", "--save", "logs/student");
    const run = join(project, "logs", "student");
    // The launcher gives the permission to read the teacher that it finds.
    const { err } = await taskRunner("cifar").succeed(elsewhere, "--resume", run, "--epochs", "2");
    assertStringIncludes(err, `from ${join(project, "logs", "teacher", "model.safetensors")}\n`);

    // A new run there has no teacher, and the message says where it looked.
    const places = `neither ${join(elsewhere, "teacher")} nor ` +
      join(elsewhere, "logs", "teacher", "model.safetensors");
    const message = new RegExp(
      `: there is ${places}, and pretrained/ has .*; if it was trained, name it by its path from`,
    );
    await refuse(elsewhere, 1, message, ...student, "1", "--save", "new");
  }));
