/**
 * The trained networks that come with the repository: a folder each in `pretrained/`, named like a run
 * folder, with the parameters and a model card.
 *
 * @module
 */
import { basename, fromFileUrl, join } from "@std/path";
import { exists } from "../files.ts";

/** The folder of all of them. It is not part of the published package. */
export const pretrainedFolder: string = fromFileUrl(new URL("../../pretrained", import.meta.url));

/** For a message that there is no network of this name: the names there are. Empty for a path. */
export async function orPretrained(id: string): Promise<string> {
  const names = basename(id) === id ? await pretrainedNames() : [];
  return names.length > 0 ? `, and pretrained/ has ${names.join(", ")}` : "";
}

async function pretrainedNames(folder = pretrainedFolder): Promise<string[]> {
  if (!await exists(folder)) return [];
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) names.push(name);
  }
  return names.sort();
}

/** All trained networks, by name, with the titles of their model cards: network, data set, accuracy. */
export async function pretrainedNetworks(
  folder = pretrainedFolder,
): Promise<{ name: string; title: string }[]> {
  return await Promise.all(
    (await pretrainedNames(folder)).map(async (name) => {
      const card = await Deno.readTextFile(join(folder, name, "README.md"));
      const [, title = ""] = card.match(/^# (.*)$/m) ?? [];
      return { name, title };
    }),
  );
}
