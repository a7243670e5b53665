/**
 * Tests of reading a command line with a table of options.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { UserError } from "../../../lib/errors.ts";
import {
  argument,
  choice,
  flag,
  ignored,
  integer,
  integers,
  number,
  type OptionValues,
  text,
} from "../../../tasks/cli/option_kinds.ts";
import { asksForHelp } from "../../../tasks/cli/flags.ts";
import { parseOptions, toLog } from "../../../tasks/cli/options.ts";
import { UsageError } from "../../../tasks/cli/usage_error.ts";

const help = "for a test";
const table = {
  depth: integer({ default: 16, min: 10, help }),
  lr: number({ default: 0.1, above: 0, help }),
  seed: integer({ default: 0, min: 0, max: 4294967295, help }),
  maxSteps: integer({ min: 1, help }),
  teacherId: text({ help }),
  epochStep: integers({ default: [60, 120, 160], min: 1, help }),
  dataset: choice(["CIFAR10", "CIFAR100"], { default: "CIFAR10", help }),
  nesterov: flag({ help }),
  cuda: ignored({ help: "it is chosen elsewhere" }),
  gpuId: ignored({ placeholder: "N", help: "it is chosen elsewhere" }),
  optimMethod: ignored({ placeholder: "SGD", only: ["SGD"], help: "there is no other" }),
};
const defaults: OptionValues<typeof table> = {
  depth: 16,
  lr: 0.1,
  seed: 0,
  maxSteps: undefined,
  teacherId: undefined,
  epochStep: [60, 120, 160],
  dataset: "CIFAR10",
  nesterov: false,
};

/** Reads a command line. Fails on a note; tests that expect notes do not use this. */
function parse(...args: string[]): OptionValues<typeof table> {
  return parseOptions(table, args, (line) => {
    throw new Error(`Unexpected note: ${line}`);
  });
}

function refusal(...args: string[]): string {
  const error = assertThrows(() => parse(...args), UsageError);
  assert(error instanceof UserError);
  assert(!error.message.includes("\n"), `more than one line: ${error.message}`);
  return error.message;
}

Deno.test("parseOptions() gives the defaults where nothing is given", () => {
  assertEquals(parse(), defaults);
});

Deno.test("parseOptions() types its values by the table", () => {
  const values = parse();
  const depth: number = values.depth;
  const maxSteps: number | undefined = values.maxSteps;
  const dataset: "CIFAR10" | "CIFAR100" = values.dataset;
  const epochStep: readonly number[] = values.epochStep;
  const nesterov: boolean = values.nesterov;
  // @ts-expect-error without a default the value may be undefined
  const teacherId: string = values.teacherId;
  // @ts-expect-error an ignored option has no value
  const cuda: undefined = values.cuda;
  // @ts-expect-error a default must be one of the choices
  choice(["CIFAR10", "CIFAR100"], { default: "MNIST", help });
  assertEquals(
    [depth, maxSteps, dataset, epochStep, nesterov, teacherId, cuda],
    [16, undefined, "CIFAR10", [60, 120, 160], false, undefined, undefined],
  );
});

Deno.test("parseOptions() takes every spelling of a flag, with a space or an equals sign", () => {
  const spellings: [string[], string, Partial<typeof defaults>][] = [
    [["max-steps", "max_steps", "maxSteps"], "7", { maxSteps: 7 }],
    [["teacher-id", "teacher_id", "teacherId"], "a=b c", { teacherId: "a=b c" }],
    [["epoch-step", "epoch_step", "epochStep"], "[1,2]", { epochStep: [1, 2] }],
    [["depth"], "40", { depth: 40 }],
  ];
  for (const [names, value, expected] of spellings) {
    for (const name of names) {
      for (const args of [[`--${name}`, value], [`--${name}=${value}`]]) {
        assertEquals(parse(...args), { ...defaults, ...expected });
        assertEquals(parse("--nesterov", ...args, "--lr", "1"), {
          ...defaults,
          ...expected,
          nesterov: true,
          lr: 1,
        });
      }
    }
  }
});

Deno.test("parseOptions() reads a switch with and without true or false", () => {
  assertEquals(parse("--nesterov").nesterov, true);
  assertEquals(parse("--nesterov=true").nesterov, true);
  assertEquals(parse("--nesterov=false").nesterov, false);
  assertStringIncludes(refusal("--nesterov=1"), '--nesterov must be true or false, not "1"');
});

Deno.test("parseOptions() lets the last value of a flag count", () => {
  assertEquals(parse("--depth", "16", "--depth=40").depth, 40);
  assertEquals(parse("--epoch_step", "[1]", "--epoch-step", "2").epochStep, [2]);
});

Deno.test("parseOptions() names the nearest flag to one that it does not know", () => {
  const nearest = {
    "--depht": "--depth",
    "--depht=3": "--depth",
    "-depth": "--depth",
    "--max-step": "--max-steps",
    "--teacher": "--teacher-id",
    "--data-set": "--dataset",
    "--sead": "--seed",
    "--hlep": "--help",
    "--no-nesterov": "--nesterov",
    "--optim": "--optim-method",
  };
  for (const [typed, known] of Object.entries(nearest)) {
    assertEquals(
      refusal(typed, "3"),
      `unknown option ${typed.split("=")[0]}; did you mean ${known}? See --help`,
    );
  }
});

Deno.test("parseOptions() names no flag that is not near", () => {
  for (const typed of ["--momentum", "--batch-norm", "--xyz"]) {
    assertEquals(refusal(typed, "3"), `unknown option ${typed}; see --help`);
  }
});

