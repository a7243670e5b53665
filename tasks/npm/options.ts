/**
 * The command line of `deno task npm`.
 *
 * @module
 */
import type { Command } from "../cli/help.ts";
import { group, text } from "../cli/option_kinds.ts";

const npmOptions = group("Where", {
  out: text({
    default: "npm",
    placeholder: "DIR",
    help: "folder to write; a package of an earlier call in it is replaced",
  }),
});

export const npmCommand: Command<typeof npmOptions> = {
  name: "npm",
  summary: "Writes the library as a package for npm, in JavaScript with types: for Node, Bun and " +
    "browsers. `npm pack ./DIR` and `npm publish ./DIR` take it from there.",
  options: npmOptions,
  examples: ["deno task npm", "deno task npm --out package && npm pack ./package"],
};
