/**
 * Tests of `deno task visualize` as a user runs it.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { encode } from "fast-png";
import { SaxesParser } from "saxes";
import { useTensorFlow } from "../../lib/backend/use_tensorflow.ts";
import { resNet } from "../../models/res_net.ts";
import { wideResNet, type WideResNetOptions } from "../../models/wide_resnet.ts";
import { saveNetwork } from "../../lib/networks/network.ts";
import { inFolder, namesIn } from "../folders.ts";
import { taskRunner } from "./command.ts";
import { visualizeHere } from "./in_process.ts";
import { long } from "../long.ts";

await useTensorFlow();

const { refuse, succeed } = visualizeHere;
const sample = ["--dataset", "CIFAR10-sample"];

async function makeRun(folder: string, options: Partial<WideResNetOptions> = {}): Promise<void> {
  const network = { depth: 10, width: 0.25, numClasses: 10, ...options };
  await Deno.mkdir(folder, { recursive: true });
  await saveNetwork(join(folder, "model.safetensors"), wideResNet(network).init(1), {
    ...network,
    normalization: "paper",
  });
}

/** The content of a page: alternative texts of its pictures, and how often each element occurs. */
function readPage(path: string): { alts: string[]; text: string; count(name: string): number } {
  const names: string[] = [];
  const alts: string[] = [];
  let [isPicture, text] = [false, ""];
  const parser = new SaxesParser();
  parser.on("opentag", ({ name, attributes }) => {
    if (name === "title" && isPicture) text = "";
    isPicture = name === "title" ? isPicture : attributes.role === "img";
    names.push(name);
    for (const value of [attributes.href, attributes.src]) {
      const isWithin = value === undefined || /^(#|data:image\/png;base64,)/.test(String(value));
      assert(isWithin, `the page needs ${value}`);
    }
  });
  parser.on("text", (part) => text += part);
  parser.on("closetag", ({ name }) => {
    if (name !== "title" || !isPicture) return;
    alts.push(text);
    isPicture = false;
  });
  const page = Deno.readTextFileSync(path);
  parser.write(page).close(); // throws if the page is not well-formed
  const visible = page.replace(/data:[^"]*/g, "");
  assertEquals(visible.match(/NaN|undefined/), null);
  return { alts, text: visible, count: (name) => names.filter((other) => other === name).length };
}

Deno.test("deno task visualize writes the page of a network in pretrained/ where the user is", () =>
  inFolder(async (cwd) => {
    const args = ["--networks", "wrn_16_1", ...sample, "--images", "0"];
    const { out } = await taskRunner("visualize").succeed(cwd, ...args);
    assertEquals([out, namesIn(cwd)], ["wrote attention.html\n", ["attention.html"]]);
  }));

Deno.test("deno task visualize shows networks side by side, with the gates of SGE", () =>
  inFolder(async (cwd) => {
    await makeRun(join(cwd, "logs/teacher"));
    await makeRun(join(cwd, "student"), { sge: { groups: 2, initWeight: 1 } });
    const args = ["--networks", "teacher,student", ...sample, "--images", "3,499"];
    args.push("--gate-images", "30");
    const { out, err } = await taskRunner("visualize").succeed(cwd, ...args);
    assertEquals(out, "wrote attention.html\n");
    assertStringIncludes(err, "engine: TensorFlow");
    const { alts, text, count } = readPage(join(cwd, "attention.html"));
    const perImage = 1 + (3 + 1) + (3 + 1 + 3 + 3 + 3);
    assertEquals(alts.length, 2 * perImage + 3);
    assertEquals(count("image"), 2 * perImage);
    assertEquals(count("use"), 2 * perImage);
    assertEquals(count("figure"), 3);
    assertMatch(alts[0]!, /^test image 3: \w+$/);
    const teacher = "teacher (WRN-10-0.25)";
    assertEquals(alts[1], `attention map of group 0 of ${teacher} over test image 3`);
    assertEquals(alts[4], `absolute gradient of the loss of ${teacher} over test image 3`);
    assertStringIncludes(alts[9]!, "norm of the features before the gate of group 0 of student");
    assertStringIncludes(alts[12]!, "gate of group 0 of student");
    assertMatch(
      alts.at(-1)!,
      /^group 2, before → after the gate: mean [-\d.e]+ → [-\d.e]+; variance [\d.e-]+ → [\d.e-]+/,
    );
    assertStringIncludes(text, "over 30 images, before the gate");
    assertMatch(text, /teacher \(WRN-10-0\.25\): \w+ [\d.]+%, (right|wrong)/);
    assertStringIncludes(text, "sum over channels of |x|^2");
  }));

Deno.test("deno task visualize leaves the page of one network in its run folder, or draws an SVG", () =>
  inFolder(async (cwd) => {
    await makeRun(join(cwd, "run"));
    const args = ["--networks", "run", ...sample, "--groups", "2,0", "--at-map", "max4"];
    await succeed(cwd, ...args);
    assertEquals(namesIn(join(cwd, "run")), ["attention.html", "model.safetensors"]);
    const { alts, text } = readPage(join(cwd, "run/attention.html"));
    assertEquals(alts.length, 8 * 4);
    assertStringIncludes(alts[1]!, "group 2");
    assertStringIncludes(text, "maximum over channels of |x|^4");

    await makeRun(join(cwd, "five"), { numClasses: 5 });
    const networks = ["--networks", "run,five/model.safetensors"];
    await succeed(cwd, ...networks, ...sample, "--images", "0", "--out", "both.html");
    const both = readPage(join(cwd, "both.html")).text;
    assertMatch(both, /run \(WRN-10-0\.25\): [a-z]+ [\d.]+%, (right|wrong)</);
    assertMatch(both, /five.model\.safetensors \(WRN-10-0\.25\): class \d [\d.]+%</);

    await succeed(cwd, ...args, "--images", "0", "--engine", "cpu", "--out", "a.svg");
    const svg = readPage(join(cwd, "a.svg"));
    assert(svg.text.startsWith(`<svg xmlns="http://www.w3.org/2000/svg" `));
    assertEquals(svg.alts.length, 4);
    assertEquals(svg.count("svg"), 1);
  }));

const size = 40;

/** Makes a picture of noise, and an annotation with the box of the object. */
async function makeImages(folder: string): Promise<void> {
  await Deno.mkdir(folder);
  const data = Uint8Array.from({ length: size * size * 3 }, (_, i) => i * 7919 % 251);
  const image = encode({ width: size, height: size, channels: 3, data });
  for (const name of ["a.png", "b.PNG", "c.png"]) await Deno.writeFile(join(folder, name), image);
  const annotate = (name: string, xmin: number) =>
    Deno.writeTextFile(
      join(folder, name),
      `<annotation><object><name>n1</name><bndbox><xmin>${xmin}</xmin><ymin>1</ymin>` +
        `<xmax>${size}</xmax><ymax>${size}</ymax></bndbox></object></annotation>`,
    );
  await annotate("a.xml", 1);
  await annotate("b.xml", 30);
}

Deno.test("deno task visualize compares the box of the last map with the boxes beside a file", () =>
  inFolder(async (cwd) => {
    await makeImages(join(cwd, "images"));
    const { init } = resNet({ depth: 18, width: 0.0625, numClasses: 5 });
    await saveNetwork(join(cwd, "small.safetensors"), init(1), {});
    const args = ["--networks", "small.safetensors", "--files", "images,images/a.png"];
    // With such a low threshold the box is (almost) the whole image.
    const { out } = await succeed(cwd, ...args, "--size", "64", "--box-threshold", "1e-9");
    assertMatch(
      out,
      /small\.safetensors \(ResNet-18 of width 0\.0625\): 66\.7% of 3 images with a box have/,
    );
    assertStringIncludes(out, "wrote attention.html");
    const { alts, text } = readPage(join(cwd, "attention.html"));
    assertEquals(alts.length, 4 * (1 + 4 + 1));
    assertEquals(alts[0], `${join("images", "a.png")}, with 1 given boxes`);
    assertMatch(alts[4]!, /its box overlaps a given one by 1\.00$/);
    assertEquals(text.match(/class="found"/g)?.length, 3);
    assertEquals(text.match(/class="given"/g)?.length, 6);
    assertStringIncludes(text, "66.7% of 3 images with a box have an IoU of at least 0.5");
    assertMatch(text, /: class \d [\d.]+%</);
  }));

long.test("deno task visualize skips in a folder what imagenet skips, and takes an escaped comma", () =>
  inFolder(async (cwd) => {
    await makeImages(join(cwd, "images"));
    await Deno.writeTextFile(join(cwd, "images/._a.png"), "of another system");
    await Deno.writeTextFile(join(cwd, "images/d\x1b[2J.png"), "no image");
    await Deno.writeTextFile(join(cwd, "images/e.webp"), "RIFF");
    await Deno.writeTextFile(join(cwd, "images/c.xml"), "<annotation><object>");
    await Deno.mkdir(join(cwd, "images/below"));
    await Deno.symlink(join(cwd, "images"), join(cwd, "images/below/up"));
    await Deno.copyFile(join(cwd, "images/a.png"), join(cwd, "one,two.png"));
    const { init } = resNet({ depth: 18, width: 0.0625, numClasses: 5 });
    await saveNetwork(join(cwd, "small.safetensors"), init(1), {});
    const args = ["--networks", "small.safetensors", "--size", "64"];
    const { err } = await succeed(cwd, ...args, "--files", "images,one\\,two.png");
    const said = err.split("\n").filter((line) => line.startsWith("skipped"));
    assertEquals(said.length, 3, err);
    assertMatch(
      said[0]!,
      /^skipped in images: 1 x \.webp \(e\.webp\); 1 x links to a folder that they/,
    );
    assertMatch(said[1]!, /^skipped images.c\.png: images.c\.xml: Cannot read boxes: /);
    assertMatch(said[2]!, /^skipped images.d\ufffd\[2J\.png: neither a JPEG nor a PNG$/);
    const { alts } = readPage(join(cwd, "attention.html"));
    assertEquals(alts.length, 3 * (1 + 4 + 1));
    assertEquals(alts.at(-6), "one,two.png");
    const few = ["--files", "images", "--images", "3"];
    await refuse(cwd, 1, /Cannot show images.d.*: neither a JPEG nor a PNG; see/, ...args, ...few);
    const pixels = ["--files", "images/a.png", "--max-image-pixels", "1000"];
    await refuse(cwd, 1, /its 40 x 40 pixels are more than 1000; --max-image/, ...args, ...pixels);
  }));

const run = ["--networks", "run"];
const refused: [what: string, args: string[], code: number, message: RegExp][] = [
  ["no network", sample, 2, /--networks is missing: name run folders/],
  ["a list of no networks", ["--networks", ","], 2, /--networks , names no network/],
  ["a list of no files", [...run, "--files", ","], 2, /--files , names no file/],
  [
    "files and a data set",
    [...run, ...sample, "--files", "a.png"],
    2,
    /--dataset CIFAR10-sample and/,
  ],
  ["no image", [...run, ...sample, "--images", "[]"], 2, /--images \[\] names no image/],
  [
    "a threshold of no files",
    [...run, "--box-threshold", "0.3"],
    2,
    /--box-threshold 0.3 has no effect without --files/,
  ],
  [
    "a folder of no data set",
    [...run, "--files", "a.png", "--dataroot", "x"],
    2,
    /--dataroot x has no effect with --files/,
  ],
  ["a size of no files", [...run, "--size", "64"], 2, /--size 64 has no effect without --files/],
  ["a page of another kind", [...run, "--out", "a.png"], 2, /--out must be .*\.html or \.svg/],
  ["files without TensorFlow", [...run, "--files", "x", "--engine", "cpu"], 2, /--engine cpu with/],
  ["a network that is missing", [...sample, "--networks", "nobody"], 1, /there is no logs.nobody/],
  [
    "an image that is missing",
    [...run, ...sample, "--images", "500"],
    1,
    /image 500: there are 500/,
  ],
  [
    "a group that is missing",
    [...run, ...sample, "--groups", "3"],
    1,
    /group 3 of .* groups 0 to 2/,
  ],
  ["no group", [...run, ...sample, "--groups", "[]"], 1, /Cannot show no group of run/],
  ["a file that is missing", [...run, "--files", "gone.png"], 1, /gone\.png: no such file/],
  ["a folder without images", [...run, "--files", "run"], 1, /Cannot show run: there is no \.jpg/],
  ["a file that is no image", [...run, "--files", "text.png"], 1, /text\.png: neither a JPEG nor/],
  [
    "a broken annotation",
    [...run, "--files", "images/c.png"],
    1,
    /c\.xml: Cannot read boxes: .*line/,
  ],
  [
    "a folder that is missing",
    [...run, ...sample, "--images", "0", "--out", "gone/a.svg"],
    1,
    /gone.a\.svg: no such/,
  ],
];

long.test("deno task visualize refuses with one line and leaves nothing:", async (t) => {
  await inFolder(async (cwd) => {
    await makeRun(join(cwd, "run"));
    await makeImages(join(cwd, "images"));
    await Deno.writeTextFile(join(cwd, "images/c.xml"), "<annotation><object>");
    await Deno.writeTextFile(join(cwd, "text.png"), "no image");
    const before = [namesIn(cwd), namesIn(join(cwd, "run"))];
    for (const [what, args, code, message] of refused) {
      await t.step(what, async () => {
        await refuse(cwd, code, message, ...args);
      });
    }
    assertEquals([namesIn(cwd), namesIn(join(cwd, "run"))], before);
  });
});
