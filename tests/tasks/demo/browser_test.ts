/** Tests of the page in a real browser: Debian's chromium. @module */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join, toFileUrl } from "@std/path";
import type { Browser, Page } from "puppeteer-core";
import { loadCifar } from "../../../lib/data/cifar.ts";
import { centerView } from "../../../lib/images/view.ts";
import { classesOf, factsOf } from "../../../tasks/demo/facts.ts";
import { serveFiles } from "../../../tasks/demo/serve.ts";
import { lookAt } from "../../../tasks/visualize/look.ts";
import { findNetwork, type ShownNetwork } from "../../../tasks/visualize/networks.ts";
import { browserTest, checkLooks, open, waitFor } from "../../browser.ts";
import { namesIn } from "../../folders.ts";
import { pixelDecoder } from "../../lib/images/setup.ts";
import { taskRunner } from "../command.ts";
import { saveResNet, saveWideResNet } from "./networks.ts";

const { test } = await loadCifar({ dataset: "CIFAR10-sample" });
const photo = fromFileUrl(new URL("../../fixtures/images/colour.png", import.meta.url));

/** What the page tells programs. */
interface Told {
  name: string;
  probabilities: number[];
  maps: { values: number[]; size: number[] }[];
  milliseconds: number;
}

/** Serves the page that a task wrote. */
async function serve(folder: string) {
  const read = namesIn(folder).map(async (name) =>
    [name, await Deno.readFile(join(folder, name))] as const
  );
  return serveFiles(new Map(await Promise.all(read)), 0);
}

/** Opens the page, which keeps what it tells programs in `told`. */
async function openDemo(browser: Browser, url: string, faults: string[]): Promise<Page> {
  const page = await open(browser, "about:blank", faults);
  page.on("request", (request) => {
    const isOwn = request.url().startsWith(new URL(url).origin) || request.url() === "data:,";
    if (!isOwn) faults.push(`a request to ${request.url()}`);
  });
  await page.evaluateOnNewDocument(`
    document.addEventListener("seen", ({ detail: { maps, probabilities, ...others } }) => {
      globalThis.told = {
        ...others,
        probabilities: [...probabilities],
        maps: maps.map(({ values, size }) => ({ values: [...values], size })),
      };
    });`);
  await page.goto(url);
  return page;
}

/** What the page tells of an image, once it does. */
async function toldOf(page: Page, name: string, seconds?: number): Promise<Told> {
  await waitFor(page, `globalThis.told?.name === ${JSON.stringify(name)}`, seconds);
  return await page.evaluate("told") as Told;
}

/** Fails unless the page tells what the library computes here. */
function checkTold(told: Told, network: ShownNetwork, pixels: Float32Array, size: number): number {
  const { normalization } = factsOf(network, { size });
  const picture = { name: told.name, pixels, size: [size, size] as const, boxes: [] };
  const look = lookAt(network, picture, { normalization, attention: {} });
  const best = told.probabilities.indexOf(Math.max(...told.probabilities));
  assertEquals(best, look.predicted);
  assert(Math.abs(told.probabilities[best]! - look.probability) < 1e-3);
  assertEquals(told.maps.map(({ size }) => size), look.maps.map(({ size }) => [...size]));
  told.maps.forEach(({ values }, group) => {
    const { values: expected } = look.maps[group]!;
    const most = expected.reduce((a, b) => Math.max(a, b));
    const off = Math.max(...values.map((value, i) => Math.abs(value - expected[i]!)));
    assert(off < 1e-3 * most, `group ${group} is off by ${off} of ${most}`);
  });
  return best;
}

/** The pixels of the photo as evaluation sees them. */
async function photoPixels(size: number, resize: number): Promise<Float32Array> {
  const decoder = pixelDecoder(size);
  try {
    return await decoder.decode(
      await Deno.readFile(photo),
      (image) => centerView(image, { size, resize }),
    );
  } finally {
    decoder.close();
  }
}

async function choose(page: Page, path: string): Promise<Told> {
  const chooser = await page.$("input#file");
  assert(chooser);
  await chooser.uploadFile(path);
  return await toldOf(page, path.split("/").at(-1)!);
}

const statusText = `document.querySelector("#status").textContent`;

/** Drops files on the page: `[name, content]`. */
async function drop(page: Page, ...files: [name: string, content: string][]): Promise<void> {
  await page.evaluate(`(() => {
    const dataTransfer = new DataTransfer();
    for (const [name, content] of ${JSON.stringify(files)}) {
      dataTransfer.items.add(new File([content], name));
    }
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true }));
  })()`);
}

