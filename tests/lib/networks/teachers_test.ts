/**
 * Teachers from other programs: their files as those programs write them, against PyTorch's logits.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import { formatSafetensors, parseSafetensors } from "../../../lib/formats/safetensors.ts";
import { loadNetwork } from "../../../lib/networks/network.ts";
import { inFolder } from "../../folders.ts";
import { assertClose, readFixture, toTensor } from "../../parity.ts";

tf.setBackend("cpu");

const folder = fromFileUrl(new URL("../../fixtures/teachers", import.meta.url));
const expected = await readFixture("teachers/expected");

/** What a load writes on standard error besides. */
async function notesOf<T>(f: () => Promise<T>): Promise<{ result: T; notes: string[] }> {
  const { error } = console;
  const notes: string[] = [];
  console.error = (line) => notes.push(line);
  try {
    return { result: await f(), notes };
  } finally {
    console.error = error;
  }
}

const small = "CIFAR ResNet-8 of widths 4, 6, 8, 10";
const kuangliu = "the keys are kuangliu's of a ResNet: layer2.0.shortcut.0.weight is " +
  "layer2.0.downsample.0.weight here, and linear is fc";

/** The file, the network, and the note. */
const files: [file: string, network: string, note: string | undefined][] = [
  ["repdistiller_resnet8.pth", small, "took 52 tensors, which lie under model.; left accuracy []"],
  ["repdistiller_vgg8.pth", "VGG-8 of width 0.03125", "took 32 tensors, which lie under model."],
  [
    "mdistiller_resnet8",
    small,
    "took 52 tensors, which lie under model.module.student.; left the network under " +
    "model.module.teacher. (45 tensors in its blocks)",
  ],
  [
    "pytorch_classification.pth.tar",
    small,
    "took 52 tensors, which lie under state_dict.module.; left optimizer.state.0.momentum_buffer",
  ],
  [
    "kuangliu.pth",
    "ResNet-18 of width 0.03125 with a small stem",
    `took 107 tensors, which lie under net.module.; ${kuangliu}`,
  ],
  ["torchvision_resnet18.pth", "ResNet-18 of width 0.03125", undefined],
  ["timm_resnet18.safetensors", "ResNet-18 of width 0.03125", undefined],
];

for (const [file, network, note] of files) {
  Deno.test(`loadNetwork() makes of ${file} what PyTorch does, and says what it is`, async () => {
    const path = join(folder, file);
    const { result, notes } = await notesOf(() => loadNetwork(path));
    const { model, params, name, numClasses } = result;
    assertEquals([name, numClasses], [network, 7]);
    assertEquals(notes.length, note === undefined ? 0 : 1);
    if (note !== undefined) assertStringIncludes(notes[0]!, `note: ${path}: ${note}`);
    const images = toTensor<tf.Rank.R4>(expected.get(`${file}/images`));
    const { logits } = model.f(images, params, "eval");
    assertClose(logits, expected.get(`${file}/logits`), { ofMax: 1e-5 }, "logits");
  });
}

/** A safetensors file with these keys: each the bytes of timm's for the key that it stands for. */
async function renamed(path: string, rename: (key: string) => string | undefined): Promise<void> {
  const bytes = await Deno.readFile(join(folder, "timm_resnet18.safetensors"));
  const { tensors, metadata } = parseSafetensors(bytes);
  const entries = Object.entries(tensors).flatMap(([key, tensor]) => {
    const name = rename(key);
    return name === undefined ? [] : [[name, tensor] as const];
  });
  const file = formatSafetensors({ tensors: Object.fromEntries(entries), metadata });
  await Deno.writeFile(path, file);
}

Deno.test("loadNetwork() names the first key that differs in a near miss, as the file calls it", () =>
  inFolder(async (own) => {
    const path = join(own, "teacher.safetensors");
    const asKuangliu = (key: string) =>
      key.replace(".downsample.", ".shortcut.").replace(/^fc\./, "linear.");
    const refusals: [(key: string) => string | undefined, string][] = [
      // timm's resnet18d has a deeper stem, and pools in its shortcuts.
      [
        (key) => key.replace(/^conv1\./, "conv1.0.").replace("downsample.0", "downsample.1"),
        "the nearest is ResNet-18 of width 0.03125, but it has no conv1.weight [7,7,3,64]",
      ],
      [
        (key) => key === "layer2.0.downsample.1.bias" ? undefined : key,
        "the nearest is ResNet-18 of width 0.03125, but it has no layer2.0.downsample.1.bias [4]",
      ],
      [
        (key) => key === "layer2.0.downsample.1.bias" ? undefined : asKuangliu(key),
        "the nearest is ResNet-18 of width 0.03125, but it has no layer2.0.shortcut.1.bias [4]",
      ],
      [
        (key) => key === "fc.bias" ? undefined : asKuangliu(key),
        "the nearest is ResNet-18 of width 0.03125, but it has no linear.bias [7]",
      ],
    ];
    for (const [rename, message] of refusals) {
      await renamed(path, rename);
      const { result } = await notesOf(() => assertRejects(() => loadNetwork(path), UserError));
      assert(result.message.endsWith(message), result.message);
    }
  }));
