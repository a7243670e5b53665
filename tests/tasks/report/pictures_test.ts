/** Tests of the pictures of runs on the page. @module */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { encode } from "fast-png";
import { PictureFile, picturesHtml } from "../../../tasks/report/pictures.ts";
import { inFolder } from "../../folders.ts";

function png(value: number): Uint8Array {
  return encode({ data: new Uint8Array(12).fill(value), width: 2, height: 2, channels: 3 });
}

Deno.test("PictureFile follows a picture that comes, changes and goes", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a.png");
    const file = new PictureFile(path);
    assertEquals([await file.update(), file.uri], [false, undefined]);
    await Deno.writeFile(path, png(1));
    assertEquals(await file.update(), true);
    const { uri } = file;
    assertEquals(uri, `data:image/png;base64,${png(1).toBase64()}`);
    assertEquals(await file.update(), false);
    await Deno.remove(path);
    await Deno.writeFile(path, png(250));
    assertEquals([await file.update(), file.uri !== uri], [true, true]);
    await Deno.remove(path);
    assertEquals([await file.update(), file.uri], [true, undefined]);
  }));

Deno.test("PictureFile shows no other file, says why once, and goes on", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a.png");
    const file = new PictureFile(path);
    await Deno.writeTextFile(path, "<script>alert(1)</script>");
    await assertRejects(() => file.update(), Error, "it is no PNG file");
    assertEquals([await file.update(), file.uri], [false, undefined]);
    await Deno.writeFile(path, new Uint8Array(2 ** 21 + 1));
    await assertRejects(() => file.update(), Error, "it has 2097153 bytes");
    await Deno.writeFile(path, png(3));
    assertEquals([await file.update(), file.uri !== undefined], [true, true]);
  }));

Deno.test("picturesHtml() shows the runs that have pictures, and names as text", () => {
  const html = picturesHtml([
    { name: "<b>", epochs: 3, uri: "data:image/png;base64,AAAA" },
    { name: "none", epochs: 2, uri: undefined },
  ]);
  assertStringIncludes(html, "<figcaption>&lt;b&gt;, after epoch 3</figcaption>");
  assertStringIncludes(html, 'src="data:image/png;base64,AAAA"');
  assert(!html.includes("<b>") && !html.includes("none"));
  assertStringIncludes(picturesHtml([]), "Runs with --summaries show here");
});
