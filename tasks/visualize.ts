/**
 * `deno task visualize`: draws where networks look.
 *
 * @module
 */
import { join } from "@std/path";
import { loadCifar } from "../lib/data/cifar.ts";
import { useTensorFlow } from "../lib/engine/use_tensorflow.ts";
import { UserError } from "../lib/errors.ts";
import { writeWhole } from "../lib/files.ts";
import { type Localization, localizationScore } from "../lib/localization/box.ts";
import { runCommand } from "./cli/main.ts";
import { attentionOf } from "./cli/transfer_options.ts";
import { listed, visualizeCommand, type VisualizeOptions } from "./cli/visualize_options.ts";
import { startEngine } from "./engine.ts";
import type { Drawing } from "./visualize/figure.ts";
import { drawPicture, seen } from "./visualize/gallery.ts";
import {
  addFeatures,
  drawHistograms,
  type GateHistogram,
  startHistogram,
} from "./visualize/histogram.ts";
import { type GateLook, lookAt } from "./visualize/look.ts";
import {
  findNetwork,
  isOfCifar,
  normalizationOf,
  type ShownNetwork,
} from "./visualize/networks.ts";
import { type Page, toHtml, toSvg } from "./visualize/page.ts";
import { type Picture, picturesOfFiles, picturesOfSet } from "./visualize/pictures.ts";

/** The test images that are shown unless others are asked for. */
const firstImages = [0, 1, 2, 3, 4, 5, 6, 7];

await runCommand(visualizeCommand, async (values) => {
  // Whether there is one the command has checked.
  const options: VisualizeOptions = { ...values, networks: values.networks as string };
  const { threads } = options;
  await startEngine({ ...options, ngpu: undefined });
  const networks: ShownNetwork[] = [];
  for (const id of listed(options.networks)) networks.push(await findNetwork(id));
  const { pictures, classes } = options.files === undefined
    ? await fromDataSet(options)
    : await fromFiles(options.files, networks, options, threads);
  const page = await makePage(networks, pictures, classes, options);
  const out = options.out ?? join(defaultFolder(networks), "attention.html");
  const text = out.endsWith(".svg") ? toSvg(page) : toHtml(page);
  await writeWhole(out, new TextEncoder().encode(text));
  page.results.forEach((result) => console.log(result));
  console.log(`wrote ${out}`);
});

/** The run folder, where it is the only network's. */
function defaultFolder([first, ...others]: readonly ShownNetwork[]): string {
  return others.length === 0 ? first?.folder ?? "." : ".";
}

/** The images, and the names of their classes. */
interface Source {
  pictures: Iterable<Picture> | AsyncIterable<Picture>;
  classes: readonly string[];
}

async function fromDataSet(options: VisualizeOptions): Promise<Source> {
  const { dataset = "CIFAR10", dataroot, images = firstImages } = options;
  const { test } = await loadCifar({ dataset, dataroot, log: (line) => console.error(line) });
  return { pictures: picturesOfSet(test, images), classes: test.classes };
}

async function fromFiles(
  files: string,
  networks: readonly ShownNetwork[],
  { images, size }: VisualizeOptions,
  threads: number | undefined,
): Promise<Source> {
  const { library } = await useTensorFlow({ threads });
  const side = size ?? (networks.every(isOfCifar) ? 32 : 224);
  return {
    pictures: picturesOfFiles(listed(files), { indices: images, size: side, library }),
    classes: [],
  };
}

async function makePage(
  networks: readonly ShownNetwork[],
  pictures: Source["pictures"],
  classes: readonly string[],
  options: VisualizeOptions,
): Promise<Page> {
  const { atMap, files, boxThreshold, normalization } = options;
  const attention = attentionOf(atMap);
  const otherwise = normalization ?? (files === undefined ? "paper" : "imagenet");
  const drawings: Drawing[] = [];
  const results = networks.map((network) => ({
    network,
    normalization: normalizationOf(network, otherwise),
    localizations: [] as Localization[],
    histograms: [] as GateHistogram[],
  }));
  for await (const picture of pictures) {
    const all = results.map(({ network, normalization, localizations, histograms }) => {
      const look = lookAt(network, picture, { normalization, attention });
      const groups = chosenGroups(options.groups, look.maps.length, network);
      const one = seen(network.title, look, groups, picture, boxThreshold);
      if (picture.boxes.length > 0) localizations.push(one.localization);
      look.gates.forEach((gate, group) => count(histograms, group, gate));
      return one;
    });
    const isNamed = networks.every(({ numClasses }) => numClasses === classes.length);
    drawings.push(drawPicture(drawings.length, picture, all, isNamed ? classes : []));
  }
  for (const { network: { title }, histograms } of results) {
    if (histograms.length > 0) drawings.push(drawHistograms(histograms, title));
  }
  const scores = results.flatMap(({ network: { title }, localizations }) => {
    if (localizations.length === 0) return [];
    const score = (100 * localizationScore(localizations)).toFixed(1);
    return [`${title}: ${score}% of ${localizations.length} images have an IoU of at least 0.5`];
  });
  const hasGates = results.some(({ histograms }) => histograms.length > 0);
  return {
    title: "Where networks look",
    notes: notes(options, hasGates),
    drawings,
    results: scores,
  };
}

function count(histograms: GateHistogram[], group: number, { features }: GateLook): void {
  // The first image sets the ends of the axis; what others have beyond them counts with the ends.
  const histogram = histograms[group] ??= startHistogram(features.before);
  addFeatures(histogram, features);
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
        "Of the last block of each group: the norm of its features at each position before and after " +
        "the gate of spatial group-wise enhance.",
      ]
      : []),
    ...(files === undefined ? [] : [
      "Where an annotation lies beside an image: the box (line) around the largest part of the last " +
      `map of at least ${boxThreshold} times its maximum, and the given boxes (dashes).`,
    ]),
  ];
}
