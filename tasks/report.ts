/**
 * `deno task report`: compares runs on one page.
 *
 * @module
 */
import { UserError } from "../lib/errors.ts";
import { writeWhole } from "../lib/files.ts";
import { runCommand } from "./cli/main.ts";
import { reportCommand, type ReportOptions, usualFile } from "./cli/report_options.ts";
import { makePage } from "./report/page.ts";
import { Report } from "./report/report.ts";

await runCommand(reportCommand, writeReport);

async function writeReport({ folders, baseline, out = usualFile }: ReportOptions): Promise<void> {
  const report = new Report({ folders, baseline });
  await report.update();
  const { problems, size } = report;
  if (size === 0) {
    throw new UserError(
      `Cannot report on runs: there is none with an epoch (${problems.join("; ")}); ` +
        "name run folders, or --live to wait for them",
      { code: "not-found" },
    );
  }
  for (const problem of problems) console.error(`note: ${problem}`);
  const { html } = await makePage({ data: report.data("all"), live: false });
  await writeWhole(out, new TextEncoder().encode(html));
  console.log(`wrote ${out}`);
}
