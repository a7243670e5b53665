/**
 * The API reference, which Deno makes from the doc comments.
 *
 * @module
 */
import { join } from "@std/path";
import { UserError } from "../../lib/errors.ts";

interface Documentation {
  readonly nodes: Readonly<
    Record<string, { readonly symbols?: readonly { readonly name: string }[] }>
  >;
}

/** The public names of all doors: the path of each one's page in the site. */
export async function publicNames(root: string): Promise<Map<string, string>> {
  const doors = doorsOf(root);
  const { nodes } = JSON.parse(
    await deno(root, "--json", ...Object.values(doors)),
  ) as Documentation;
  const names = new Map<string, string>();
  for (const [door, file] of Object.entries(doors)) {
    const symbols = Object.entries(nodes).find(([url]) => url.endsWith(file.slice(1)))?.[1].symbols;
    const folder = door === "." ? "api" : `api/${door.slice(2)}`;
    for (const { name } of symbols ?? []) {
      if (!names.has(name)) names.set(name, `${folder}/~/${name}.html`);
    }
  }
  return names;
}

/**
 * Writes the reference of all doors.
 *
 * @param out The folder to write.
 * @returns The public names, as {@linkcode publicNames} does.
 */
export async function documentDoors(root: string, out: string): Promise<Map<string, string>> {
  const files = Object.values(doorsOf(root));
  await deno(root, "--html", "--name=attention transfer", `--output=${out}`, ...files);
  await linkBack(out, 1);
  return await publicNames(root);
}

/** The doors of the package by name: `.` and others such as `./losses`; the whole comes first. */
function doorsOf(root: string): Record<string, string> {
  return JSON.parse(Deno.readTextFileSync(join(root, "deno.json"))).exports;
}

async function deno(root: string, ...args: string[]): Promise<string> {
  // This configuration needs no network and maps the same files.
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--quiet", "--no-lock", "--config", join(root, "deno.nojsr.json"), ...args],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  if (success) return new TextDecoder().decode(stdout);
  const lines = new TextDecoder().decode(stderr).trim().split("\n");
  throw new UserError(`Cannot make the API reference: deno doc failed: ${lines.at(-1)}`);
}

/** Puts a link to the guides at the top of each page. */
async function linkBack(folder: string, depth: number): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) await linkBack(path, depth + 1);
    else if (name.endsWith(".html")) {
      const page = await Deno.readTextFile(path);
      const link =
        `<li><a href="${"../".repeat(depth)}index.html" class="contextLink">Guides</a></li>` +
        `<span class="text-stone-300 font-bold">/</span>`;
      await Deno.writeTextFile(path, page.replace(/<ul class="breadcrumbs">/, `$&${link}`));
    }
  }
}
