/** Tests of which tests `deno task test` runs. @module */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { filesWithLongTests, readTestArguments } from "../../../tasks/launch/tests.ts";
import { inFolder } from "../../folders.ts";

const root = fromFileUrl(new URL("../../../", import.meta.url));
const everywhere = ["README.md", "mod.ts", "lib", "models", "tests"];

Deno.test("readTestArguments() leaves out long tests unless all or some files are asked for", () => {
  const cases: [given: string[], isQuick: boolean, args: string[]][] = [
    [[], true, everywhere],
    [["--all"], false, everywhere],
    [["--filter", "lib"], true, [...everywhere, "--filter", "lib"]],
    [["--filter", "/jit|lib/", "--all"], false, [...everywhere, "--filter", "/jit|lib/"]],
    [["tests/lib/losses", "--fail-fast"], false, ["tests/lib/losses", "--fail-fast"]],
    [["mod.ts"], false, ["mod.ts"]],
  ];
  for (const [given, isQuick, args] of cases) {
    assertEquals(readTestArguments(given, root), { isQuick, args });
  }
});

Deno.test("filesWithLongTests() finds the files that have long tests, and those alone", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(join(folder, "a"));
    const long = 'import { long } from "./long.ts";\n';
    await Deno.writeTextFile(join(folder, "a", "one_test.ts"), `/** */\n${long}`);
    await Deno.writeTextFile(join(folder, "two_test.ts"), "// as import { long } would\n");
    await Deno.writeTextFile(join(folder, "long.ts"), "export const long = Deno;\n");
    assertEquals(filesWithLongTests(folder), [join(folder, "a", "one_test.ts")]);
  }));

Deno.test("long.test() leaves a test out where the launcher says so, and nowhere else", () =>
  inFolder(async (folder) => {
    const file = join(folder, "one_test.ts");
    const helper = new URL("../../long.ts", import.meta.url).href;
    await Deno.writeTextFile(
      file,
      `import { long } from "${helper}";\nlong.test("one", () => console.log("it ran"));\n`,
    );
    for (const [variable, ran] of [["quick", false], ["", true]] as const) {
      const { code, stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["test", "--allow-env", "--no-check", "--no-config", file],
        env: { ATTENTION_TRANSFER_TESTS: variable, NO_COLOR: "1" },
      }).output();
      assertEquals(code, 0);
      assertEquals(new TextDecoder().decode(stdout).includes("it ran"), ran);
    }
    assert(filesWithLongTests(join(root, "tests")).length > 0);
  }));
