/**
 * Tables of runs as JSON files, for `deno task reproduce`.
 *
 * @module
 */
import { basename, fromFileUrl, join, resolve } from "@std/path";
import { UserError } from "../../lib/errors.ts";
import { cannotRead, existsSync, readTextFile } from "../../lib/files.ts";
import { isObject, type Json, type JsonObject, parseObject } from "../../lib/json.ts";
import { pretrainedFolder } from "../../lib/networks/pretrained.ts";
import { argumentsFor } from "../cli/flags.ts";
import { shellWord } from "../cli/shell.ts";

/** The program that trains a row's network. */
export type Program = "cifar" | "imagenet" | "pytorch";

/** A row of a table: runs that differ only in their seed. */
export interface Row {
  /** Its name in options and folders, such as `at-kd`. */
  readonly name: string;
  /** Its name for readers. */
  readonly label: string;
  readonly program: Program;
  /** Options of the program, with their names in the log: `batch_size`. */
  readonly options: JsonObject;
  readonly seeds: readonly number[];
  /** The row whose first run is the teacher. */
  readonly teacher: string | undefined;
  /** The teacher's name in `pretrained/`, if it is no row of the table. */
  readonly pretrained: string | undefined;
  /** The row with the same student trained alone, for comparison. */
  readonly alone: string | undefined;
  /** The row with the same student and distillation, for comparison. */
  readonly kd: string | undefined;
  /** Where the weights come from, and other remarks for readers. */
  readonly note: string | undefined;
}

/** A table of runs. */
export interface Table {
  readonly name: string;
  /** One sentence about the networks and the schedule. */
  readonly about: string;
  /** Digest of the data set, if the table is for one version: see `dataDigest` of lib/data. */
  readonly dataDigest: string | undefined;
  /** A remark about the data set. */
  readonly dataNote: string | undefined;
  readonly rows: readonly Row[];
}

/** One training run of a table. */
export interface Run {
  /** Its row and seed: `at-kd-2`. */
  readonly name: string;
  readonly row: Row;
  readonly seed: number;
  /** The name of its teacher's run. */
  readonly teacher: string | undefined;
}

const tablesFolder = fromFileUrl(new URL("tables/", import.meta.url));

/** The names of the project's tables. */
export function tableNames(): string[] {
  return [...Deno.readDirSync(tablesFolder)]
    .map(({ name }) => name.replace(/\.json$/, ""))
    .sort();
}

/**
 * Reads a table.
 *
 * @param name A table of the project, or the path of a JSON file.
 * @throws {UserError} If it does not exist or is invalid; the message names the row and the field.
 */
export async function readTable(name: string): Promise<Table> {
  const isFile = name.endsWith(".json");
  if (!isFile && !tableNames().includes(name)) {
    throw new UserError(
      `Cannot find the table ${JSON.stringify(name)}: there are ${
        tableNames().join(", ")
      }; or name ` +
        "a .json file",
      { code: "not-found" },
    );
  }
  const path = isFile ? name : join(tablesFolder, `${name}.json`);
  const content = await readTextFile(path).catch((error) => {
    throw cannotRead(`the table ${path}`, error);
  });
  const title = basename(path, ".json");
  if (tableNames().includes(title) && resolve(path) !== join(tablesFolder, `${title}.json`)) {
    throw new UserError(
      `Cannot use the table ${path}: the project has a table ${title}, whose results it would replace; ` +
        "give the file another name",
    );
  }
  return parseTable(content, { name: title, path });
}

