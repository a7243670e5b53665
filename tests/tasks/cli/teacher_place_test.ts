/** Tests of where the teacher of a resumed run is found. @module */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { withTeacherFound } from "../../../tasks/cli/teacher_place.ts";
import { inFolder } from "../../folders.ts";

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
