/**
 * Reads annotated boxes of images: the XML files of ImageNet and Pascal VOC.
 *
 * @module
 */
import { SaxesParser } from "saxes";
import { printable, UserError } from "../errors.ts";
import type { BoundingBox } from "./box.ts";

/** An object in an image. */
export interface AnnotatedBox {
  /** The class of the object: a WordNet id such as `n02123045` in ImageNet, a word in Pascal VOC. */
  readonly name: string;
  /** Its position, in pixels. */
  readonly box: BoundingBox;
}

/** Images have tens of objects; a megabyte would be thousands. */
const maxCharacters = 2 ** 20;
/** The sides of objects are at depth 4, those of their parts at depth 5. */
const maxDepth = 16;
const root = "annotation";
const sides = ["xmin", "ymin", "xmax", "ymax"] as const;

/**
 * Reads the boxes of an annotation in the XML format of Pascal VOC, which ImageNet also uses:
 * `<annotation><object><name>...</name><bndbox><xmin>...</xmin>...</bndbox></object></annotation>`.
 * Boxes of parts of an object are left out.
 *
 * The files count pixels from 1 and include the last one. The result uses edges, see
 * {@linkcode BoundingBox}: `xmin` and `ymin` are reduced by one, if not 0 (as in some ImageNet files).
 *
 * @returns the objects in order; empty if there are none.
 * @throws {UserError} If the text is not such XML: not well-formed, longer than 2^20 characters, with
 * tags nested more than 16 deep, with a document type (no such file has one, and it could declare
 * entities that grow without limit), or with a box that lacks a side or has no area.
 *
 * @example
 * ```ts
 * import { readBoxes } from "@attention-transfer/core";
 *
 * const boxes = readBoxes(`<annotation><object><name>cat</name><bndbox>
 *   <xmin>11</xmin><ymin>21</ymin><xmax>30</xmax><ymax>60</ymax>
 * </bndbox></object></annotation>`);
 * console.log(boxes); // [{ name: "cat", box: [10, 20, 30, 60] }]
 * ```
 */
export function readBoxes(xml: string): AnnotatedBox[] {
  if (xml.length > maxCharacters) {
    throw unreadable(`it is longer than ${maxCharacters} characters`);
  }
  const boxes: AnnotatedBox[] = [];
  const path: string[] = [];
  let values = new Map<string, string>();
  let text = "";
  const parser = new SaxesParser();
  parser.on("error", ({ message }) => {
    throw unreadable(`not well-formed XML at line ${printable(message)}`);
  });
  parser.on("doctype", () => {
    throw unreadable("it has a document type, <!DOCTYPE, which annotations have not");
  });
  parser.on("opentag", ({ name }) => {
    if (path.length === 0 && name !== root) {
      throw unreadable(`its root is <${printable(name)}> and not <${root}>`);
    }
    if (path.length === maxDepth) throw unreadable(`its tags are more than ${maxDepth} deep`);
    path.push(name);
    text = "";
    if (path.join("/") === `${root}/object`) values = new Map();
  });
  parser.on("text", (part) => text += part);
  parser.on("closetag", () => {
    const place = path.join("/");
    const [, field] = place.match(/^annotation\/object\/(name|bndbox\/\w+)$/) ?? [];
    if (field !== undefined) values.set(field, text.trim());
    if (place === `${root}/object`) boxes.push(toBox(values, boxes.length + 1));
    path.pop();
    text = "";
  });
  parser.write(xml).close();
  return boxes;
}

function toBox(values: ReadonlyMap<string, string>, number: number): AnnotatedBox {
  const [xmin, ymin, xmax, ymax] = sides.map((side) => {
    const value = values.get(`bndbox/${side}`);
    if (value === undefined) throw unreadable(`object ${number} has no ${side}`);
    // Some tools write fractions of pixels.
    if (!/^\d{1,9}(\.\d+)?$/.test(value)) {
      throw unreadable(`${side} of object ${number} is "${printable(value)}" and no number`);
    }
    return Number(value);
  }) as [number, number, number, number];
  const box: BoundingBox = [Math.max(0, xmin - 1), Math.max(0, ymin - 1), xmax, ymax];
  if (!(box[0] < box[2] && box[1] < box[3])) {
    throw unreadable(`the box of object ${number} has no area: ${[xmin, ymin, xmax, ymax]}`);
  }
  return { name: values.get("name") ?? "", box };
}

function unreadable(reason: string): UserError {
  return new UserError(
    `Cannot read boxes: ${reason}; give an annotation as ImageNet and Pascal VOC have them`,
    { code: "not-readable" },
  );
}
