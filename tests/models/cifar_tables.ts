/**
 * The networks of RepDistiller's tables by their names there: sizes and keys, as the modules of
 * `tests/fixtures/cifar_networks.py` print them.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { sha256 } from "../../lib/files.ts";
import { isTrainable, type Shapes } from "../../lib/params.ts";

/** Trainable parameters with 100 classes, and a digest of all keys and shapes in PyTorch's layout. */
const tables: Readonly<Record<string, readonly [count: number, digest: string]>> = {
  resnet8: [83892, "eac7d6b34bf78c34"],
  resnet14: [181108, "a16b1bda1251e529"],
  resnet20: [278324, "b6fb958c11a30035"],
  resnet32: [472756, "634662ec0fab37af"],
  resnet44: [667188, "427da08784e5f71c"],
  resnet56: [861620, "3b60b03d0f354969"],
  resnet110: [1736564, "33ba2b77dc682b7b"],
  resnet8x4: [1233540, "115245dc95fd1c07"],
  resnet32x4: [7433860, "f4975af7098ba6ec"],
  vgg8: [3965028, "c18cdb41d5e480db"],
  vgg11: [9277284, "320c4e7d240bbac9"],
  vgg13: [9462180, "5fa39014143dd741"],
  vgg16: [14774436, "d06e7af0580b11a2"],
  vgg19: [20086692, "1d9936ca28ba0081"],
  ResNet18: [11220132, "d9390ac5974b47d4"],
  ResNet34: [21328292, "47d5c0ba1f9470ef"],
  ResNet50: [23705252, "354cd95b92faeb26"],
};

/** Throws unless keys, shapes and the number of parameters are those of the network of that name. */
export async function assertOfTables(name: string, shapes: Shapes): Promise<void> {
  const all = [...shapes];
  const count = all.filter(([key]) => isTrainable(key))
    .reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const lines = all.map(([key, shape]) => {
    const [kh, kw, inputs, outputs] = shape;
    return `${key} ${shape.length === 4 ? [outputs, inputs, kh, kw] : shape}`;
  });
  const digest = await sha256(new TextEncoder().encode(lines.sort().join("\n")));
  assertEquals([count, digest.slice(0, 16)], tables[name], name);
}
