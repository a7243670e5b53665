/**
 * Where images come from: the chooser, the clipboard, a drop anywhere on the page, and the test
 * images beside it.
 *
 * @module
 */
/// <reference lib="dom" />
import type { Sample } from "../settings.ts";
import { byId, sayError } from "./status.ts";

/** Shows the image that `load` gives. */
export type Show = (name: string, load: () => Promise<Blob>) => void;

/** Shows what the user chooses, pastes or drops. Of several files, the first. */
export function listen(show: Show): void {
  const showFile = (file: File) => show(file.name, () => Promise.resolve(file));
  const chooser = byId("file") as HTMLInputElement;
  chooser.addEventListener("change", () => {
    const file = chooser.files?.[0];
    if (file) showFile(file);
    chooser.value = ""; // so that the same file can be chosen again
  });
  document.addEventListener("paste", (event) => {
    const file = event.clipboardData?.files[0];
    if (file) showFile(file);
  });
  const target = byId("drop");
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    target.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) target.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    target.classList.remove("over");
    const file = event.dataTransfer?.files[0];
    if (file) showFile(file);
    else sayError("show that", "it is no file; save the image first");
  });
}

/** Offers the test images as buttons. */
export function offerSamples(samples: readonly Sample[], show: Show): void {
  const buttons = samples.map((sample) => {
    const button = document.createElement("button");
    const image = document.createElement("img");
    image.src = sample.file;
    image.alt = sample.name;
    button.append(image);
    button.addEventListener("click", () => showSample(sample, show));
    return button;
  });
  byId("samples").replaceChildren(...buttons);
  byId("samples").hidden = buttons.length === 0;
}

/** Shows a test image. */
export function showSample({ file, name }: Sample, show: Show): void {
  show(name, () => fetched(file));
}

/**
 * A file beside the page.
 *
 * @throws {Error} If the server does not give it.
 */
export async function fetched(file: string): Promise<Blob> {
  const response = await fetch(file).catch(() => undefined);
  if (response?.ok) return await response.blob();
  throw new Error(
    `the server ${response ? `answers ${response.status} for` : "does not give"} ${file}`,
  );
}
