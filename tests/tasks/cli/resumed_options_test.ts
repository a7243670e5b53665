/**
 * Tests of a resumed run's options: which are accepted, reported, and allowed to change.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UserError } from "../../../lib/errors.ts";
import type { Json } from "../../../lib/json.ts";
import { cifarCommand } from "../../../tasks/cli/cifar_options.ts";
import { imagenetCommand } from "../../../tasks/cli/imagenet_options.ts";
import { snakeCase } from "../../../tasks/cli/flags.ts";
import type { OptionTable } from "../../../tasks/cli/option_kinds.ts";
import { parseOptions, toLog, withDefaults } from "../../../tasks/cli/options.ts";
import {
  cameLater,
  changedOptions,
  checkLogged,
  ofTheStart,
  resumeFlags,
} from "../../../tasks/cli/resumed_options.ts";

function logged(line = "") {
  return toLog(parseOptions(cifarCommand.options, line.split(" ").filter(Boolean)));
}

/** The changes, and whether each may happen within an epoch. */
function changes(before: string, now: string): [string, boolean][] {
  return changedOptions(logged(before), logged(now)).map((
    { text, atAnyStep },
  ) => [text, atAnyStep]);
}

Deno.test("changedOptions() says each option that differs, with both values", () => {
  assertEquals(changes("--lr 0.1", "--lr 0.1"), []);
  assertEquals(changes("", "--lr 0.05 --epoch-step 10,20 --teacher-id t"), [
    ["--teacher-id t in place of (none)", false],
    ["--lr 0.05 in place of 0.1", false],
    ["--epoch-step 10,20 in place of 60,120,160", false],
  ]);
  assertEquals(changes("--epoch-step 1", "--epoch-step []"), [
    ["--epoch-step [] in place of 1", false],
  ]);
  assertEquals(changes("--keep-best", "--nesterov"), [
    ["--nesterov in place of --nesterov=false", false],
    ["--keep-best=false in place of --keep-best", false],
  ]);
  assertEquals(changes("--warmup 1", "--warmup 2 --lr-scale linear"), [
    ["--lr-scale linear in place of none", false],
    ["--warmup 2 in place of 1", false],
  ]);
});

Deno.test("changedOptions() sees a change of what the log of an older version lacks", async () => {
  const log = new URL("../../fixtures/old_run/run/log.txt", import.meta.url);
  const [start] = (await Deno.readTextFile(log)).split("\n");
  const { options: old } = JSON.parse(start!.replace("json_start: ", ""));
  const resumed = (...args: string[]) =>
    changedOptions(old, toLog(parseOptions(withDefaults(cifarCommand.options, old), args)));
  assertEquals(resumed(), []);
  assertEquals(resumed("--network", "vgg8"), [
    { name: "network", text: "--network vgg8 in place of wrn", atAnyStep: false },
  ]);
  assertEquals(resumed("--warmup", "0.5", "--lr-scale", "linear"), [
    { name: "lr_scale", text: "--lr-scale linear in place of none", atAnyStep: false },
    { name: "warmup", text: "--warmup 0.5 in place of 0", atAnyStep: false },
  ]);
});

Deno.test("cameLater has the defaults of the options that it names", () => {
  for (const table of tables) {
    const defaults = toLog(parseOptions(table, []) as Record<string, Json>);
    // Only cifar names networks.
    const own = Object.entries(cameLater).filter(([name]) =>
      name !== "network" || name in defaults
    );
    assertEquals({ ...defaults, ...Object.fromEntries(own) }, defaults);
  }
});

Deno.test("changedOptions() says nothing of what belongs to a start of the program", () => {
  const start = "--save a --init b --max-steps 3 --threads 1 --ngpu 0 --engine cpu --profile c";
  assertEquals(changes(start, "--resume a --evaluate --params d"), []);
});

Deno.test("changedOptions() lets change within an epoch what changes none of its steps", () => {
  const free = "--dataroot d --checkpoint-every 5 --keep 3 --on-nan skip --log-steps --log-terms";
  const found = changes("", `${free} --summaries --epochs 300`);
  assertEquals(found.length, 8);
  assert(found.every(([, atAnyStep]) => atAnyStep));
  const decay = "--teacher-id t --beta 1 --beta-decay linear";
  for (const line of [decay, "--lr-schedule cosine", "--lr-schedule one-cycle"]) {
    assertEquals(changes(line, `${line} --epochs 300`), [["--epochs 300 in place of 200", false]]);
  }
});

Deno.test("changedOptions() compares what options say, and not how they are written", () => {
  const same = [
    ["--at-map sum", "--at-map sum1"],
    ["--at-map max2", "--at-map max2.0"],
    ["--at-groups 0,1:2", "--at-groups [0:0,1:2]"],
    ["", "--at-weights 1,1"],
    ["--epoch-step 60,120", "--epoch-step [60,1.2e2]"],
  ];
  for (const [before, now] of same) assertEquals(changes(before!, now!), [], now);
  const others = [
    ["--at-map sum", "--at-map max"],
    ["--at-map sum2", "--at-map sum"],
    ["--at-groups 0,1", "--at-groups 1,0"],
    ["--at-groups 0:1", "--at-groups 1:0"],
    ["", "--at-groups 0,1,2"],
    ["", "--at-weights 1,2"],
  ];
  for (const [before, now] of others) {
    assertEquals(changes(before!, now!).map(([, atAnyStep]) => atAnyStep), [false], now);
  }
});

