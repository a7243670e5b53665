/**
 * `deno task report`: compares runs on one page.
 *
 * @module
 */
import { UserError } from "../lib/errors.ts";
import { writeWhole } from "../lib/files.ts";
import { runCommand } from "./cli/main.ts";
import { reportCommand, type ReportOptions, usualFile, usualPort } from "./cli/report_options.ts";
import type { Section } from "./report/evaluation/sections.ts";
import { makePage } from "./report/page.ts";
import { Report } from "./report/report.ts";
import { serveReport } from "./report/serve.ts";

if (import.meta.main) await runCommand(reportCommand, runReport);

/** Does what the options say. */
export async function runReport(options: ReportOptions): Promise<void> {
  await (options.live ? followRuns(options) : writeReport(options));
}

async function writeReport(options: ReportOptions): Promise<void> {
  const { folders, baseline, out = usualFile } = options;
  const report = new Report({ folders, baseline });
  await report.update();
  const { problems, size } = report;
  if (size === 0) {
    throw new UserError(
      `Cannot report on runs: there is none with an epoch (${problems.join("; ")}); ` +
        "name run folders, or wait for them with --live",
      { code: "not-found" },
    );
  }
  for (const problem of problems) console.error(`note: ${problem}`);
  const { dataset, imagenetpath } = options;
  const sections = (dataset ?? imagenetpath) === undefined ? [] : await evaluated(report, options);
  const { html } = await makePage({ data: report.data("all"), sections });
  await writeWhole(out, html);
  console.log(`wrote ${out}`);
}

/** Only an evaluation needs TensorFlow. */
async function evaluated(report: Report, options: ReportOptions): Promise<Section[]> {
  const { evaluateRuns } = await import("./report/evaluate.ts");
  const { runs, baseline } = report.firstRuns();
  return await evaluateRuns(runs, baseline, options);
}

/** Serves the page until Ctrl-C, which ends the program at once: there is nothing to save. */
async function followRuns({ folders, baseline, port = usualPort }: ReportOptions): Promise<void> {
  const report = new Report({ folders, baseline, waits: true });
  const server = await serveReport({ report, port });
  for (const problem of report.problems) console.error(`note: ${problem}`);
  console.log(`the page is at ${server.address} (Ctrl-C ends it)`);
  await server.finished;
}
