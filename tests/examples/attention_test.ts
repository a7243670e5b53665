/**
 * The notebook runs from top to bottom: as one module, and with Jupyter and Deno's kernel where these
 * are installed.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { SaxesParser } from "saxes";
import { inFolder, namesIn } from "../folders.ts";
import { long } from "../long.ts";
import {
  asModule,
  codeOf,
  hasJupyter,
  type Notebook,
  type Output,
  withJupyter,
} from "./notebook.ts";

const examples = fromFileUrl(new URL("../../examples/", import.meta.url));

function readNotebook(): Notebook {
  return JSON.parse(Deno.readTextFileSync(join(examples, "attention.ipynb")));
}

/** The notebook with run folders elsewhere, as a user would name them, and shorter training. */
function withRuns(folder: string): Notebook {
  const notebook = readNotebook();
  for (const cell of notebook.cells) {
    cell.source = cell.source.map((line) =>
      line.replace(/"logs\/notebook_(\w+)"/, (_, name) => JSON.stringify(join(folder, name)))
        .replace('"--epochs", "3"', '"--epochs", "1"')
    );
  }
  return notebook;
}

/** The numbers in each row of a Markdown table, without its title row. */
function numbersIn(table: string): number[][] {
  return table.split("\n").slice(2).map((line) => line.split("|").slice(2, -1).map(Number));
}

/** How many pictures an SVG has. Throws if it is not well-formed. */
function picturesIn(svg: string): number {
  let count = 0;
  const parser = new SaxesParser();
  parser.on("opentag", ({ name, attributes }) => {
    if (name !== "image") return;
    assertMatch(String(attributes.href), /^data:image\/png;base64,/);
    count++;
  });
  parser.write(svg).close();
  return count;
}

/** Checks what the cells display: maps, losses, losses by form, maps by form. */
function checkOutputs(outputs: readonly Output[]): void {
  const [maps, losses, forms, formMaps] = outputs.map((output) =>
    Object.values(output).flat().join("")
  ) as [string, string, string, string];
  assertEquals(outputs.length, 4);
  // Six images alone, and with rows of maps over them.
  assertEquals([maps, formMaps].map(picturesIn), [6 + 7 * 12, 6 + 6 * 12]);
  const [alonePaper, paper, alone, student] = numbersIn(losses) as [
    number[],
    number[],
    number[],
    number[],
  ];
  // Against the same student trained alone: training by itself can make the losses smaller too.
  for (const [control, after] of [[alonePaper, paper], [alone, student]] as const) {
    assertEquals(after.length, 3);
    after.forEach((loss, i) => assert(0 < loss && loss < control[i]!, losses));
  }
  // sum, sum2 and max: the second is the usual one.
  const byForm = numbersIn(forms);
  assertEquals(byForm.length, 3);
  assertEquals(byForm[1], paper);
  assertEquals(new Set(byForm.map(String)).size, 3);
}

Deno.test("the notebook has no outputs, and no networks of its own", () => {
  const { cells } = readNotebook();
  assertEquals(cells.flatMap(({ outputs = [] }) => outputs), []);
  assert(codeOf({ cells }).includes('"logs/notebook_teacher"'));
});

long.test("the notebook runs from top to bottom, as a module and with Deno's kernel", async (t) => {
  const jupyter = await hasJupyter();
  await inFolder(async (folder) => {
    let outputs: Output[] = [];
    await t.step("as one module, training the networks first", async () => {
      outputs = await asModule(withRuns(folder), examples);
      checkOutputs(outputs);
      assertEquals(namesIn(folder), ["alone", "student", "teacher"]);
    });
    await t.step({
      name: "with Jupyter and Deno's kernel, with the same runs and the same outputs",
      ignore: !jupyter,
      fn: async () => {
        const others = await withJupyter(withRuns(folder), examples);
        checkOutputs(others);
        // Not assertEquals(), which would print the pictures.
        assert(JSON.stringify(others) === JSON.stringify(outputs), "the outputs differ");
      },
    });
  });
});
