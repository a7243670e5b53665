/**
 * Tests of files with measured steps: read, or refused in a line.
 *
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import { readMeasured } from "../../../tasks/scale/measured.ts";
import { inFolder } from "../../folders.ts";

Deno.test("readMeasured() reads points, and ignores what else a file says", () =>
  inFolder(async (folder) => {
    const path = join(folder, "measured.json");
    const points = [{ workers: 2, stepMs: 130.5 }, { workers: 1, stepMs: 112, date: "today" }];
    await Deno.writeTextFile(path, JSON.stringify({ machine: "two cores", points }));
    assertEquals([...await readMeasured(path)], [[2, 130.5], [1, 112]]);
  }));

Deno.test("readMeasured() says what is wrong with a file", () =>
  inFolder(async (folder) => {
    const path = join(folder, "measured.json");
    const isNoPoint = "workers of point 1 must be a whole number from 1 to 1024";
    const refused: Record<string, string> = {
      "[": "it must be JSON such as",
      '[{"workers": 2, "stepMs": 1}]': "it must be JSON such as",
      '{"points": {}}': "it must be JSON such as",
      '{"points": [3]}': isNoPoint,
      '{"points": [{"workers": 0, "stepMs": 1}]}': isNoPoint,
      '{"points": [{"workers": 1.5, "stepMs": 1}]}': isNoPoint,
      '{"points": [{"workers": 1025, "stepMs": 1}]}': isNoPoint,
      '{"points": [{"workers": "2", "stepMs": 1}]}': isNoPoint,
      '{"points": [{"workers": 2}]}': "stepMs of point 1 must be a number above 0",
      '{"points": [{"workers": 2, "stepMs": 0}]}': "stepMs of point 1 must be a number above 0",
      '{"points": [{"workers": 2, "stepMs": 1e999}]}': "stepMs of point 1 must be a number above 0",
      '{"points": [{"workers": 2, "stepMs": 1}, {"workers": 2, "stepMs": 1}]}':
        "it has two points of 2 workers",
    };
    for (const [text, message] of Object.entries(refused)) {
      await Deno.writeTextFile(path, text);
      await assertRejects(() => readMeasured(path), UserError, message);
    }
    const none = join(folder, "none.json");
    await assertRejects(() => readMeasured(none), UserError, "no such file or folder");
  }));
