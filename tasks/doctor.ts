/**
 * `deno task doctor`: says which engine is used, how fast it is, and what is missing.
 *
 * @module
 */
import { doctorCommand, type DoctorOptions } from "./cli/doctor_options.ts";
import { runCommand } from "./cli/main.ts";
import { examine } from "./doctor/facts.ts";
import { judge } from "./doctor/judge.ts";
import { reportText } from "./doctor/report.ts";

await runCommand(doctorCommand, async (options: DoctorOptions) => {
  const facts = await examine(options);
  const { problems, notes } = judge(facts, options);
  const ok = problems.length === 0;
  if (options.json) {
    console.log(JSON.stringify({ ok, problems, notes, ...facts }, null, 2));
  } else {
    const isPlain = Deno.noColor || !Deno.stdout.isTerminal();
    const bold = (text: string) => isPlain ? text : `\x1b[1m${text}\x1b[0m`;
    console.log(reportText(facts, bold) + "\n");
    for (const note of notes) console.log(`note: ${note}`);
    for (const problem of problems) console.error(`error: ${problem}`);
    if (ok) console.log("Training can work here.");
  }
  if (!ok) Deno.exitCode = 1;
});
