/**
 * Tests of the log of a run: writing, and reading it whole or damaged.
 *
 * @module
 */
import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import {
  appendStart,
  appendStats,
  describeMachine,
  type EpochStats,
  readLog,
  readStats,
} from "../../../tasks/run/run_log.ts";
import { inFolder } from "../../folders.ts";

function epochStats(epoch: number): EpochStats {
  return {
    epoch,
    train_loss: 2 / epoch,
    test_loss: 2.5 / epoch,
    train_acc: 40 + epoch,
    test_acc: 39 + epoch,
    at_losses: [1e-5, 2e-5, 3e-5],
    train_time: 30.5,
    test_time: 2.5,
    n_parameters: 175066,
    num_classes: 10,
    teacher_id: null,
    epoch_step: [60, 120, 160],
    save: "logs/a\nb",
  };
}

function withFolder(test: (folder: string, path: string) => Promise<void>): Promise<void> {
  return inFolder((folder) => test(folder, join(folder, "log.txt")));
}

Deno.test("appendStats() writes a line that starts with json_stats for each epoch", () =>
  withFolder(async (folder, path) => {
    await appendStats(folder, epochStats(1));
    await appendStats(folder, epochStats(2));
    const lines = (await Deno.readTextFile(path)).split("\n");
    assertEquals(lines.length, 3);
    assertEquals(lines[2], "");
    for (const [i, line] of lines.slice(0, 2).entries()) {
      assertMatch(line, /^json_stats: \{.*\}$/);
      assertEquals(JSON.parse(line.slice("json_stats: ".length)), epochStats(i + 1));
    }
  }));

Deno.test("readStats() reads back what appendStats() wrote, past lines of other kinds", () =>
  withFolder(async (folder, path) => {
    await appendStart(folder, { depth: 16 });
    await appendStats(folder, epochStats(1));
    await Deno.writeTextFile(path, "a note by hand\n\n", { append: true });
    await appendStats(folder, epochStats(2));
    assertEquals(await readStats(folder), [epochStats(1), epochStats(2)]);
  }));

Deno.test("readLog() gives the last start", () =>
  withFolder(async (folder) => {
    await appendStart(folder, { depth: 16, machine: { cores: 2 } });
    await appendStats(folder, epochStats(1));
    assertEquals((await readLog(folder)).start, { depth: 16, machine: { cores: 2 } });
    await appendStart(folder, { depth: 16, resume: folder });
    assertEquals((await readLog(folder)).start, { depth: 16, resume: folder });
    assertEquals(await readStats(folder), [epochStats(1)]);
  }));

Deno.test("appendStart() writes a line that the original's reader of teachers understands", () =>
  withFolder(async (folder, path) => {
    await appendStart(folder, { depth: 16, width: 2 });
    const line = (await Deno.readTextFile(path)).split("\n")[0]!;
    // Python: json.loads(line[line.find("json_stats") + 12:])
    assertEquals(JSON.parse(line.slice(line.indexOf("json_stats") + 12)), { depth: 16, width: 2 });
  }));

Deno.test("readStats() lets a resumed run replace the epochs after its checkpoint", () =>
  withFolder(async (folder) => {
    for (const epoch of [1, 2, 3, 3.5]) await appendStats(folder, epochStats(epoch));
    const repeated = { ...epochStats(3), test_acc: 77 };
    await appendStats(folder, repeated);
    assertEquals(await readStats(folder), [epochStats(1), epochStats(2), repeated]);
  }));

Deno.test("readStats() and appendStats() do without a last line that was cut anywhere", () =>
  withFolder(async (folder, path) => {
    await appendStats(folder, epochStats(1));
    const first = await Deno.readTextFile(path);
    await appendStats(folder, epochStats(2));
    const both = await Deno.readTextFile(path);
    for (let length = first.length; length < both.length - 1; length++) {
      await Deno.writeTextFile(path, both.slice(0, length));
      assertEquals(await readStats(folder), [epochStats(1)]);
      await appendStats(folder, epochStats(2));
      assertEquals(await Deno.readTextFile(path), both, `cut after ${length} characters`);
    }
  }));

Deno.test("appendStats() keeps a last line that lacks only its newline, and notes by hand", () =>
  withFolder(async (folder, path) => {
    await appendStats(folder, epochStats(1));
    for (const last of ["", "\na note by hand"]) {
      const content = (await Deno.readTextFile(path)).trimEnd() + last;
      await Deno.writeTextFile(path, content);
      assertEquals(await readStats(folder), [epochStats(1)]);
      await appendStats(folder, epochStats(2));
      assertStringIncludes(await Deno.readTextFile(path), `${content}\njson_stats: `);
      assertEquals(await readStats(folder), [epochStats(1), epochStats(2)]);
      await Deno.writeTextFile(path, content);
    }
  }));

Deno.test("readStats() names the line that is damaged", () =>
  withFolder(async (folder, path) => {
    const whole = `json_stats: ${JSON.stringify(epochStats(2))}\n`;
    const damaged = {
      'json_stats: {"epoch": 1,\n': "line 2 is not valid JSON",
      "json_stats: [1]\n": "line 2 is not valid JSON",
      'json_stats: {"epoch": 1, "train_loss": NaN}\n': "line 2 is not valid JSON",
      'json_stats: {"epoch": 1}\n': 'line 2 has no number "train_loss"',
      'json_stats: {"epoch": 1, "train_loss": 1e999}\n': 'line 2 has no number "train_loss"',
      [`json_start: {"a": ${"[".repeat(100_000)}${"]".repeat(100_000)}}\n`]:
        "line 2 is not valid JSON",
      "json_start: \n": "line 2 is not valid JSON",
    };
    for (const [line, problem] of Object.entries(damaged)) {
      await Deno.writeTextFile(path, `a note\n${line}${whole}`);
      const error = await assertRejects(() => readStats(folder), UserError, problem);
      assertStringIncludes(error.message, path);
    }
  }));

Deno.test("readStats() says that there is no log", () =>
  withFolder(async (folder, path) => {
    await assertRejects(
      () => readStats(folder),
      UserError,
      `Cannot read ${path}: no such file or folder`,
    );
  }));

Deno.test("appendStats() refuses a number that is not finite, names it and writes nothing", () =>
  withFolder(async (folder, path) => {
    const broken: [EpochStats, string][] = [
      [{ ...epochStats(1), train_loss: NaN }, 'Cannot log "train_loss": NaN'],
      [{ ...epochStats(1), at_losses: [1, Infinity] }, 'Cannot log "at_losses": Infinity'],
    ];
    for (const [stats, message] of broken) {
      await assertRejects(() => appendStats(folder, stats), RangeError, message);
    }
    await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
  }));

Deno.test("appendStats() says in one line that the folder is missing", () =>
  withFolder(async (folder) => {
    const missing = join(folder, "missing");
    const error = await assertRejects(() => appendStats(missing, epochStats(1)), UserError);
    assertEquals(
      error.message,
      `Cannot write ${join(missing, "log.txt")}: no such file or folder`,
    );
  }));

Deno.test("describeMachine() names the machine and the versions", () => {
  const machine = describeMachine();
  assertEquals(machine.deno, Deno.version.deno);
  assertEquals(machine.arch, Deno.build.arch);
  assertMatch(JSON.stringify(machine), /"cores":[1-9]/);
});
