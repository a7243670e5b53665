/** Tests of what the page shows of runs, and what is new of it. @module */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { Report } from "../../../tasks/report/report.ts";
import { appendStats } from "../../../tasks/run/run_log.ts";
import { inFolder } from "../../folders.ts";
import { long } from "../../long.ts";
import { addText, makeGroups, makeRun, statsOf } from "./logs.ts";

Deno.test("Report.data() has curves, groups and tables of all runs", () =>
  inFolder(async (folder) => {
    await makeGroups(folder);
    const report = new Report({ folders: [folder] });
    assertEquals(await report.update(), true);
    assertEquals([report.size, report.problems], [6, []]);
    const { groups, runs, metrics, html } = report.data("all");
    assertEquals(groups, ["alone", "at"]);
    assertEquals(runs.map(({ name, group }) => [name, group]).slice(2, 4), [
      ["alone-2", 0],
      ["at-0", 1],
    ]);
    assertEquals(runs[1]!.epochs!.from, 0);
    assertEquals(runs[1]!.epochs!.columns.test_acc, [40, 51]);
    assertEquals(runs[1]!.epochs!.columns.learning_rate, [0.1, 0.02]);
    assertEquals(metrics.map(({ key }) => key), [
      ...["test_acc", "train_acc", "test_loss", "train_loss", "learning_rate", "images_per_second"],
    ]);
    assertStringIncludes(html.results, "51.00 ± 1.00");
    assertStringIncludes(html.results, "54.00 ± 2.00");
    // Differences of 2, 3 and 4 points: 3 ± 4.3027 / sqrt(3).
    assertMatch(html.differences, /difference from alone.*\+3\.00<.*\+0\.52 to \+5\.48<.*better/);
    assert(!/proves? nothing/.test(html.results + html.differences));
    assertMatch(html.options, /teacher_id.*\(none\).*teacher.*beta.*0.*1000/);
  }));

Deno.test("Report.data() says that fewer than three seeds prove nothing", () =>
  inFolder(async (folder) => {
    for (const seed of [0, 1]) {
      await makeRun(join(folder, `a-${seed}`), { options: { seed } });
      await makeRun(join(folder, `b-${seed}`), { options: { seed, lr: 1 }, accuracies: [1, 2] });
    }
    const report = new Report({ folders: [folder], baseline: join(folder, "b-1") });
    await report.update();
    const { html } = report.data("all");
    assertStringIncludes(html.results, "accuracies prove nothing: a (n = 2), b (n = 2).");
    assertMatch(
      html.differences,
      /difference from b.*too few seeds: 2.*a difference proves nothing/,
    );
  }));

Deno.test("Report.data() has only what is new for followers", () =>
  inFolder(async (folder) => {
    const [a, b] = [join(folder, "a"), join(folder, "b")];
    await makeRun(a, { options: { epochs: 3 } });
    const report = new Report({ folders: [folder] });
    await report.update();
    assertEquals(report.data("new").runs[0]!.epochs!.columns.epoch, [1, 2]);
    assertEquals(await report.update(), false);
    assertEquals(report.data("new").runs, [{ id: 0, name: "a", group: 0 }]);
    await appendStats(a, statsOf(3, 70));
    await makeRun(b, { options: { lr: 1 } });
    await Deno.writeTextFile(join(b, "steps.txt"), "1 2.5\n2 NaN\n3 1.5\n");
    assertEquals(await report.update(), true);
    const { runs, metrics } = report.data("new");
    assertEquals(runs[0]!.epochs!.from, 2);
    assertEquals(runs[0]!.epochs!.columns.test_acc, [70]);
    assertEquals(runs[1]!.steps, {
      from: 0,
      columns: { step: [1, 2, 3], step_loss: [2.5, null, 1.5] },
    });
    assertEquals(metrics.at(-1)!.key, "step_loss");
    // A resumed run repeats an epoch.
    await appendStats(a, statsOf(2, 60));
    await report.update();
    const [again] = report.data("new").runs;
    assertEquals([again!.epochs!.from, again!.epochs!.columns.test_acc], [1, [60]]);
    assertEquals(report.data("all").runs[0]!.epochs!.columns.test_acc, [40, 60]);
    await Deno.remove(a, { recursive: true });
    await report.update();
    assertEquals(report.data("new").runs.map(({ name }) => name), ["b"]);
  }));

Deno.test("Report goes on with damaged logs, unknown keys and folders without runs", () =>
  inFolder(async (folder) => {
    const path = (name: string) => join(folder, name);
    await makeRun(path("x/run"), {
      options: { from_the_future: { a: 1 } },
      stats: { new_key: "?" },
    });
    await makeRun(path("y/run"), { accuracies: [40] });
    await addText(
      path("y/run"),
      'json_stats: {"epoch"\nhello\njson_stats: {"epoch":2}\njson_stats: {"ep',
    );
    await Deno.mkdir(path("z"));
    await makeRun(path("w\nerror: x"), { accuracies: [] });
    const report = new Report({ folders: ["x", "y", "z", "w\nerror: x", "v"].map(path) });
    await report.update();
    const { runs, html } = report.data("all");
    assertEquals(runs.map(({ name }) => name), ["x/run", "y/run", "w\nerror: x"]);
    assertEquals(runs[1]!.epochs!.columns.test_acc, [40]);
    assertEquals(report.size, 2);
    assertEquals(report.problems, [
      `${path("z")}: neither it nor its subfolders have a log.txt`,
      `${path("v")}: no such file or folder`,
      `${path("y/run")}: line 3 is not valid JSON; it is left out`,
      `${path("y/run")}: line 5 has no number "train_loss"; it is left out`,
      `${path("w\ufffderror: x")}: its log has no epoch yet`,
    ]);
    assertStringIncludes(html.notes, "line 3 is not valid JSON");
    const waiting = new Report({ folders: [path("v")], waits: true });
    await waiting.update();
    assertEquals(waiting.problems, [`${path("v")}: no such file or folder; waiting for it`]);
  }));

long.test("Report reads a log of 100,000 lines", () =>
  inFolder(async (folder) => {
    await makeRun(folder, { accuracies: [], options: { epochs: 1e5 } });
    const lines = Array.from({ length: 1e5 }, (_, i) =>
      `json_stats: ${JSON.stringify(statsOf(i + 1, i / 1e3))}\n`);
    await addText(folder, lines.join(""));
    const report = new Report({ folders: [folder] });
    await report.update();
    const [run] = report.data("all").runs;
    assertEquals(run!.epochs!.columns.test_acc!.length, 1e5);
    assertEquals(run!.epochs!.columns.test_acc!.at(-1), 99.999);
  }));
