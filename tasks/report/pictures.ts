/**
 * The pictures of where a run's network looks, which the run writes anew after each epoch.
 *
 * @module
 */
import { element, escaped } from "../visualize/svg.ts";
import { paragraph } from "./html.ts";

/** The pictures of a run are much smaller. */
const mostBytes = 2 ** 21;
const pngStart = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Follows a PNG file, which need not be there yet. */
export class PictureFile {
  readonly #path: string;
  #seen = "";
  #uri: string | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** The picture as a `data:` URL; undefined if there is none that a page can show. */
  get uri(): string | undefined {
    return this.#uri;
  }

  /**
   * Reads the file if it changed.
   *
   * @returns True if it did.
   * @throws {Error} If it cannot be read, or is no picture of ours; the same fault is told once.
   */
  async update(): Promise<boolean> {
    const info = await Deno.stat(this.#path).catch(() => undefined);
    const now = info?.isFile ? `${info.ino} ${info.mtime?.getTime()} ${info.size}` : "";
    if (now === this.#seen) return false;
    this.#seen = now;
    this.#uri = undefined;
    if (now !== "") this.#uri = await read(this.#path, info?.size ?? 0);
    return true;
  }
}

async function read(path: string, size: number): Promise<string> {
  if (size > mostBytes) throw new Error(`it has ${size} bytes, and at most ${mostBytes} are shown`);
  const bytes = await Deno.readFile(path);
  if (!pngStart.every((byte, i) => bytes[i] === byte)) throw new Error("it is no PNG file");
  return `data:image/png;base64,${bytes.toBase64()}`;
}

/** The pictures of a run. */
export interface RunPictures {
  readonly name: string;
  /** The number of epochs that it has trained. */
  readonly epochs: number;
  readonly uri: string | undefined;
}

/** The pictures of all runs that have some. */
export function picturesHtml(runs: readonly RunPictures[]): string {
  const figures = runs.flatMap(({ name, epochs, uri }) => {
    if (uri === undefined) return [];
    const words = `${name}, after epoch ${Number(epochs.toFixed(2))}`;
    const alt = `${words}: test images, each with the attention map of every group over it`;
    return element(
      "figure",
      {},
      element("figcaption", {}, escaped(words)),
      element("img", { src: uri, alt }),
    );
  });
  if (figures.length === 0) {
    return paragraph("Runs with --summaries show here where they look after each epoch.", "faint");
  }
  return paragraph("Test images, and over each the attention map of every group.", "faint") +
    element("div", { class: "pictures" }, ...figures);
}
