/**
 * Which pages the site has, and their order.
 *
 * @module
 */
import { join } from "@std/path";
import { exists } from "../../lib/files.ts";

/** A Markdown file of the repository. */
export interface Guide {
  /** Its path in the repository, with `/`. */
  readonly path: string;
  readonly text: string;
  /** Its name in the navigation; undefined for a page that is only linked. */
  readonly name?: string | undefined;
  /** Its part of the navigation. */
  readonly section?: string | undefined;
}

/** The guide that lists every public name. */
export const libraryGuide = "docs/library.md";

/** The navigation: sections, and in each the paths and names of guides. */
const sections: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Guides: {
    "README.md": "Start",
    "docs/attention-transfer.md": "What attention transfer is",
    "docs/methods.md": "Methods, weights, recipes",
    "docs/own-networks.md": "Networks of your own",
    "docs/pytorch.md": "Coming from PyTorch",
    [libraryGuide]: "The library by name",
    "docs/examples.md": "Examples",
    "docs/demo.md": "The demo in a browser",
  },
  Training: {
    "docs/training.md": "Training options",
    "docs/running.md": "Long runs",
    "docs/scale.md": "Several processes",
    "docs/results.md": "Tables of runs",
  },
  Inside: {
    "ARCHITECTURE.md": "Architecture",
    "docs/engine.md": "The engine",
    "CONTRIBUTING.md": "Contributing",
    "CHANGELOG.md": "Changelog",
  },
  Measured: {
    "PERFORMANCE.md": "Performance",
    "RELIABILITY.md": "Reliability",
    "SECURITY.md": "Security",
  },
};
/** The section of guides that the table does not list. */
const others = "More";

/** Reads the guides: those of the table in its order, then all others in the two folders. */
export async function readGuides(root: string): Promise<Guide[]> {
  const read = async (path: string, name?: string, section?: string): Promise<Guide> => ({
    path,
    text: await Deno.readTextFile(join(root, path)),
    ...(name !== undefined && { name, section }),
  });
  const listed = Object.entries(sections).flatMap(([section, guides]) =>
    Object.entries(guides).map(([path, name]) => ({ path, name, section }))
  );
  const known = new Set(listed.map(({ path }) => path));
  const found = [...markdownIn(root, ""), ...markdownIn(root, "docs/")]
    .filter((path) => !known.has(path)).sort();
  const results = await exists(join(root, "results")) ? markdownIn(root, "results/").sort() : [];
  return await Promise.all([
    ...listed.map(({ path, name, section }) => read(path, name, section)),
    ...found.map(async (path) => {
      const guide = await read(path);
      return { ...guide, name: titleOf(guide), section: others };
    }),
    ...results.map((path) => read(path)),
  ]);
}

/** The first heading of a guide, or its path. */
export function titleOf({ path, text }: Guide): string {
  return text.match(/^# +(.+)$/m)?.[1]?.replaceAll("`", "") ?? path;
}

function markdownIn(root: string, folder: string): string[] {
  return [...Deno.readDirSync(join(root, folder))]
    .flatMap(({ name, isFile }) => isFile && name.endsWith(".md") ? [folder + name] : []);
}