browserTest("the page of deno task demo sees what the library sees", async (browser, folder) => {
  const path = await saveWideResNet(folder);
  await taskRunner("demo").succeed(folder, path, "--out", "page");
  const network = await findNetwork(path);
  const faults: string[] = [];
  await using server = await serve(join(folder, "page"));
  const page = await openDemo(browser, server.address, faults);
  const length = 32 * 32 * 3;
  const sample = (i: number) =>
    Float32Array.from(test.images.subarray(i * length, (i + 1) * length));
  const nameOf = (i: number) => `test image ${i} (${test.classes[test.labels[i]!]})`;

  // The first test image is there before a click.
  const first = await toldOf(page, nameOf(0));
  const best = checkTold(first, network, sample(0), 32);
  assert(first.milliseconds > 0);
  const text = await page.$eval("main", (main) => main.textContent ?? "");
  const percent = `${(100 * first.probabilities[best]!).toFixed(1)}%`;
  assertStringIncludes(text, `the network says ${classesOf(network, {}, test.classes)[best]}, `);
  assertStringIncludes(text, percent);
  assertMatch(
    text,
    /\d ms for classes and maps \(median of \d+ runs\)\. The first run took \d+ ms/,
  );
  assertMatch(await page.$eval("#backend", (line) => line.textContent ?? ""), /WebAssembly/);

  // Another one, with the keyboard alone.
  await page.focus("#samples button:nth-child(3)");
  await page.keyboard.press("Enter");
  checkTold(await toldOf(page, nameOf(2)), network, sample(2), 32);
  const figures = await page.$$eval(
    "#pictures [role=img]",
    (all) => all.map((one) => one.getAttribute("aria-label")),
  );
  assertEquals(figures, [
    `${nameOf(2)}, as the network sees it`,
    ...[0, 1, 2].map((group) => `attention map of group ${group} over ${nameOf(2)}`),
  ]);

  // A file of another size.
  checkTold(await choose(page, photo), network, await photoPixels(32, 32), 32);

  // What is no image is said in a line, and the next image is shown.
  const refused: [name: string, content: string, why: string][] = [
    ["<b>notes.txt", "no image", "this browser cannot read it as an image"],
    ["empty.png", "", "it is empty"],
  ];
  for (const [name, content, why] of refused) {
    await drop(page, [name, content]);
    await waitFor(page, `${statusText} === ${JSON.stringify(`Cannot show ${name}: ${why}.`)}`);
  }
  await drop(page);
  await waitFor(page, `${statusText}.startsWith("Cannot show that: it is no file")`);
  const caption = await page.$eval("caption", (caption) => caption.textContent);
  assertEquals(caption, "The most probable classes of colour.png");
  await page.click("#samples button:nth-child(2)");
  await toldOf(page, nameOf(1));
  await checkLooks(page);
  assertEquals(faults, []);
});

browserTest(
  "the page of a ResNet resizes and crops, and waits for an image",
  async (browser, folder) => {
    const path = await saveResNet(folder);
    await Deno.writeTextFile(join(folder, "names"), "red fox\ngrey <i>wolf\nbear\n");
    const size = 56;
    const options = ["--size", `${size}`, "--classes", "names", "--out", "page"];
    await taskRunner("demo").succeed(folder, path, ...options);
    const faults: string[] = [];
    await using server = await serve(join(folder, "page"));
    const page = await openDemo(browser, server.address, faults);
    await waitFor(page, `${statusText} === "Ready."`);
    const told = await choose(page, photo);
    checkTold(told, await findNetwork(path), await photoPixels(size, 64), size);
    const names = await page.$$eval("#classes th", (all) => all.map((one) => one.textContent));
    assertEquals(names.sort(), ["bear", "grey <i>wolf", "red fox"]);
    await checkLooks(page);
    assertEquals(faults, []);
  },
);

browserTest("the page says why it cannot start", async (browser, folder) => {
  await taskRunner("demo").succeed(folder, await saveWideResNet(folder), "--out", "page");
  const page = await open(browser, toFileUrl(join(folder, "page/index.html")).href, []);
  await waitFor(page, `${statusText}.includes("open it from a server")`);
  await Deno.remove(join(folder, "page/model.safetensors"));
  await using server = await serve(join(folder, "page"));
  await page.goto(server.address);
  await waitFor(page, `${statusText}.includes("the server answers 404 for model.safetensors")`);
});

browserTest("the page computes the same with WebGPU", async (browser, folder) => {
  const path = await saveWideResNet(folder);
  await taskRunner("demo").succeed(folder, path, "--out", "page");
  const faults: string[] = [];
  await using server = await serve(join(folder, "page"));
  const page = await openDemo(browser, `${server.address}?backend=webgpu`, faults);
  // There is no graphics processor: the browser computes in software, and compiles slowly.
  const told = await toldOf(page, `test image 0 (${test.classes[test.labels[0]!]})`, 300);
  assertMatch(await page.$eval("#backend", (line) => line.textContent ?? ""), /by WebGPU/);
  const pixels = Float32Array.from(test.images.subarray(0, 32 * 32 * 3));
  checkTold(told, await findNetwork(path), pixels, 32);
  assertEquals(faults, []);
}, ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"]);
