/**
 * Turns a file into pixels for the network.
 *
 * @module
 */
/// <reference lib="dom" />
import { centerView } from "../../../lib/images/view.ts";
import type { Settings } from "../settings.ts";
import { resized } from "./resize.ts";

/** As in the other tasks, by default. Browsers cannot draw much more either. */
const mostPixels = 67_108_864;

/**
 * The pixels of an image file as the network sees them, `[size * size * 3]`, 0 to 255. Photos are
 * turned as they are to be seen.
 *
 * @throws {Error} If it is no image that this browser can read.
 */
export async function pixelsOf(file: Blob, { size, resize }: Settings): Promise<Float32Array> {
  if (file.size === 0) throw new Error("it is empty");
  const bitmap = await createImageBitmap(file, {
    // Numbers as they are in the file: the training images were not converted either.
    colorSpaceConversion: "none",
    premultiplyAlpha: "none",
  }).catch(() => {
    throw new Error("this browser cannot read it as an image");
  });
  try {
    const { width, height } = bitmap;
    if (width * height > mostPixels) {
      throw new Error(`it has ${width} × ${height} pixels, and ${mostPixels} are the most`);
    }
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (!context) throw new Error("this browser has no memory left to draw it");
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    return resized({ data, width, height }, centerView({ width, height }, { size, resize }), size);
  } finally {
    bitmap.close();
  }
}
