/**
 * Finds the packages from npm that a bundle is made of.
 *
 * @module
 */
import { UserError } from "../../lib/errors.ts";
import type { Runner } from "./deno.ts";

/**
 * The folder in which Deno keeps packages from npm.
 *
 * @throws {UserError} If Deno does not say it.
 */
export async function npmCache(runner: Pick<Runner, "deno">): Promise<string> {
  const lines: string[] = [];
  await runner.deno("info", { onLine: (line) => lines.push(line) }, "--json");
  const [json = ""] = lines.join("\n").match(/^\{[^]*^\}/m) ?? [];
  try {
    const { npmCache } = JSON.parse(json);
    if (typeof npmCache === "string") return npmCache;
  } catch {
    // It said something else.
  }
  throw new UserError(
    `Cannot find Deno's cache of npm packages: deno info says ${JSON.stringify(lines.join(" "))}`,
  );
}
