/**
 * `deno task visualize`: draws where networks look.
 *
 * @module
 */
import { join, resolve } from "@std/path";
import { loadCifar } from "../lib/data/cifar.ts";
import type { Normalization } from "../lib/data/normalize.ts";
import { useTensorFlow } from "../lib/backend/mod.ts";
import { UserError } from "../lib/errors.ts";
import { writeWhole } from "../lib/files.ts";
import { type Localization, localizationScore } from "../lib/localization/box.ts";
import { pretrainedFolder } from "../lib/networks/pretrained.ts";
import { listed } from "./cli/access.ts";
import { runCommand } from "./cli/main.ts";
import type { OptionValues } from "./cli/option_kinds.ts";
import { attentionOf } from "./cli/transfer_options.ts";
import { visualizeCommand, type VisualizeOptions } from "./cli/visualize_options.ts";
import { startEngine } from "./cli/engine.ts";
import { tellLeftOut, tellSkipped } from "./run/image_notes.ts";
import { explainingMemory } from "./run/out_of_memory.ts";
import type { Drawing } from "./visualize/figure.ts";
import { drawPicture, localize, type Seen } from "./visualize/gallery.ts";
import { lastGates } from "./visualize/gate.ts";
import { gateSpreads } from "./visualize/gate_spread.ts";
import { drawHistograms } from "./visualize/histogram.ts";
import { lookAt } from "./visualize/look.ts";
import {
  findNetwork,
  isOfCifar,
  normalizationOf,
  type ShownNetwork,
} from "./visualize/networks.ts";
import { type Page, toHtml, toSvg } from "./visualize/page.ts";
import { type Picture, picturesOfFiles, picturesOfSet } from "./visualize/pictures.ts";

/** The test images shown by default. */
const firstImages = [0, 1, 2, 3, 4, 5, 6, 7];

if (import.meta.main) await runCommand(visualizeCommand, runVisualize);

/** Draws what the options name. */
export async function runVisualize(
  values: OptionValues<typeof visualizeCommand.options>,
): Promise<void> {
  // The command has checked that `networks` is given.
  const options: VisualizeOptions = { ...values, networks: values.networks as string };
  await startEngine({ ...options, ngpu: undefined });
  const networks: ShownNetwork[] = [];
  for (const id of listed(options.networks)) networks.push(await findNetwork(id));
  const source = options.files === undefined
    ? await fromDataSet(options)
    : await fromFiles(options.files, networks, options);
  const page = await explainingMemory(
    options.files === undefined
      ? "use a smaller network or --gate-images"
      : "use a smaller --size or --gate-images",
    () => makePage(networks, source, options),
  );
  const out = options.out ?? join(folderOf(networks), "attention.html");
  await writeWhole(out, out.endsWith(".svg") ? toSvg(page) : toHtml(page));
  page.results.forEach((result) => console.log(result));
  console.log(`wrote ${out}`);
}

/** The run folder, if there is only one network, and this is not one of ours; else the current folder. */
function folderOf([network, ...others]: readonly ShownNetwork[]): string {
  const folder = network?.folder;
  const isRun = folder !== undefined && !resolve(folder).startsWith(resolve(pretrainedFolder));
  return isRun && others.length === 0 ? folder : ".";
}

interface Source {
  /** The pictures to show. */
  pictures: Iterable<Picture> | AsyncIterable<Picture>;
  /** The pictures to count features of; default: those that are shown. */
  counted?: (count: number) => Picture[];
  classes: readonly string[];
}

async function fromDataSet(options: VisualizeOptions): Promise<Source> {
  const { dataset = "CIFAR10", dataroot, images = firstImages } = options;
  const { test } = await loadCifar({ dataset, dataroot, log: (line) => console.error(line) });
  const counted = (count: number) => {
    const first = Array.from({ length: Math.min(count, test.size) }, (_, index) => index);
    return [...picturesOfSet(test, first)];
  };
  return { pictures: picturesOfSet(test, images), counted, classes: test.classes };
}

async function fromFiles(
  files: string,
  networks: readonly ShownNetwork[],
  { images, size, threads, maxImagePixels }: VisualizeOptions,
): Promise<Source> {
  const { library } = await useTensorFlow({ threads });
  const pictures = picturesOfFiles(listed(files), {
    indices: images,
    size: size ?? (networks.every(isOfCifar) ? 32 : 224),
    library,
    maxPixels: maxImagePixels,
    skipped: tellSkipped(),
    onLeftOut: tellLeftOut,
  });
  return { pictures, classes: [] };
}

