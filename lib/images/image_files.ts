/**
 * Finds the image files in a folder and its subfolders.
 *
 * @module
 */
import { isAbsolute, join, relative } from "@std/path";
import { byCodePoint } from "./code_points.ts";
import { readFolder, UnreadableFolderError } from "./folder_names.ts";
import { type LeftOut, LeftOutCount } from "./left_out.ts";

/** The result of {@linkcode findImages}. */
export interface FoundImages {
  /** The paths of the images relative to the folder, with slashes, sorted by code points. */
  readonly names: readonly string[];
  /** Ignored files that may be meant as images. */
  readonly leftOut: readonly LeftOut[];
}

const imageName = /\.(jpe?g|png)$/i;
/** Virtual file systems: reading them may never end. */
const systemFolders = ["/proc", "/sys", "/dev"];

/**
 * Finds all `.jpg`, `.jpeg` and `.png` files (in any case) in a folder and its subfolders. Leaves out
 * names that begin with a dot. Follows links, but reads each folder only once. Does not follow links to
 * a folder that contains `root`, or to virtual folders such as `/proc`. A folder that can be reached
 * both with and without a link has the name without it.
 *
 * @param root The folder given by the user, if it is a different one.
 * @throws {UnreadableFolderError} If one of the folders cannot be read.
 */
export async function findImages(folder: string, root?: string): Promise<FoundImages> {
  const walk = new Walk(await realPath(root ?? folder));
  await walk.follow(folder, root === undefined ? "start" : "link", "");
  return await walk.run();
}

/** A folder to read. */
interface FoundFolder {
  path: string;
  /** The path without links. */
  real: string;
  /** The prefix of the names in it, including the slash. */
  prefix: string;
}

class Walk {
  readonly #root: string;
  readonly #visited = new Set<string>();
  readonly #places: FoundFolder[] = [];
  readonly #links: FoundFolder[] = [];
  readonly #names: string[] = [];
  readonly #leftOut = new LeftOutCount();

  constructor(root: string) {
    this.#root = root;
  }

  /** Adds a folder that may be a link. */
  async follow(path: string, kind: "start" | "link", prefix: string): Promise<void> {
    const real = await realPath(path);
    const why = kind === "link" ? whyNotFollowed(real, this.#root) : undefined;
    if (why === undefined) this.#links.push({ path, real, prefix });
    else this.#leftOut.add(why, prefix.slice(0, -1));
  }

  async run(): Promise<FoundImages> {
    for (let place = this.#next(); place; place = this.#next()) {
      if (this.#visited.has(place.real)) continue;
      this.#visited.add(place.real);
      await this.#read(place);
    }
    return { names: this.#names.sort(byCodePoint), leftOut: this.#leftOut.all };
  }

  /** Everything that is reachable without a link comes before the targets of links. */
  #next(): FoundFolder | undefined {
    return this.#places.pop() ?? this.#links.shift();
  }

  async #read({ path, real, prefix }: FoundFolder): Promise<void> {
    const { files, folders, links, unnameableFiles, unnameableFolders } = await readFolder(path);
    for (const name of files) {
      if (imageName.test(name)) this.#names.push(prefix + name);
      else this.#leftOut.addFile(prefix + name);
    }
    for (const name of [...unnameableFiles, ...unnameableFolders]) {
      this.#leftOut.add("names that are not UTF-8", prefix + name);
    }
    for (const name of folders.toReversed()) {
      const below = { path: join(path, name), real: join(real, name) };
      this.#places.push({ ...below, prefix: `${prefix}${name}/` });
    }
    for (const name of links) await this.follow(join(path, name), "link", `${prefix}${name}/`);
  }
}

function whyNotFollowed(real: string, root: string): string | undefined {
  if (isWithin(root, real)) return "links to a folder that they lie in";
  const isOfSystem = systemFolders.some((system) => isWithin(real, system));
  return isOfSystem ? "links to what the system makes up" : undefined;
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return !/^\.\.($|[\\/])/.test(way) && !isAbsolute(way);
}

async function realPath(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    throw new UnreadableFolderError(path, error);
  }
}
