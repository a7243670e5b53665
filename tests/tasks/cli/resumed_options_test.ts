/**
 * Which options of a resumed run are told, and which may change where.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { cifarCommand } from "../../../tasks/cli/cifar_options.ts";
import { imagenetCommand } from "../../../tasks/cli/imagenet_options.ts";
import { parseOptions, toLog } from "../../../tasks/cli/options.ts";
import { changedOptions, ofTheStart } from "../../../tasks/cli/resumed_options.ts";

function logged(line = "") {
  return toLog(parseOptions(cifarCommand.options, line.split(" ").filter(Boolean)));
}

/** What changes, and whether it may within an epoch. */
function changes(before: string, now: string): [string, boolean][] {
  return changedOptions(logged(before), logged(now)).map((
    { text, atAnyStep },
  ) => [text, atAnyStep]);
}

Deno.test("changedOptions() says each option that differs, with both values", () => {
  assertEquals(changes("--lr 0.1", "--lr 0.1"), []);
  assertEquals(changes("", "--lr 0.05 --epoch-step 10,20 --teacher-id t"), [
    ["--teacher-id t in place of (none)", false],
    ["--epoch-step 10,20 in place of 60,120,160", false],
    ["--lr 0.05 in place of 0.1", false],
  ]);
  assertEquals(changes("--epoch-step 1", "--epoch-step []"), [
    ["--epoch-step [] in place of 1", false],
  ]);
});

Deno.test("changedOptions() says nothing of what belongs to a start of the program", () => {
  const start = "--save a --init b --max-steps 3 --threads 1 --ngpu 0 --engine cpu --profile c";
  assertEquals(changes(start, "--resume a --evaluate --params d"), []);
});

Deno.test("changedOptions() lets change within an epoch what changes none of its steps", () => {
  const free = "--dataroot d --checkpoint-every 5 --keep 3 --on-nan skip --log-steps --log-terms";
  const found = changes("", `${free} --epochs 300`);
  assertEquals(found.length, 7);
  assert(found.every(([, atAnyStep]) => atAnyStep));
  const decay = "--teacher-id t --beta 1 --beta-decay linear";
  assertEquals(changes(decay, `${decay} --epochs 300`), [["--epochs 300 in place of 200", false]]);
});

Deno.test("changedOptions() passes over options that one of both does not have", () => {
  assertEquals(changedOptions({ old: 1, lr: 0.1 }, { fresh: 2, lr: 0.1 }), []);
});

Deno.test("ofTheStart names options that there are", () => {
  const names = [cifarCommand, imagenetCommand].flatMap(({ options }) =>
    Object.keys(toLog(Object.fromEntries(Object.keys(options).map((key) => [key, null]))))
  );
  assertEquals(ofTheStart.filter((name) => !names.includes(name)), []);
});
