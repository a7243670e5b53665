/**
 * Tests of `deno task scale` as a user runs it.
 *
 * @module
 */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { inFolder, namesIn } from "../folders.ts";
import { taskRunner } from "./command.ts";

const { refuse, succeed } = taskRunner("scale");

const args = ["--step-ms", "112", "--depth", "16", "--width", "1"];

Deno.test("deno task scale prints a table and its assumptions, and leaves nothing", () =>
  inFolder(async (cwd) => {
    const { out, err } = await succeed(cwd, ...args);
    assertEquals(err, "");
    const [heading, ...lines] = out.split("\n");
    assertMatch(heading!, /^workers {2}step ms {2}exchange ms {2}images\/s/);
    const counts = lines.slice(0, lines.indexOf("")).map((line) =>
      Number(line.trim().split(" ")[0])
    );
    assertEquals(counts, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]);
    assertStringIncludes(out, "\n\nPredicted, not measured. Assumptions:\n- A step of one worker ");
    assertEquals(namesIn(cwd), []);
  }));

Deno.test("deno task scale takes the step from a log, and reads what was measured", () =>
  inFolder(async (cwd) => {
    const stats = { epoch: 1, train_loss: 2, test_loss: 2, train_acc: 20, test_acc: 20 };
    const network = { depth: 10, width: 0.5, num_classes: 10 };
    const options = { dataset: "CIFAR10-sample", holdout: null, batch_size: 100, ...network };
    const line = `json_stats: ${JSON.stringify({ ...stats, ...options, train_time: 10 })}\n`;
    await Deno.mkdir(join(cwd, "logs/run"), { recursive: true });
    await Deno.writeTextFile(join(cwd, "logs/run/log.txt"), line);
    const points = [{ workers: 3, stepMs: 1000 }];
    await Deno.writeTextFile(join(cwd, "measured.json"), JSON.stringify({ points }));
    const { out, err } = await succeed(
      cwd,
      ...["--log", "logs/run", "--measured", "measured.json", "--workers", "2", "--json"],
    );
    assertEquals(err, "");
    const { setting, assumptions, rows } = JSON.parse(out);
    assertEquals([setting.stepMs, setting.batch], [500, 100]);
    assertEquals(
      assumptions[0],
      "A step of one worker takes 500 ms for 100 images (median of one epoch of logs/run).",
    );
    const counts = rows.map(({ workers }: { workers: number }) => workers);
    assertEquals(counts, [1, 2, 3]);
    assertEquals([rows[1].measuredStepMs, rows[2].measuredStepMs], [undefined, 1000]);
    assertMatch(String(rows[2].errorPercent), /^-49\./);
  }));

Deno.test("docs/scale.md shows what deno task scale prints", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/scale.md", import.meta.url));
  const [, command, printed] = page.match(
    /```sh\ndeno task scale (.*)\n```\n\n```text\n(.*?)```/s,
  )!;
  await inFolder(async (cwd) => {
    assertEquals((await succeed(cwd, ...command!.split(" "))).out, printed);
  });
});

Deno.test("deno task scale refuses in a line", () =>
  inFolder(async (cwd) => {
    await refuse(cwd, 2, /^error: it must be known how long a step takes: use --step-ms/);
    await refuse(
      cwd,
      2,
      /^error: --overlap must be a number from 0 to 1/,
      ...args,
      "--overlap",
      "2",
    );
    await refuse(cwd, 1, /^error: Cannot read .*log\.txt: no such file or folder/, "--log", "run");
  }));
