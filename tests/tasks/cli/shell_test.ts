/** Tests of paths in command lines. @module */
import { assertEquals } from "@std/assert";
import { shellWord } from "../../../tasks/cli/shell.ts";

const plain = ["logs/at_16-1", "/tmp/a.b+c=d@e,f:g", "läufe/\u5b9f\u9a13/3"];
const others = [
  "my run 3",
  "it's",
  "$HOME",
  "a\\b",
  "~/run",
  'so "called"',
  "a;b`c`(d)*?",
  "\n",
  "",
];

Deno.test({
  name: "shellWord() is what the shell reads as the text, without quotes where it can be",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    assertEquals(plain.map((text) => shellWord(text)), plain);
    for (const text of [...plain, ...others]) {
      const args = ["-c", `printf %s ${shellWord(text)}`];
      const { stdout } = await new Deno.Command("sh", { args }).output();
      assertEquals(new TextDecoder().decode(stdout), text);
    }
  },
});

Deno.test("shellWord() leaves backslashes alone on Windows, and quotes as its shells do", () => {
  assertEquals(shellWord(String.raw`C:\logs\run`, "windows"), String.raw`C:\logs\run`);
  assertEquals(shellWord(String.raw`C:\my run`, "windows"), String.raw`"C:\my run"`);
});
