/**
 * The table of methods in docs/methods.md: `deno run -c deno.nojsr.json scripts/methods_table.ts`.
 *
 * @module
 */
import { flagName } from "../tasks/cli/flags.ts";
import type { MethodSettings } from "../lib/methods/method.ts";
import { methodFacts, weightNames } from "../lib/methods/table.ts";

/** The options that stand for settings; those of attention maps have a section of their own. */
const settingFlags: Partial<Record<keyof MethodSettings, readonly string[]>> = {
  temperature: ["--temperature"],
  standardize: ["--standardize-logits"],
  kdWeight: ["--kd-weight"],
  decoupledOthers: ["--decoupled-others"],
  classAttention: ["--class-maps", "--class-map-size"],
};

/** The table, in Markdown. */
export function methodsTable(): string {
  const rows = weightNames.map((name) => {
    const { term, of, loss, settings = [], formula } = methodFacts(name);
    const options = [flagName(name), ...settings.flatMap((setting) => settingFlags[setting] ?? [])];
    return [
      `\`${term}${of === "each pair" ? "_0` ..." : "`"}`,
      `\`${loss}\``,
      options.map((option) => `\`${option}\``).join(", "),
      formula,
    ];
  });
  const head = [["term in the log", "function", "option", "what it is"], ["-", "-", "-", "-"]];
  return [...head, ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

if (import.meta.main) console.log(methodsTable());
