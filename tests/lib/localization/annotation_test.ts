/**
 * Tests of the reader of annotations.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { UserError } from "../../../lib/errors.ts";
import { readBoxes } from "../../../lib/localization/annotation.ts";

const imagenet = `<annotation>
  <folder>n01440764</folder>
  <filename>ILSVRC2012_val_00000293</filename>
  <source><database>ILSVRC_2012</database></source>
  <size><width>500</width><height>375</height><depth>3</depth></size>
  <segmented>0</segmented>
  <object>
    <name>n01440764</name><pose>Unspecified</pose><truncated>0</truncated><difficult>0</difficult>
    <bndbox><xmin>111</xmin><ymin>108</ymin><xmax>441</xmax><ymax>193</ymax></bndbox>
  </object>
  <object>
    <name>n01440764</name>
    <bndbox><xmin>0</xmin><ymin>1</ymin><xmax>500</xmax><ymax>375</ymax></bndbox>
  </object>
</annotation>
`;

Deno.test("readBoxes() reads ImageNet's annotations, with the boxes as edges", () => {
  assertEquals(readBoxes(imagenet), [
    { name: "n01440764", box: [110, 107, 441, 193] },
    { name: "n01440764", box: [0, 0, 500, 375] },
  ]);
});

/** An annotation of one object. */
function annotated(object: string): string {
  return `<?xml version="1.0" encoding="utf-8"?><annotation><object>${object}</object></annotation>`;
}

const sides = "<ymin>2</ymin><xmin>1</xmin><ymax>4</ymax><xmax>3</xmax>";

Deno.test("readBoxes() takes sides in any order, and leaves the boxes of parts out", () => {
  const part = `<part><name>head</name><bndbox><xmin>2</xmin></bndbox></part>`;
  assertEquals(readBoxes(annotated(`<name>a &amp; b</name><bndbox>${sides}</bndbox>${part}`)), [
    { name: "a & b", box: [0, 1, 3, 4] },
  ]);
});

Deno.test("readBoxes() keeps nothing of an object for the next one", () => {
  const second = "<object><name>b</name></object>";
  const xml = annotated(`<name>a</name><bndbox>${sides}</bndbox>`);
  assertThrows(
    () => readBoxes(xml.replace("</annotation>", `${second}</annotation>`)),
    UserError,
    "object 2 has no xmin",
  );
});

Deno.test("readBoxes() gives no boxes where there are none", () => {
  assertEquals(readBoxes("<annotation><folder>a</folder></annotation>"), []);
  assertEquals(readBoxes("<annotation/>"), []);
});

const bomb = `<?xml version="1.0"?><!DOCTYPE annotation [<!ENTITY a "lol">${
  Array.from({ length: 30 }, (_, i) => `<!ENTITY a${i + 1} "&a${i || ""};&a${i || ""};">`).join("")
}]><annotation><object><name>&a30;</name></object></annotation>`;
const external = `<!DOCTYPE annotation [<!ENTITY f SYSTEM "file:///etc/passwd">]><annotation>&f;` +
  "</annotation>";
const box = (xmin: string) => annotated(`<bndbox>${sides.replace(">1<", `>${xmin}<`)}</bndbox>`);

const refused: [what: string, xml: string, message: RegExp][] = [
  ["nothing", "", /not well-formed XML at line 1:0/],
  ["what is no XML", "xmin 1 ymin 2", /not well-formed XML/],
  ["XML that is cut", imagenet.slice(0, 400), /not well-formed XML at line/],
  ["another kind of XML", "<svg><object/></svg>", /its root is <svg> and not <annotation>/],
  ["a bomb of entities", bomb, /a document type/],
  ["an entity from a file", external, /a document type/],
  ["an entity that is not declared", "<annotation>&f;</annotation>", /not well-formed XML/],
  ["a text that is too long", `<annotation>${" ".repeat(2 ** 20)}</annotation>`, /longer than/],
  ["tags without end", "<annotation>" + "<a>".repeat(300_000), /more than 16 deep/],
  ["a box without a side", annotated("<bndbox><xmin>1</xmin></bndbox>"), /object 1 has no ymin/],
  ["a side that is no number", box("one"), /xmin of object 1 is "one" and no number/],
  ["a negative side", box("-1"), /xmin of object 1 is "-1" and no number/],
  ["a side that is too great", box("1e999"), /xmin of object 1 is "1e999"/],
  ["a box without an area", box("5"), /the box of object 1 has no area: 5,2,3,4/],
];

for (const [what, xml, message] of refused) {
  Deno.test(`readBoxes() refuses ${what} in one short line, at once`, () => {
    const start = performance.now();
    const error = assertThrows(() => readBoxes(xml), UserError);
    assertMatch(error.message, message);
    assert(!error.message.includes("\n") && error.message.length < 300, error.message);
    assert(performance.now() - start < 1000);
  });
}
