/** Tests of the files that options let a task use. @module */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import {
  allOf,
  eachOf,
  listed,
  reads,
  readsModule,
  readsNetwork,
  writesFile,
  writesFolder,
} from "../../../tasks/cli/access.ts";
import { cifarCommand } from "../../../tasks/cli/cifar_options.ts";
import { convertCommand } from "../../../tasks/cli/convert_options.ts";
import { imagenetCommand } from "../../../tasks/cli/imagenet_options.ts";
import type { OptionTable } from "../../../tasks/cli/option_kinds.ts";
import { visualizeCommand } from "../../../tasks/cli/visualize_options.ts";

Deno.test("allOf() gathers what may be read and written", () => {
  const folders = writesFolder("run");
  assertEquals(allOf([reads("a"), folders, reads("b"), {}]), { read: ["a", "b"], write: ["run"] });
});

Deno.test("readsNetwork() allows both places that a name may mean", () => {
  assertEquals(readsNetwork("teacher"), { read: ["teacher", join("logs", "teacher")] });
});

Deno.test("readsModule() allows the folder that a module imports from", () => {
  assertEquals([readsModule("net.ts"), readsModule("a/b.ts")], [{ read: ["."] }, { read: ["a"] }]);
});

Deno.test("both options that name a teacher allow what readsNetwork() does", () => {
  const { teacherId, teacherParams } = imagenetCommand.options;
  for (const { access } of [teacherId, teacherParams]) {
    assertEquals(access?.("teacher"), readsNetwork("teacher"));
  }
});

Deno.test("writesFile() allows the folder in which the next contents are prepared", () => {
  assertEquals(writesFile("a.html"), { write: ["a.html", "a.html.partial"] });
});

Deno.test("eachOf() takes a list with commas apart", () => {
  assertEquals(listed(" a, b c,,"), ["a", "b c"]);
  assertEquals(listed("a\\,b.jpg,c,\\,d\\,,C:\\e"), ["a,b.jpg", "c", ",d,", "C:\\e"]);
  assertEquals([listed(""), listed(",")], [[], []]);
  assertEquals(eachOf(reads)("a, b"), { read: ["a", "b"], write: [] });
});

/** The placeholders of paths in the help. */
const ofPaths = /^(DIR|FILE|IN|OUT|NAME|PATH)(,\.\.\.)?$/;
const tables: Record<string, OptionTable> = {
  cifar: cifarCommand.options,
  imagenet: imagenetCommand.options,
  visualize: visualizeCommand.options,
  convert: convertCommand.options,
};

for (const [name, table] of Object.entries(tables)) {
  Deno.test(`every option of ${name} that names files says what is done with them`, () => {
    const without = Object.entries(table)
      .filter(([, { access, placeholder, ignored, parse }]) =>
        // A choice also has a name as placeholder, but no path.
        !access && !ignored && ofPaths.test(placeholder) && parse("some/path") !== undefined
      )
      .map(([key]) => key);
    assertEquals(without, []);
  });
}
