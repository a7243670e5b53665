/**
 * Parameters from and to bytes, without files.
 *
 * @module
 */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../../lib/errors.ts";
import { formatParams, parseParams } from "../../../lib/formats/params_bytes.ts";
import { loadParams, saveParams } from "../../../lib/formats/weights.ts";
import { wideResNet } from "../../../models/wide_resnet.ts";
import { assertSame } from "../../same.ts";
import { withFile } from "./files.ts";

tf.setBackend("cpu");

function fixture(name: string): Promise<Uint8Array> {
  return Deno.readFile(new URL(`../../fixtures/${name}`, import.meta.url));
}

Deno.test("parseParams() reads what formatParams() wrote, and both are as with files", () =>
  withFile(async (path) => {
    const params = wideResNet({ depth: 10, width: 0.25, numClasses: 3, sge: { groups: 2 } }).init(
      1,
    );
    const bytes = await formatParams(params);
    assertSame(await parseParams(bytes), params);
    await saveParams(path, params);
    assertEquals(await Deno.readFile(path), bytes);
    assertSame(await loadParams(path), params);
  }));

Deno.test("parseParams() reads bytes of each format", async () => {
  const safetensors = await parseParams(await fixture("pytorch/checkpoint.safetensors"));
  for (const name of ["pytorch/checkpoint.pth", "pytorch/checkpoint_legacy.pth"]) {
    const params = await parseParams(await fixture(name));
    const inOrder = Object.keys(safetensors).map((key) => [key, params[key] as tf.Tensor] as const);
    assertEquals(Object.keys(params).length, inOrder.length);
    assertSame(Object.fromEntries(inOrder), safetensors);
  }
  const hickle = await parseParams(await fixture("hdf5/hickle4.hkl"));
  assertEquals(Object.keys(hickle).length > 0, true);
});

Deno.test("parseParams() calls the bytes by their name", async () => {
  const bytes = new TextEncoder().encode("nothing of the kind");
  const refused = (name?: string) =>
    assertRejects(() => parseParams(bytes, name === undefined ? {} : { name }), UserError);
  const first = (await refused()).message;
  assertEquals(first.startsWith("Cannot read parameters from the bytes: the file must be"), true);
  const { message, code } = await refused("https://example.org/a.pth");
  assertEquals(code, "not-readable");
  assertEquals(message.startsWith("Cannot read parameters from https://example.org/a.pth: "), true);
});

Deno.test("parseParams() and formatParams() refuse what is no bytes and no parameters", async () => {
  const wrong = new ArrayBuffer(8) as unknown as Uint8Array;
  await assertRejects(() => parseParams(wrong), TypeError, "the bytes must be a Uint8Array");
  await assertRejects(
    () => parseParams(new Uint8Array(), { names: "x" } as never),
    TypeError,
    'did you mean "name"',
  );
  const named = { __metadata__: tf.ones([1]) };
  await assertRejects(() => formatParams(named), UserError, "as safetensors: a tensor is named");
});
