/** Tests of the page in a real browser: Debian's chromium. @module */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join, toFileUrl } from "@std/path";
import type { Page } from "puppeteer-core";
import { readStats } from "../../../tasks/run/run_log.ts";
import { browserTest, checkLooks, open, waitFor } from "../../browser.ts";
import { freeAddresses } from "../../processes.ts";
import { serveTask, taskRunner } from "../command.ts";
import { makeGroups, makeRun } from "./logs.ts";

const markup = `<img src=x onerror="document.title=1">`;

/** The points of each series of the chart with a title, by the name of the run. */
async function seriesOf(page: Page, title: string): Promise<Record<string, [number, number][]>> {
  const box = `document.querySelector('[aria-label^="Chart: ${title}."]')`;
  await page.evaluate(`${box}.scrollIntoView()`);
  await waitFor(page, `${box}.getAttribute("aria-busy") === "false"`);
  const chart = `echarts.getInstanceByDom(${box})`;
  await waitFor(page, `${chart}?.getOption()?.series?.length > 0`);
  const read =
    `Object.fromEntries(${chart}.getOption().series.filter(Boolean).map((s) => [s.name, s.data]))`;
  return await page.evaluate(read) as Record<string, [number, number][]>;
}

browserTest("the page of deno task report works in a browser", async (browser, folder) => {
  await makeGroups(join(folder, "runs"));
  await makeRun(join(folder, "runs", markup), { options: { seed: 0, lr: 1 }, accuracies: [7, 8] });
  await taskRunner("report").succeed(folder, "runs");
  const url = toFileUrl(join(folder, "report.html")).href;
  const faults: string[] = [];
  const page = await open(browser, url, faults);
  const series = await seriesOf(page, "Test accuracy");
  assertEquals(Object.keys(series).length, 7);
  assertEquals([series["at-1"], series[markup]], [[[1, 60], [2, 54]], [[1, 7], [2, 8]]]);
  assertEquals((await seriesOf(page, "Learning rate"))["at-1"], [[1, 0.1], [2, 0.02]]);
  assertEquals(await page.title(), "Training runs");
  // With the keyboard alone: hide a group, show the numbers of the first epoch.
  await page.focus("#groups input");
  await page.keyboard.press("Space");
  await waitFor(page, `document.querySelector("#groups input").checked === false`);
  const shown = Object.keys(await seriesOf(page, "Test accuracy"));
  const others = Object.keys(series).filter((name) => name !== markup);
  assertEquals(shown, others); // the names are in order, so the first group is that of markup
  await page.focus("summary");
  await page.keyboard.press("Enter");
  await page.focus("#epoch");
  await page.keyboard.press("ArrowLeft");
  await waitFor(page, `document.querySelector("#epoch-number").textContent === "1"`);
  const numbers = await page.$eval("#epoch-rows", (rows) => rows.textContent ?? "");
  assertStringIncludes(numbers, "at-060.00");
  await checkLooks(page);
  assertEquals(faults, []);
});

/** Starts the live page of a folder. */
async function serve(cwd: string, port: string): Promise<AsyncDisposable> {
  const server = await serveTask(cwd, "dashboard", "runs", "--port", port);
  assertEquals(server.line, `the page is at http://127.0.0.1:${port}/ (Ctrl-C ends it)\n`);
  return server;
}

browserTest(
  "deno task report --live follows a run, and survives a restart",
  async (browser, cwd) => {
    const [address] = freeAddresses(1);
    const port = address!.split(":")[1]!;
    const faults: string[] = [];
    let page: Page;
    {
      await using _server = await serve(cwd, port);
      page = await open(browser, `http://127.0.0.1:${port}/`, faults, 360);
      await waitFor(page, `document.body.textContent.includes("waiting for it")`);
      await waitFor(page, `document.querySelector("#status").textContent === "Waiting for runs."`);
      const network = ["--dataset", "CIFAR10-sample", "--depth", "10", "--width", "0.25"];
      const training = ["--epochs", "2", "--epoch-step", "1", "--log-steps", "--save", "runs/tiny"];
      await taskRunner("cifar").succeed(cwd, ...network, ...training, "--summaries");
      await waitFor(page, `document.body.textContent.includes("finished, 2 epochs")`);
      const stats = await readStats(join(cwd, "runs/tiny"));
      const expected = stats.map(({ epoch, test_acc }) => [epoch, Number(test_acc.toPrecision(6))]);
      const { tiny } = await seriesOf(page, "Test accuracy");
      assertEquals(tiny as number[][], expected);
      assertEquals((await seriesOf(page, "Loss of the steps")).tiny!.length, 32);
      const picture = `document.querySelector("#pictures figure")`;
      await waitFor(page, `${picture}?.textContent === "tiny, after epoch 2"`);
      const size = `(({ naturalWidth, naturalHeight }) => [naturalWidth, naturalHeight])`;
      // Four images of 32 pixels, each with the maps of three groups.
      assertEquals(await page.evaluate(`${size}(${picture}.querySelector("img"))`), [128, 128]);
      await checkLooks(page);
      assertEquals(faults, []);
    }
    await waitFor(
      page,
      `document.querySelector("#status").textContent.includes("does not answer")`,
    );
    await makeRun(join(cwd, "runs/later"), { accuracies: [30, 31] });
    await using _server = await serve(cwd, port);
    await waitFor(
      page,
      `document.querySelector("#status").textContent.includes("Following 2 runs")`,
    );
    const series = await seriesOf(page, "Test accuracy");
    assertEquals(series.later, [[1, 30], [2, 31]]);
    assert(series.tiny);
    // The browser itself reports the connections that failed, and nothing else.
    for (const fault of faults) assertMatch(fault, /net::ERR_/);
  },
);
