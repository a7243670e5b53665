/**
 * The API reference, which Deno makes from the doc comments.
 *
 * @module
 */
import { join, resolve, toFileUrl } from "@std/path";
import { UserError } from "../../lib/errors.ts";
import { addressBetween, placeOf } from "./links.ts";

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

/** The API reference as other pages need it. */
export interface Reference {
  /** The public names; see {@linkcode publicNames}. */
  readonly names: ReadonlyMap<string, string>;
  /** The files of the repository that its pages link to. */
  readonly sources: ReadonlySet<string>;
}

/**
 * Writes the reference of all doors.
 *
 * @param out The folder to write.
 */
export async function documentDoors(root: string, out: string): Promise<Reference> {
  const files = Object.values(doorsOf(root));
  await deno(root, "--html", "--name=API", `--output=${resolve(out)}`, ...files);
  const sources = new Set<string>();
  for await (const path of pagesIn(out, "api/")) {
    const file = join(out, "..", path);
    const page = withOurLinks(await Deno.readTextFile(file), path, root);
    for (const source of page.sources) sources.add(source);
    await Deno.writeTextFile(file, page.html);
  }
  return { names: await publicNames(root), sources };
}

async function* pagesIn(folder: string, path: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* pagesIn(join(folder, name), `${path}${name}/`);
    else if (name.endsWith(".html")) yield path + name;
  }
}

/**
 * A page of Deno's with a link to the guides at its top, the package's name where it says how to
 * import, and links to the site's sources. Deno links files of this machine.
 *
 * @param path The page in the site.
 */
export function withOurLinks(
  html: string,
  path: string,
  root: string,
): { html: string; sources: string[] } {
  const sources: string[] = [];
  const here = toFileUrl(root).href;
  const guides = addressBetween(path, "index.html");
  const door = path.split("/").length > 2 && !path.startsWith("api/~/") ? path.split("/")[1] : ".";
  const whole = "@attention-transfer/core";
  return {
    html: html
      .replace(
        '<ul class="breadcrumbs">',
        `$&<li><a href="${guides}" class="contextLink">Guides</a></li><span>/</span>`,
      )
      .replaceAll(
        `from &quot;${door}&quot;;`,
        () => `from &quot;${door === "." ? whole : `${whole}/${door}`}&quot;;`,
      )
      .replace(/href="(file:[^"]*)"/g, (_, address: string) => {
        const source = decodeURI(address.replaceAll("&#x2F;", "/").replace(here, ""));
        sources.push(source);
        return `href="${addressBetween(path, placeOf(source))}"`;
      }),
    sources,
  };
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
  const why = lines.find((line) => line.startsWith("error")) ?? lines.at(-1);
  throw new UserError(`Cannot make the API reference: deno doc failed: ${why}`);
}