Deno.test("parseOptions() takes no name of JavaScript's objects for a flag", () => {
  for (const name of ["constructor", "toString", "__proto__", "_"]) {
    assertStringIncludes(refusal(`--${name}=1`), `unknown option --${name};`);
  }
});

Deno.test("parseOptions() names flag, value and what is allowed when a value is wrong", () => {
  const cases: [string[], string][] = [
    [["--depth", "4"], '--depth must be a whole number of at least 10, not "4"'],
    [["--depth", "16.5"], '--depth must be a whole number of at least 10, not "16.5"'],
    [["--depth", "1e400"], '--depth must be a whole number of at least 10, not "1e400"'],
    [["--lr", "0"], '--lr must be a number above 0, not "0"'],
    [["--lr", "-0.1"], '--lr must be a number above 0, not "-0.1"'],
    [["--lr", "fast"], '--lr must be a number above 0, not "fast"'],
    [["--seed", "-1"], '--seed must be a whole number from 0 to 4294967295, not "-1"'],
    [["--seed=-1"], '--seed must be a whole number from 0 to 4294967295, not "-1"'],
    [["--seed", "4294967296"], "--seed must be a whole number from 0 to 4294967295"],
    [["--seed", "-.5"], "--seed must be a whole number from 0 to 4294967295"],
    [["--dataset", "cifar"], '--dataset must be CIFAR10 or CIFAR100, not "cifar"'],
    [["--epoch_step", "60,0"], "--epoch-step must be a list of whole numbers of at least 1"],
  ];
  for (const [args, message] of cases) assertStringIncludes(refusal(...args), message);
});

Deno.test("parseOptions() names those that a wrong value may have meant", () => {
  const names = ["one/a", "one/b", "two"];
  const form = { says: "a name of the list", holds: (name: string) => names.includes(name) };
  const recipe = text({ help: "", form, names });
  const refused = (value: string, end: string) =>
    assertThrows(
      () => parseOptions({ recipe }, ["--recipe", value]),
      UsageError,
      `--recipe must be a name of the list, not "${value}"; ${end}`,
    );
  refused("one", "did you mean one/a or one/b? See --help");
  refused("TWOO", "did you mean two? See --help");
  refused("another", "see --help");
});

Deno.test("parseOptions() refuses a flag without its value", () => {
  const lines = [["--lr"], ["--lr", "--depth", "16"], ["--lr", "--nesterov"], ["--lr="], [
    "--lr",
    "",
  ]];
  for (const args of lines) {
    assertEquals(refusal(...args), "--lr needs a value: a number above 0; see --help");
  }
  assertEquals(refusal("--teacher-id", ""), "--teacher-id needs a value: TEXT; see --help");
});

Deno.test("parseOptions() refuses arguments that belong to no flag", () => {
  assertEquals(refusal("train"), 'unexpected argument "train"; see --help');
  assertEquals(refusal("--depth", "16", "1e3"), 'unexpected argument "1e3"; see --help');
  assertEquals(refusal("--nesterov", "true"), 'unexpected argument "true"; see --help');
  assertEquals(refusal("--", "--depth"), 'unexpected argument "--depth"; see --help');
  assertEquals(refusal("-"), 'unexpected argument "-"; see --help');
});

Deno.test("parseOptions() gives arguments their places where the table has them", () => {
  const places = {
    input: argument({ placeholder: "IN", help }),
    output: argument({ placeholder: "OUT", help }),
    depth: table.depth,
  };
  const values = parseOptions(places, ["1e3", "--depth", "40", "--", "--b"]);
  assertEquals(values, { input: "1e3", output: "--b", depth: 40 });
  assertThrows(() => parseOptions(places, ["a"]), UsageError, "OUT is missing; see --help");
  assertThrows(() => parseOptions(places, []), UsageError, "IN is missing; see --help");
  assertThrows(() => parseOptions(places, ["a", "b", "c"]), UsageError, 'unexpected argument "c"');
});

Deno.test("parseOptions() notes each ignored flag in one line and gives it no value", () => {
  const notes: string[] = [];
  const note = (line: string) => notes.push(line);
  const args = ["--cuda", "--gpu_id", "0,1", "--optim_method=SGD", "--depth", "22"];
  assertEquals(parseOptions(table, args, note), { ...defaults, depth: 22 });
  assertEquals(notes, [
    "note: --cuda has no effect here: it is chosen elsewhere",
    "note: --gpu-id has no effect here: it is chosen elsewhere",
    "note: --optim-method has no effect here: there is no other",
  ]);
  assertEquals(
    refusal("--optim_method", "Adam"),
    '--optim-method must be SGD, not "Adam"; see --help',
  );
});

Deno.test("asksForHelp() sees --help and -h anywhere before --", () => {
  assert(asksForHelp(["--help"]));
  assert(asksForHelp(["--depth", "x", "-h"]));
  assert(asksForHelp(["--help=x"]));
  assert(!asksForHelp(["--depth", "16"]));
  assert(!asksForHelp(["--helpless", "-help", "--no--help"]));
  assert(!asksForHelp(["--", "--help"]));
});

Deno.test("toLog() writes keys in snake_case and null for no value", () => {
  assertEquals(toLog(defaults), {
    depth: 16,
    lr: 0.1,
    seed: 0,
    max_steps: null,
    teacher_id: null,
    epoch_step: [60, 120, 160],
    dataset: "CIFAR10",
    nesterov: false,
  });
});
