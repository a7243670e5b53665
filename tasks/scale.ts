/**
 * `deno task scale`: predicts how fast several workers would train together.
 *
 * @module
 */
import { runCommand } from "./cli/main.ts";
import { scaleCommand, type ScaleOptions } from "./cli/scale_options.ts";
import { readInputs, workerCounts } from "./scale/inputs.ts";
import { type Measured, readMeasured } from "./scale/measured.ts";
import { assumptionsOf, predictRows, tableText } from "./scale/report.ts";

await runCommand(scaleCommand, async (options: ScaleOptions) => {
  const inputs = await readInputs(options);
  const measured: Measured = options.measured === undefined
    ? new Map()
    : await readMeasured(options.measured);
  const rows = predictRows(inputs.setting, workerCounts(options, measured.keys()), measured);
  const assumptions = assumptionsOf(inputs);
  if (options.json) {
    console.log(JSON.stringify({ setting: inputs.setting, assumptions, rows }, null, 2));
    return;
  }
  console.log(tableText(rows));
  console.log("\nPredicted, not measured. Assumptions:");
  for (const assumption of assumptions) console.log(`- ${assumption}`);
});
