/**
 * The page's program: loads the network, and shows what it makes of images.
 *
 * @module
 */
/// <reference lib="dom" />
import { paramsFile, type Settings } from "../settings.ts";
import { backendsToTry, hasWebGpu, startBackend } from "./backend.ts";
import { pixelsOf } from "./image.ts";
import { fetched, listen, offerSamples, type Show, showSample } from "./inputs.ts";
import { networkOf, type PageNetwork, see } from "./network.ts";
import { answerOf, showBackend, showResults, showTime } from "./results.ts";
import { byId, say, sayError } from "./status.ts";
import { timed } from "./timing.ts";

const settings: Settings = JSON.parse(byId("settings").textContent ?? "");

async function load(): Promise<PageNetwork> {
  if (location.protocol === "file:") {
    throw new Error("a page that is opened as a file may not load others; open it from a server");
  }
  const onGpu = await hasWebGpu();
  showBackend(await startBackend(backendsToTry(location.href, onGpu)), onGpu);
  const bytes = await (await fetched(paramsFile)).arrayBuffer();
  return networkOf(new Uint8Array(bytes), settings);
}

const loading = load();
/** The number of the latest image. An earlier one that is still in work is not shown any more. */
let latest = 0;
/** The milliseconds of the first run, which also prepares the backend. */
let first: number | undefined;

const show: Show = async (name, load) => {
  const own = ++latest;
  const isOver = () => own !== latest;
  try {
    const network = await loading;
    say(`Looking at ${name} ...`);
    const pixels = await pixelsOf(await load(), settings);
    if (isOver()) return;
    const start = performance.now();
    const seen = await see(network, pixels);
    first ??= performance.now() - start;
    if (isOver()) return;
    showResults(seen, pixels, name, settings);
    showTime(first);
    say(`${name}: the network says ${answerOf(seen, settings)}.`);
    const timing = await timed(() => see(network, pixels), isOver);
    if (isOver()) return;
    showTime(first, timing);
    // For programs that want the numbers.
    document.dispatchEvent(new CustomEvent("seen", { detail: { name, ...seen, ...timing } }));
  } catch (error) {
    if (!isOver()) sayError(`show ${name}`, error);
  }
};

listen(show);
loading.then(() => {
  offerSamples(settings.samples, show);
  say("Ready.");
  const [sample] = settings.samples;
  if (sample && latest === 0) showSample(sample, show);
}, (error) => sayError("start the network in this browser", error));
