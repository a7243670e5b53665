/**
 * Records files among the images that are not read.
 *
 * @module
 */
import { extname } from "@std/path";
import { byCodePoint } from "./code_points.ts";

/** Ignored files or folders of one kind. */
export interface LeftOut {
  /** The kind: `.webp`, `names that are not UTF-8`. */
  readonly what: string;
  /** The number of files. */
  readonly count: number;
  /** The first few of them, relative to the folder. */
  readonly examples: readonly string[];
}

/** Files that are often next to images, and are clearly not images. */
const companion = /^(thumbs\.db|desktop\.ini)$|\.(xml|txt|json|csv|tsv|ya?ml|md|html?)$/i;
/** Image formats that are not supported. All else is reported as "other files". */
const otherImage = /^\.(webp|gif|bmp|tiff?|jfif|jpe|jp2|jxl|heic|heif|avif|p[bgnp]m|svg|ico|psd)$/;
const mostExamples = 3;

/** Counts ignored files by kind. */
export class LeftOutCount {
  readonly #kinds = new Map<string, { what: string; count: number; examples: string[] }>();

  /** Adds one of a kind. */
  add(what: string, name: string): void {
    const kind = this.#kinds.get(what) ?? { what, count: 0, examples: [] };
    this.#kinds.set(what, kind);
    kind.count++;
    if (kind.examples.length < mostExamples) kind.examples.push(name);
  }

  /** Adds a file that is neither JPEG nor PNG, by its ending. */
  addFile(name: string): void {
    if (companion.test(name)) return;
    const ending = extname(name).toLowerCase();
    this.add(otherImage.test(ending) ? ending : "other files", name);
  }

  /** All that was added, sorted by kind. */
  get all(): LeftOut[] {
    return [...this.#kinds.values()].sort((a, b) => byCodePoint(a.what, b.what));
  }
}

/** Combines the counts of several folders. The prefix of a folder is added to its examples. */
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
