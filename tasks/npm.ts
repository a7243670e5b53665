/**
 * `deno task npm`: writes the library as a package for npm.
 *
 * @module
 */
import { fromFileUrl, join } from "@std/path";
import { unpackTar } from "modern-tar";
import { UserError } from "../lib/errors.ts";
import { readFile } from "../lib/files.ts";
import { runCommand } from "./cli/main.ts";
import { checkIsOurs, replaceFolder } from "./cli/replace_folder.ts";
import { npmCommand } from "./npm/options.ts";
import { type Files, type Manifest, npmPackage } from "./npm/package.ts";

const root = fromFileUrl(new URL("../", import.meta.url));

await runCommand(npmCommand, async ({ out }) => {
  const own = manifestOf(await readFile(join(root, "deno.json"))).name;
  const hasPackage = async () => manifestOf(await readFile(join(out, "package.json"))).name === own;
  await checkIsOurs(out, { what: "package", of: own }, hasPackage);
  const files = npmPackage(await pack());
  await replaceFolder(out, () => files);
  const { name, version } = manifestOf(files.get("package.json"));
  // Without a slash, npm would take it for the name of a package.
  const folder = out.includes("/") ? out : `./${out}`;
  console.log(
    `${name} ${version}: ${files.size} files in ${out}; npm pack ${folder} makes one of them`,
  );
});

/** The package that `deno pack` makes of the library. */
async function pack(): Promise<Files> {
  const folder = await Deno.makeTempDir();
  try {
    const file = join(folder, "package.tgz");
    // Where the modules from JSR cannot be reached, the package could not be made with them; and npm
    // has them under other names.
    const flags = ["--config", "deno.nojsr.json", "--no-source-maps", "--allow-dirty"];
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["pack", ...flags, "--output", file],
      cwd: root,
      env: { NO_COLOR: "1" },
    }).output();
    if (!success) {
      const lines = new TextDecoder().decode(stderr).trim().split("\n");
      throw new UserError(`Cannot make the package: deno pack failed: ${lines.at(-1)}`);
    }
    const tar = new Blob([await Deno.readFile(file)]).stream()
      .pipeThrough(new DecompressionStream("gzip"));
    const entries = await unpackTar(tar);
    return new Map(
      entries.flatMap(({ header: { name, type }, data }) =>
        type === "file" && data ? [[name.replace(/^package\//, ""), data] as const] : []
      ),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function manifestOf(bytes: Uint8Array | undefined): Manifest {
  return JSON.parse(new TextDecoder().decode(bytes));
}
