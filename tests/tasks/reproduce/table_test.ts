/** Tests of the tables of runs. @module */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import { checkRows } from "../../../tasks/reproduce/check_rows.ts";
import {
  argumentsOf,
  commandOf,
  parseTable,
  readTable,
  runsOf,
  tableNames,
} from "../../../tasks/reproduce/table.ts";
import { inFolder } from "../../folders.ts";
import { tableOf } from "./logs.ts";

const place = { name: "mine", path: "mine.json" };

const parse = (rows: unknown, more: Record<string, unknown> = {}) =>
  tableOf({ seeds: [0], rows, ...more });

Deno.test("every table of the project holds command lines that its command takes", async () => {
  const names = tableNames();
  for (const name of ["short", "long", "schedule", "paper", "cifar100", "imagenet"]) {
    assert(names.includes(name), name);
  }
  for (const name of names) await checkRows(await readTable(name));
});

Deno.test("the tables have the runs that their sources ask for", async () => {
  const count = async (name: string) => runsOf(await readTable(name)).length;
  assertEquals(await count("paper"), 5 * (4 + 3 * 4));
  const { rows } = await readTable("short");
  for (const name of ["alone", "at", "kd", "at-kd"]) {
    assertEquals(rows.find((row) => row.name === name)?.seeds.length, 3, name);
  }
});

Deno.test("runsOf() begins with teachers, and then goes through the seeds", () => {
  const table = parse([
    { name: "alone", label: "Alone", seeds: [0, 1] },
    { name: "at", label: "AT", seeds: [0, 1], teacher: "big", options: { beta: 1000 } },
    { name: "big", label: "Teacher", options: { width: 2 } },
  ]);
  const runs = runsOf(table);
  assertEquals(runs.map(({ name }) => name), ["big-0", "alone-0", "at-0", "alone-1", "at-1"]);
  assertEquals(runs[2]?.teacher, "big-0");
});

Deno.test("a teacher can be a row, or a network of pretrained/", () => {
  const row = { name: "at", label: "AT" };
  const [run] = runsOf(parse([{ ...row, teacher: "wrn_16_2" }]));
  assertEquals(run?.teacher, undefined);
  assertEquals(argumentsOf(run!, (name) => name).slice(0, 4), [
    "--save",
    "at-0",
    "--teacher-id",
    "wrn_16_2",
  ]);
  for (const teacher of ["wrn_99_9", "../pretrained", "."]) {
    assertThrows(() => parse([{ ...row, teacher }]), UserError, "no row and not in pretrained/");
  }
});

Deno.test("commandOf() is a command line that can be pasted", () => {
  const [, run] = runsOf(parse([
    { name: "big", label: "Teacher" },
    {
      name: "at",
      label: "AT",
      teacher: "big",
      options: { beta: 1000, epoch_step: [9, 18], log_terms: true, nesterov: false },
    },
  ]));
  const args = argumentsOf(run!, (name) => `my runs/${name}`);
  assertEquals(
    commandOf(run!, args),
    "deno task cifar --save 'my runs/at-0' --teacher-id 'my runs/big-0' --beta 1000 " +
      "--epoch-step 9,18 --log-terms --seed 0",
  );
});

Deno.test("readTable() names the tables that there are", async () => {
  const error = await assertRejects(() => readTable("longest"), UserError, 'the table "longest"');
  assertStringIncludes(error.message, "cifar100, imagenet, long, paper, schedule, short");
  await assertRejects(() => readTable("nowhere/a.json"), UserError, "nowhere/a.json");
});

Deno.test("readTable() refuses a file with the name of a table of the project", () =>
  inFolder(async (folder) => {
    const path = join(folder, "short.json");
    await Deno.copyFile(
      new URL("../../../tasks/reproduce/tables/short.json", import.meta.url),
      path,
    );
    await assertRejects(() => readTable(path), UserError, "the project has a table short");
    await Deno.rename(path, join(folder, "mine.json"));
    assertEquals((await readTable(join(folder, "mine.json"))).name, "mine");
  }));

Deno.test("parseTable() names the row and the field that is wrong", () => {
  const row = { name: "a", label: "A" };
  const wrong: [unknown, string][] = [
    [[], '"rows" must be a list'],
    [[1], "row 1: must be a JSON object"],
    [[row, { ...row, name: "A b" }], 'row 2: "name" must be of a-z'],
    [[row, row], 'two rows have the name "a"'],
    [[{ name: "a" }], 'row 1: "label" must be a text'],
    [[{ ...row, program: "jax" }], 'row 1: "program" must be cifar, imagenet or pytorch'],
    [[{ ...row, seeds: [-1] }], 'row 1: "seeds" must be a list'],
    [[{ ...row, seeds: [0, 2 ** 32] }], 'row 1: "seeds" must be a list'],
    [[{ ...row, seeds: [0, 1, 0] }], 'row 1: "seeds" names a seed twice'],
    [[{ ...row, option: { alpha: 0.9 } }], 'row 1: unknown field "option"; there are name,'],
    [[{ ...row, alone: 3 }], 'row 1: "alone" must be a text'],
    [[{ ...row, options: 3 }], 'row 1: "options" must be'],
    [[{ ...row, teacher: "b" }], 'row a: "teacher" names "b", which is no row'],
    [[{ ...row, kd: "b" }], 'row a: "kd" names "b", which is no row'],
    [
      [row, { ...row, name: "b", teacher: "a" }, { ...row, name: "c", teacher: "b" }],
      "row c: its teacher b has a teacher itself",
    ],
  ];
  for (const [rows, message] of wrong) assertThrows(() => parse(rows), UserError, message);
  assertThrows(() => parseTable("{", place), UserError, "mine.json: it is not a JSON object");
});

Deno.test("checkRows() names the row whose option its command refuses", async () => {
  const refused = async (options: Record<string, unknown>, message: string) => {
    const table = parse([{ name: "a", label: "A", options: { epochs: 1, ...options } }]);
    await assertRejects(() => checkRows(table), UserError, message);
  };
  await refused({ depht: 16 }, "the row a of the table mine: unknown option --depht");
  await refused({ beta: 1000 }, "the row a of the table mine: --beta 1000 needs a teacher");
  await refused(
    { epochs: undefined },
    'the row a of the table mine: its "options" must name "epochs"',
  );
});