Deno.test("changedOptions() passes over options that one of both does not have", () => {
  assertEquals(changedOptions({ old: 1, lr: 0.1 }, { fresh: 2, lr: 0.1 }), []);
});

Deno.test("resumeFlags() names the folder, and the files of networks of one's own", () => {
  assertEquals(resumeFlags("logs/run", { model: null }), "--resume logs/run");
  assertEquals(
    resumeFlags("run", { model: "my net.ts", teacher_model: "t.ts" }),
    "--resume run --model 'my net.ts' --teacher-model t.ts",
  );
});

Deno.test("ofTheStart names options that there are", () => {
  const names = [cifarCommand, imagenetCommand].flatMap(({ options }) =>
    Object.keys(toLog(Object.fromEntries(Object.keys(options).map((key) => [key, null]))))
  );
  assertEquals(ofTheStart.filter((name) => !names.includes(name)), []);
});

const tables: readonly OptionTable[] = [cifarCommand.options, imagenetCommand.options];

/** The message that refuses an option of the cifar task. */
function refusal(name: string, value: Json): string {
  const check = () => checkLogged(cifarCommand.options, { [name]: value }, "the checkpoint of run");
  const { message } = assertThrows(check, UserError);
  assert(/^[^\p{Cc}\u2028\u2029]{1,400}$/u.test(message), message);
  return message;
}

Deno.test("checkLogged() refuses what no command line says, with the checkpoint and the option", () => {
  assertEquals(
    refusal("batch_size", -5),
    "Cannot use the options in the checkpoint of run: batch_size must be a whole number of at least " +
      "1, not -5; it is damaged, or of another task",
  );
  const wrong: [name: string, value: Json][] = [
    ["epoch_step", 5],
    ["epoch_step", ["60"]],
    ["epoch_step", [[60]]],
    ["epoch_step", [60, { toString: 1 }]],
    ["at_map", 5],
    ["at_map", "sum-2"],
    ["at_weights", "1,2"],
    ["depth", 999999994],
    ["width", 1e6],
    ["depth", "16"],
    ["depth", null],
    ["lr", 1e999],
    ["nesterov", "true"],
    ["nesterov", 1],
    ["dataset", "toString"],
    ["dataroot", ["a"]],
    ["dataroot", ""],
    ["dataroot", "a\u001b[2Jb"],
    ["teacher_id", "a\0b"],
    ["teacher_id", { toString: 1 }],
    ["teacher_id", "x".repeat(10_000) + "\n"],
  ];
  for (const [name, value] of wrong) {
    assert(refusal(name, value).includes(` checkpoint of run: ${name} must be `));
  }
});

Deno.test("checkLogged() takes what the tasks log", () => {
  const lines = [
    "",
    "--teacher-id=a=b --at-groups 0:0,2:1 --at-weights 1,0.5 --epoch-step [] --nesterov --lr 1e-7",
    "--weight-decay 1e+21 --width 0.25 --seed 4294967295 --checkpoint-every 500 --dataroot /é,x",
  ];
  for (const table of tables) {
    for (const line of lines) {
      const given = table === cifarCommand.options ? line : line.replace("--dataroot /é,x", "");
      const values = parseOptions(table, given.split(" ").filter(Boolean));
      checkLogged(table, toLog(values as Record<string, Json>), "a log");
    }
  }
  checkLogged(cifarCommand.options, { of_another_version: [{}] }, "a log");
});

/** Values that resemble those of options, and others. */
const values: fc.Arbitrary<Json> = fc.oneof(
  fc.jsonValue() as fc.Arbitrary<Json>,
  fc.array(fc.oneof(fc.integer(), fc.double(), fc.string()), { maxLength: 4 }),
  fc.constantFrom<Json>(...[
    "16",
    "sum2",
    "0:1",
    "10m",
    "none",
    "[]",
    "null",
    "NaN",
    "true",
    "SGD",
  ]),
  fc.constantFrom<Json>(...[-1, 0, 0.5, 1, 16, 2 ** 31, 2 ** 53, 1e21, 1e308, 5e-324]),
);

Deno.test("checkLogged() lets through only what a command line could have said, to the bit", () => {
  let taken = 0;
  const property = fc.property(fc.constantFrom(...tables), fc.nat(), values, (table, at, value) => {
    const keys = Object.keys(table).filter((key) => !table[key]!.ignored);
    const key = keys[at % keys.length]!;
    const logged = { [snakeCase(key)]: value };
    try {
      checkLogged(table, logged, "a checkpoint");
    } catch (error) {
      assert(error instanceof UserError, String(error));
      assert(/^[^\p{Cc}\u2028\u2029]{1,400}$/u.test(error.message), error.message);
      return;
    }
    taken++;
    const restored = parseOptions(withDefaults(table, logged), []) as Record<string, Json>;
    const flag = `--${snakeCase(key)}=${Array.isArray(value) ? JSON.stringify(value) : value}`;
    const given = parseOptions(table, value === null ? [] : [flag]);
    assertEquals(JSON.stringify(restored[key]), JSON.stringify((given as typeof restored)[key]));
    changedOptions(logged, toLog(restored));
  });
  fc.assert(property, { numRuns: 5000 });
  assert(taken > 200, `${taken} of 5000 were taken`);
});

Deno.test("no option that a run goes on with lets the task write", () => {
  for (const table of tables) {
    const restored = Object.entries(table).filter(([key]) => !ofTheStart.includes(snakeCase(key)));
    const written = restored.flatMap(([, { access }]) => access?.("path").write ?? []);
    assertEquals(written, []);
  }
});
