/**
 * Tests of the page's network, on tfjs's JavaScript backend.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals, assertRejects } from "@std/assert";
import { randomStream } from "../../../../lib/random.ts";
import { networkOf, see } from "../../../../tasks/demo/page/network.ts";
import { factsOf } from "../../../../tasks/demo/facts.ts";
import type { Settings } from "../../../../tasks/demo/settings.ts";
import { lookAt } from "../../../../tasks/visualize/look.ts";
import { findNetwork } from "../../../../tasks/visualize/networks.ts";
import { inFolder } from "../../../folders.ts";
import { assertClose } from "../../../parity.ts";
import { saveWideResNet } from "../networks.ts";

tf.setBackend("cpu");

const { integer } = randomStream(1, 0);
const pixels = Float32Array.from({ length: 16 * 16 * 3 }, () => integer(256));

Deno.test("see() gives what lookAt() gives for the same file, and leaves no tensor behind", () =>
  inFolder(async (folder) => {
    const path = await saveWideResNet(folder);
    const loaded = await findNetwork(path);
    const settings: Settings = { ...factsOf(loaded, { size: 16 }), classes: [], samples: [] };
    const network = networkOf(await Deno.readFile(path), settings);
    assertEquals(network.name, loaded.name);
    const { numTensors } = tf.memory();
    const { probabilities, maps } = await see(network, pixels);
    assertEquals(tf.memory().numTensors, numTensors);
    const picture = { name: "noise", pixels, size: [16, 16] as const, boxes: [] };
    const { normalization } = settings;
    const look = lookAt(loaded, picture, { normalization, attention: {} });
    assertEquals(probabilities[look.predicted], look.probability);
    assertEquals(maps.length, look.maps.length);
    maps.forEach(({ values, size }, i) => {
      assertEquals(size, look.maps[i]!.size);
      const expected = { shape: [...size], data: look.maps[i]!.values };
      assertClose({ shape: [...size], data: values }, expected, { atol: 1e-6 }, `group ${i}`);
    });
    const { "fc.bias": bias } = network.params;
    const broken = { ...network, params: { ...network.params, "fc.bias": tf.mul(bias!, NaN) } };
    await assertRejects(() => see(broken, pixels), Error, "is not finite");
  }));
