/**
 * Tests of the text of `--help`.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { helpText } from "../../../tasks/cli/help.ts";
import { argument, flag, group, ignored, integers, text } from "../../../tasks/cli/option_kinds.ts";

const command = {
  name: "report",
  summary: "Writes a page about runs.",
  options: {
    run: argument({ placeholder: "DIR", help: "a run folder" }),
    ...group("Output", {
      out: text({ placeholder: "FILE", help: "where to write" }),
      epochStep: integers({ default: [60, 120], help: "word ".repeat(12).trim() }),
      aVeryLongNameOfAnOption: text({ help: "something", default: "x" }),
      open: flag({ help: "show it" }),
    }),
    cuda: ignored({ help: "nothing" }),
  },
  examples: [
    "deno task report logs/a --out a.html",
    "deno task report logs/attention_transfer logs/knowledge_distillation --out comparison.html",
  ],
};

Deno.test("helpText() lists usage, options under headings with defaults, and examples", () => {
  assertEquals(
    helpText(command),
    `Usage: deno task report DIR [options]

Writes a page about runs.

Options:
  DIR                      a run folder
  --cuda                   nothing

Output:
  --out FILE               where to write
  --epoch-step N,N,...     word word word word word word word word word word
                           word word (default 60,120)
  --a-very-long-name-of-an-option TEXT
                           something (default x)
  --open                   show it

  -h, --help               print this and stop

Examples:
  deno task report logs/a --out a.html
  deno task report logs/attention_transfer logs/knowledge_distillation \\
      --out comparison.html`,
  );
});

Deno.test("helpText() keeps to 80 columns and the same text for arguments by place", () => {
  const places = {
    ...command,
    options: {
      input: argument({ placeholder: "IN", help: "what to read" }),
      output: argument({ placeholder: "OUT", help: "what to write" }),
    },
  };
  const lines = helpText(places).split("\n");
  assertEquals(lines[0], "Usage: deno task report IN OUT [options]");
  assert(lines.every((line) => line.length <= 80));
});
