/**
 * Makes the files of the page.
 *
 * @module
 */
import { encode } from "fast-png";
import styles from "../report/page.css" with { type: "text" };
import wasm from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm" with {
  type: "bytes",
};
import { loadCifar } from "../../lib/data/cifar.ts";
import type { ImageSet } from "../../lib/data/image_set.ts";
import { formatParamsAndMetadata } from "../../lib/formats/params_bytes.ts";
import { type Network, networkMetadata } from "../../lib/networks/network.ts";
import { isOfCifar, type ShownNetwork } from "../visualize/networks.ts";
import { bundleProgram } from "./bundle.ts";
import { classesOf, factsOf, nameOf, type Told } from "./facts.ts";
import { pageHtml, programFile, stylesFile } from "./html.ts";
import ownStyles from "./page.css" with { type: "text" };
import { paramsFile, type Sample, wasmFile } from "./settings.ts";

/** The page. */
export const pageFile = "index.html";

/** True for the names of its files, whole or begun. */
export function isOfPage(name: string): boolean {
  const files = [pageFile, programFile, stylesFile, paramsFile, wasmFile];
  const whole = name.replace(/\.partial$/, "");
  return files.includes(whole) || /^image-\d+\.png$/.test(whole);
}

/** The files by name. A browser needs no others; the page is the last. */
export type PageFiles = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

/** How many images the page has to begin with. */
const sampleCount = 8;

/**
 * Makes the files of the page of a network.
 *
 * @throws {UserError} If that cannot be done.
 */
export async function makeFiles(network: ShownNetwork, told: Told): Promise<PageFiles> {
  const { test } = await loadCifar({ dataset: "CIFAR10-sample" });
  const facts = factsOf(network, told);
  const classes = classesOf(network, told, test.classes);
  const isCifar = isOfCifar({ normalization: nameOf(network, told) });
  const samples = isCifar ? samplesOf(test, classes === test.classes) : [];
  const settings = { ...facts, classes, samples: samples.map(({ sample }) => sample) };
  const text = new TextEncoder();
  return new Map([
    [programFile, await bundleProgram()], // by it checkFolder() knows a part of a page
    [paramsFile, await fileOf(network)],
    [wasmFile, new Uint8Array(wasm)],
    [stylesFile, text.encode(styles + ownStyles)],
    ...samples.map(({ sample, bytes }) => [sample.file, bytes] as const),
    [pageFile, text.encode(pageHtml(settings))],
  ]);
}

/** A network's parameters as a file, which other tasks can read too. */
async function fileOf(network: Network): Promise<Uint8Array<ArrayBuffer>> {
  return await formatParamsAndMetadata(network.params, networkMetadata(network), "of the page");
}

/** The first images of a set as files. */
function samplesOf(
  { images, labels, classes, height, width, channels }: ImageSet,
  areNamed: boolean,
): { sample: Sample; bytes: Uint8Array<ArrayBuffer> }[] {
  const length = height * width * channels;
  return Array.from({ length: sampleCount }, (_, i) => {
    const data = images.slice(i * length, (i + 1) * length);
    const label = areNamed ? ` (${classes[labels[i] as number]})` : "";
    return {
      sample: { file: `image-${i}.png`, name: `test image ${i}${label}` },
      bytes: new Uint8Array(encode({ data, height, width, channels })),
    };
  });
}
