/**
 * What lies among images and is not read.
 *
 * @module
 */
import { extname } from "@std/path";
import { byCodePoint } from "./code_points.ts";

/** Files or folders of a kind that are not read. */
export interface LeftOut {
  /** What they are: `.webp`, `names that are not UTF-8`. */
  readonly what: string;
  /** How many there are. */
  readonly count: number;
  /** The first few of them, relative to the folder. */
  readonly examples: readonly string[];
}

/** Files that often lie beside images, and that nobody takes for one. */
const companion = /^(thumbs\.db|desktop\.ini)$|\.(xml|txt|json|csv|tsv|ya?ml|md|html?)$/i;
/** Images of other formats; anything else is told as "other files". */
const otherImage = /^\.(webp|gif|bmp|tiff?|jfif|jpe|jp2|jxl|heic|heif|avif|p[bgnp]m|svg|ico|psd)$/;
const mostExamples = 3;

/** Counts what is left out, by kinds. */
export class LeftOutCount {
  readonly #kinds = new Map<string, { what: string; count: number; examples: string[] }>();

  /** Adds one of a kind. */
  add(what: string, name: string): void {
    const kind = this.#kinds.get(what) ?? { what, count: 0, examples: [] };
    this.#kinds.set(what, kind);
    kind.count++;
    if (kind.examples.length < mostExamples) kind.examples.push(name);
  }

  /** Adds a file whose name is no JPEG's or PNG's, by its ending. */
  addFile(name: string): void {
    if (companion.test(name)) return;
    const ending = extname(name).toLowerCase();
    this.add(otherImage.test(ending) ? ending : "other files", name);
  }

  /** All that was added, sorted by kinds. */
  get all(): LeftOut[] {
    return [...this.#kinds.values()].sort((a, b) => byCodePoint(a.what, b.what));
  }
}

/** What several folders left out, together; the examples are put after a prefix for each folder. */
export function joinLeftOut(parts: Iterable<readonly [prefix: string, LeftOut]>): LeftOut[] {
  const kinds = new Map<string, LeftOut>();
  for (const [prefix, { what, count, examples }] of parts) {
    const before = kinds.get(what) ?? { what, count: 0, examples: [] };
    const named = examples.map((name) => prefix + name);
    kinds.set(what, {
      what,
      count: before.count + count,
      examples: [...before.examples, ...named].slice(0, mostExamples),
    });
  }
  return [...kinds.values()].sort((a, b) => byCodePoint(a.what, b.what));
}
