/**
 * Shows what the network makes of an image.
 *
 * @module
 */
/// <reference lib="dom" />
import type { Settings } from "../settings.ts";
import type { Backend } from "./backend.ts";
import { figureOf } from "./drawing.ts";
import type { Seen } from "./network.ts";
import { byId } from "./status.ts";
import type { Timing } from "./timing.ts";

/** The backends for people. */
const titles: Readonly<Record<Backend, string>> = {
  webgpu: "WebGPU (the graphics processor)",
  wasm: "WebAssembly (the processor, one thread)",
};

/** How many classes are shown at most. */
const mostClasses = 5;

/** The classes with the highest probabilities, in order: their numbers. */
export function topClasses(probabilities: ArrayLike<number>, count = mostClasses): number[] {
  return Array.from(probabilities, (probability, index) => ({ probability, index }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, count)
    .map(({ index }) => index);
}

/** A share as a percentage. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

/** The name of the most probable class, and its probability. */
export function answerOf({ probabilities }: Seen, { classes }: Settings): string {
  const [best = 0] = topClasses(probabilities, 1);
  return `${classes[best]}, ${percent(probabilities[best] as number)}`;
}

/** Shows the results; they replace earlier ones. */
export function showResults(
  seen: Seen,
  pixels: Float32Array,
  name: string,
  settings: Settings,
): void {
  const size = [settings.size, settings.size] as const;
  const side = `${settings.size} × ${settings.size}`;
  const image = { pixels, size, alt: `${name}, as the network sees it`, caption: `image, ${side}` };
  const maps = seen.maps.map((map, group) => ({
    ...{ pixels, size, map },
    alt: `attention map of group ${group} over ${name}`,
    caption: `group ${group}, ${map.size.join(" × ")}`,
  }));
  byId("pictures").replaceChildren(...[image, ...maps].map(figureOf));
  byId("caption").textContent = `The most probable classes of ${name}`;
  byId("classes").replaceChildren(
    ...topClasses(seen.probabilities).map((index) =>
      rowOf(settings.classes[index] as string, seen.probabilities[index] as number)
    ),
  );
  byId("results").hidden = false;
}

/** Says how long it took: the first run and, once they are measured, others. */
export function showTime(first: number, timing?: Timing): void {
  const usual = timing
    ? `${timing.milliseconds.toFixed(1)} ms for classes and maps (median of ${timing.runs} runs). `
    : "Measuring ... ";
  const start = `The first run took ${first.toFixed(0)} ms: it prepares the backend.`;
  byId("time").textContent = usual + start;
}

/** Says what computes, and links to the other backend if there is one. */
export function showBackend(backend: Backend, onGpu: boolean): void {
  const line = byId("backend");
  line.textContent = `Computed in this browser by ${titles[backend]}.`;
  const other = backend === "wasm" ? "webgpu" : "wasm";
  if (other === "webgpu" && !onGpu) return;
  const link = document.createElement("a");
  link.href = `?backend=${other}`;
  link.textContent = `Use ${other === "wasm" ? "WebAssembly" : "WebGPU"} instead`;
  line.append(" ", link);
}

function rowOf(name: string, probability: number): HTMLElement {
  const row = document.createElement("tr");
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = name;
  const number = document.createElement("td");
  number.className = "number";
  number.textContent = percent(probability);
  const bar = document.createElement("td");
  bar.className = "bar";
  const filled = document.createElement("div");
  filled.style.width = percent(probability);
  bar.append(filled);
  row.append(head, number, bar);
  return row;
}
