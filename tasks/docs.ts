/**
 * `deno task docs`: builds the guides and the API reference as a site.
 *
 * @module
 */
import { dirname, fromFileUrl, join } from "@std/path";
import { UserError } from "../lib/errors.ts";
import { exists, inMadeFolder, readTextFile } from "../lib/files.ts";
import { runCommand } from "./cli/main.ts";
import { documentDoors } from "./docs/api.ts";
import { readGuides } from "./docs/guides.ts";
import { docsCommand } from "./docs/options.ts";
import { generator } from "./docs/layout.ts";
import { buildSite } from "./docs/site.ts";

const root = fromFileUrl(new URL("../", import.meta.url));

await runCommand(docsCommand, async ({ out }) => {
  await checkOut(out);
  await inMadeFolder(dirname(join(out, ".")), async () => {
    const parent = dirname(join(out, "."));
    const fresh = await Deno.makeTempDir({ dir: parent, prefix: ".docs-" });
    try {
      const reference = await documentDoors(root, join(fresh, "api"));
      const { files, problems } = buildSite(root, await readGuides(root), reference);
      for (const problem of problems) console.error(`error: ${problem}`);
      if (problems.length > 0) {
        Deno.exitCode = 1;
        return;
      }
      for (const [path, content] of files) {
        await Deno.mkdir(dirname(join(fresh, path)), { recursive: true });
        await Deno.writeFile(join(fresh, path), content);
      }
      await Deno.chmod(fresh, 0o755).catch(() => {}); // not on Windows
      await Deno.remove(out, { recursive: true }).catch(ignoreMissing);
      await Deno.rename(fresh, out);
      console.log(
        `${files.size} pages and files, and the API reference: ${join(out, "index.html")}`,
      );
    } finally {
      await Deno.remove(fresh, { recursive: true }).catch(ignoreMissing);
    }
  });
});

/**
 * Checks that the folder does not exist, or holds a site of an earlier call.
 *
 * @throws {UserError} If it holds something else.
 */
async function checkOut(out: string): Promise<void> {
  if (!await exists(out)) return;
  const page = await readTextFile(join(out, "index.html")).catch(() => "");
  if (page.includes(generator)) return;
  throw new UserError(
    `Cannot write the site to ${out}: it exists and holds no site of ours; choose another folder ` +
      "with --out",
    { code: "not-writable" },
  );
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