/** What is collected about a network over all images. */
interface Result {
  network: ShownNetwork;
  normalization: Normalization;
  localizations: Localization[];
}

async function makePage(
  networks: readonly ShownNetwork[],
  { pictures, counted, classes }: Source,
  options: VisualizeOptions,
): Promise<Page> {
  const { gateImages } = options;
  const otherwise = options.normalization ?? (options.files === undefined ? "paper" : "imagenet");
  const results = networks.map((network): Result => ({
    network,
    normalization: normalizationOf(network, otherwise),
    localizations: [],
  }));
  const withGates = results.filter(({ network }) => lastGates(network.params).length > 0);
  const drawings: Drawing[] = [];
  const shown: Picture[] = [];
  for await (const picture of pictures) {
    const all = results.map((result) => show(picture, result, classes, options));
    drawings.push(drawPicture(drawings.length, picture, all, classes));
    if (withGates.length > 0 && !counted && shown.length < gateImages) shown.push(picture);
  }
  const measured = withGates.length > 0 && counted ? counted(gateImages) : shown;
  for (const result of withGates) drawings.push(histograms(result, measured, options));
  return {
    title: "Where networks look",
    notes: notes(options, withGates.length > 0),
    drawings,
    results: results.flatMap(scoreLine),
  };
}

/** Runs a network on an image and adds the outcome to the result. */
function show(
  picture: Picture,
  { network, normalization, localizations }: Result,
  classes: readonly string[],
  { atMap, groups: asked, boxThreshold }: VisualizeOptions,
): Seen {
  const isOfDataSet = network.numClasses === classes.length;
  const shown = isOfDataSet ? picture : { ...picture, label: undefined };
  const look = lookAt(network, shown, { normalization, attention: attentionOf(atMap) });
  const groups = chosenGroups(asked, look.maps.length, network);
  const localization = localize(look, groups, picture, boxThreshold);
  if (picture.boxes.length > 0) localizations.push(localization);
  const { title } = network;
  return { title, look, groups, classes: isOfDataSet ? classes : [], localization };
}

function scoreLine({ network: { title }, localizations }: Result): string[] {
  if (localizations.length === 0) return [];
  const score = (100 * localizationScore(localizations)).toFixed(1);
  const images = `${localizations.length} images with a box`;
  return [`${title}: ${score}% of ${images} have an IoU of at least 0.5`];
}

/** Draws how features are distributed across the gates of a network. */
function histograms(
  { network, normalization }: Result,
  pictures: readonly Picture[],
  { groups }: VisualizeOptions,
): Drawing {
  const chosen = chosenGroups(groups, lastGates(network.params).length, network);
  const spreads = gateSpreads(network, pictures, normalization, chosen);
  return drawHistograms(spreads, network.title, pictures.length);
}

function chosenGroups(
  groups: readonly number[] | undefined,
  count: number,
  { title }: ShownNetwork,
): readonly number[] {
  const chosen = groups ?? Array.from({ length: count }, (_, i) => i);
  const missing = chosen.find((group) => group >= count);
  if (missing === undefined && chosen.length > 0) return chosen;
  const what = missing === undefined ? "no group" : `group ${missing}`;
  throw new UserError(
    `Cannot show ${what} of ${title}: it has groups 0 to ${count - 1}; see --groups`,
  );
}

function notes(
  { atMap, files, boxThreshold }: VisualizeOptions,
  hasGates: boolean,
): string[] {
  const { p, reduce } = attentionOf(atMap);
  const power = p === 1 ? "|x|" : `|x|^${p}`;
  const map = `${reduce === "max" ? "maximum" : "sum"} over channels of ${power}`;
  return [
    `Attention maps are the ${map} at the end of each group; |J| is the largest absolute gradient of ` +
    "the cross entropy by a colour of the pixel. Each map has its own scale.",
    ...(hasGates
      ? [
        "Of the last block of each group: the norm over channels of its features at each position, " +
        "before and after the gate of spatial group-wise enhance, and the gate itself (the mean over " +
        "the groups of channels, with its least and greatest value).",
      ]
      : []),
    ...(files === undefined ? [] : [
      "Where an annotation lies beside an image: the box (line) around the largest part of the last " +
      `map of at least ${boxThreshold} times its maximum, and the given boxes (dashes).`,
    ]),
  ];
}