/** Parses a table; `path` is for messages. */
export function parseTable(
  content: string,
  { name, path }: { name: string; path: string },
): Table {
  const wrong = (what: string) =>
    new UserError(`Cannot use the table ${path}: ${what}`, { code: "not-readable" });
  const table = parseObject(content);
  if (table === undefined) throw wrong("it is not a JSON object");
  checkFields(table, tableFields, wrong);
  const { rows, about } = table;
  if (typeof about !== "string") throw wrong('"about" must be a text');
  if (!Array.isArray(rows) || rows.length === 0) throw wrong('"rows" must be a list of rows');
  const parsed = rows.map((row, i) =>
    parseRow(row, table, (what) => wrong(`row ${i + 1}: ${what}`))
  ).map((row, _, rows) => withPretrained(row, rows));
  const names = parsed.map((row) => row.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw wrong(`two rows have the name ${JSON.stringify(twice)}`);
  for (const row of parsed) {
    for (const field of ["teacher", "alone", "kd"] as const) {
      const other = row[field];
      if (other === undefined || names.includes(other)) continue;
      const more = field === "teacher" ? " and not in pretrained/" : "";
      throw wrong(
        `row ${row.name}: "${field}" names ${JSON.stringify(other)}, which is no row${more}`,
      );
    }
    if (row.teacher !== undefined && parsed.find(({ name }) => name === row.teacher)?.teacher) {
      throw wrong(`row ${row.name}: its teacher ${row.teacher} has a teacher itself`);
    }
  }
  return {
    name,
    about,
    dataDigest: optionalText(table, "dataDigest", wrong),
    dataNote: optionalText(table, "dataNote", wrong),
    rows: parsed,
  };
}

const rowFields = [
  ...["name", "label", "program", "options", "seeds", "teacher", "alone", "kd", "note"],
];
const tableFields = ["about", "program", "options", "seeds", "dataDigest", "dataNote", "rows"];

/** A misspelt field would have no effect. */
function checkFields(
  given: object,
  known: readonly string[],
  wrong: (what: string) => UserError,
): void {
  const unknown = Object.keys(given).find((field) => !known.includes(field));
  if (unknown === undefined) return;
  throw wrong(`unknown field ${JSON.stringify(unknown)}; there are ${known.join(", ")}`);
}

function optionalText(
  given: Record<string, unknown>,
  field: string,
  wrong: (what: string) => UserError,
): string | undefined {
  const value = given[field];
  if (value === undefined || typeof value === "string") return value;
  throw wrong(`"${field}" must be a text`);
}

/** Parses a row. Program, options and seeds default to those of the table. */
function parseRow(
  row: unknown,
  table: Record<string, unknown>,
  wrong: (what: string) => UserError,
): Row {
  if (!isObject(row)) throw wrong("must be a JSON object");
  checkFields(row, rowFields, wrong);
  const { name, label, program = table.program, seeds = table.seeds } = row;
  if (typeof name !== "string" || !/^[a-z0-9][a-z0-9._-]*$/.test(name)) {
    throw wrong('"name" must be of a-z, 0-9, ".", "_" and "-"');
  }
  if (typeof label !== "string") throw wrong('"label" must be a text');
  if (program !== "cifar" && program !== "imagenet" && program !== "pytorch") {
    throw wrong('"program" must be cifar, imagenet or pytorch');
  }
  const isSeed = (seed: unknown) =>
    Number.isInteger(seed) && seed as number >= 0 && seed as number < 2 ** 32;
  if (!Array.isArray(seeds) || seeds.length === 0 || !seeds.every(isSeed)) {
    throw wrong('"seeds" must be a list of whole numbers from 0 to 4294967295');
  }
  if (new Set(seeds).size < seeds.length) throw wrong('"seeds" names a seed twice');
  const [common, own] = [table.options ?? {}, row.options ?? {}];
  if (!isObject(common) || !isObject(own)) throw wrong('"options" must be a JSON object');
  return {
    name,
    label,
    program,
    options: { ...common, ...own } as Row["options"],
    seeds,
    teacher: optionalText(row, "teacher", wrong),
    pretrained: undefined,
    alone: optionalText(row, "alone", wrong),
    kd: optionalText(row, "kd", wrong),
    note: optionalText(row, "note", wrong),
  };
}

/** Looks for a teacher that is no row in `pretrained/`. */
function withPretrained(row: Row, rows: readonly Row[]): Row {
  const { teacher } = row;
  if (teacher === undefined || rows.some(({ name }) => name === teacher)) return row;
  const file = join(pretrainedFolder, teacher, "model.safetensors");
  const exists = basename(teacher) === teacher && existsSync(file);
  return exists ? { ...row, teacher: undefined, pretrained: teacher } : row;
}

/** The runs in training order: teachers first, then the first seed of all rows, the second, ... */
export function runsOf({ rows }: Pick<Table, "rows">): Run[] {
  const teachers = new Set(rows.map((row) => row.teacher));
  const runs = rows.flatMap((row) =>
    row.seeds.map((seed, turn) => ({
      run: { name: `${row.name}-${seed}`, row, seed, teacher: teacherOf(row, rows) },
      turn: teachers.has(row.name) && turn === 0 ? -1 : turn,
    }))
  );
  return runs.sort((a, b) => a.turn - b.turn).map(({ run }) => run);
}

function teacherOf({ teacher }: Row, rows: readonly Row[]): string | undefined {
  const row = rows.find(({ name }) => name === teacher);
  return row && `${row.name}-${row.seeds[0]}`;
}

/** The options that a run's log must have. */
export function optionsOf({ row, seed }: Run): Record<string, Json> {
  return { ...row.options, seed };
}

/** The arguments that start a run. */
export function argumentsOf(run: Run, folderOf: (run: string) => string): string[] {
  const args = ["--save", folderOf(run.name)];
  const teacher = run.teacher === undefined ? run.row.pretrained : folderOf(run.teacher);
  if (teacher !== undefined) args.push("--teacher-id", teacher);
  return [...args, ...argumentsFor(optionsOf(run))];
}

/** A run's command, to paste into a shell. */
export function commandOf({ row }: Run, args: readonly string[]): string {
  const program = row.program === "pytorch"
    ? "python3 tasks/reproduce/pytorch.py"
    : `deno task ${row.program}`;
  return [program, ...args.map((arg) => shellWord(arg))].join(" ");
}
