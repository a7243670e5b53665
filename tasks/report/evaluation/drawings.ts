/**
 * Draws some of the images with the attention maps of networks.
 *
 * @module
 */
import { UserError } from "../../../lib/errors.ts";
import { figureHtml } from "../../visualize/figure.ts";
import { drawPicture, localize, type Seen } from "../../visualize/gallery.ts";
import { lookAt } from "../../visualize/look.ts";
import type { Picture } from "../../visualize/pictures.ts";
import { paragraph } from "../html.ts";
import { comparedMaps } from "./outcomes.ts";
import type { TestImages } from "./test_images.ts";
import type { ComparedNetwork } from "./usable.ts";

/** Explains the figures. */
export const mapsNote =
  "Maps are dark where they are least and bright where they are greatest; each has its own scale. |J| " +
  "is the largest absolute gradient of the cross entropy by a colour of the pixel.";

/** Draws images as figures. */
export type Draw = (
  indices: readonly number[],
  networks: readonly ComparedNetwork[],
  /** Words to add to the caption of an image. */
  remark?: (index: number) => string,
) => Promise<string>;

/**
 * A function that draws images of a test set. All its figures can be on one page: they have the IDs
 * `photo0`, `photo1` and so on.
 */
export function figuresOf(images: TestImages): Draw {
  let number = 0;
  const drawOne = (
    index: number,
    picture: Picture,
    more: string,
    networks: readonly ComparedNetwork[],
  ): string => {
    try {
      const seen = networks.map((network) => see(network, picture, images.classes));
      return figureHtml(drawPicture(index, picture, seen, images.classes), more);
    } catch (error) {
      // One image that cannot be drawn leaves the rest of the page.
      if (error instanceof UserError) return paragraph(error.message);
      throw error;
    }
  };
  return async (indices, networks, remark) => {
    const figures: string[] = [];
    for await (const picture of images.pictures(indices)) {
      const more = remark?.(indices[figures.length] as number);
      figures.push(drawOne(number++, picture, more === undefined ? "" : `; ${more}`, networks));
    }
    return figures.join("\n");
  };
}

function see(
  network: ComparedNetwork,
  picture: Picture,
  classes: readonly string[],
): Seen {
  const { answers, constants, title } = network;
  const shown = answers ? picture : { ...picture, label: undefined };
  const look = lookAt(network, shown, { normalization: constants, attention: comparedMaps });
  const groups = [...look.maps.keys()];
  return {
    title,
    // The gates of SGE are a subject of their own, and would fill the page.
    look: { ...look, gates: [] },
    groups,
    classes: answers ? classes : [],
    localization: localize(look, groups, picture, 0.5),
  };
}
