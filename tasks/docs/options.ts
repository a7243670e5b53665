/**
 * The command line of `deno task docs`.
 *
 * @module
 */
import type { Command } from "../cli/help.ts";
import { group, text } from "../cli/option_kinds.ts";

const docsOptions = {
  ...group("Where", {
    out: text({
      default: "site",
      placeholder: "DIR",
      help: "folder to write; a site of an earlier call in it is replaced",
    }),
  }),
};

/** `deno task docs`: its options and its help. */
export const docsCommand: Command<typeof docsOptions> = {
  name: "docs",
  summary: "Builds the guides and the API reference as a folder of static pages, which need no " +
    "server and no network. A broken link, or a public name that no guide has, fails.",
  options: docsOptions,
  examples: ["deno task docs", "deno task docs --out /tmp/site"],
};
