/**
 * `deno task docs`: builds the guides and the API reference as a site.
 *
 * @module
 */
import { fromFileUrl, join } from "@std/path";
import { readTextFile } from "../lib/files.ts";
import { runCommand } from "./cli/main.ts";
import { checkIsOurs, replaceFolder } from "./cli/replace_folder.ts";
import { documentDoors } from "./docs/api.ts";
import { readGuides } from "./docs/guides.ts";
import { docsCommand } from "./docs/options.ts";
import { generator } from "./docs/layout.ts";
import { buildSite } from "./docs/site.ts";

const root = fromFileUrl(new URL("../", import.meta.url));

await runCommand(docsCommand, async ({ out }) => {
  const hasSite = async () => (await readTextFile(join(out, "index.html"))).includes(generator);
  await checkIsOurs(out, { what: "site", of: "ours" }, hasSite);
  const files = await replaceFolder(out, async (fresh) => {
    const reference = await documentDoors(root, join(fresh, "api"));
    const { files, problems } = buildSite(root, await readGuides(root), reference);
    for (const problem of problems) console.error(`error: ${problem}`);
    if (problems.length > 0) {
      Deno.exitCode = 1;
      return undefined;
    }
    return files;
  });
  if (!files) return;
  console.log(`${files.size} pages and files, and the API reference: ${join(out, "index.html")}`);
});
