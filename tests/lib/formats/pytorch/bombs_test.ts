/**
 * Files that would take too much time or memory: each is refused, or read, soon.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { readPyTorch } from "../../../../lib/formats/pytorch/read_pytorch.ts";
import { call, dict, global, int, storage, tensor, text, tuple, zipFile } from "./crafted.ts";
import { assertRefused, formats } from "./files.ts";

Deno.test("readPyTorch() refuses a million tensors of one storage", async () => {
  const data = new Uint8Array(2 ** 20);
  const size = data.length / 4;
  const one = `${tensor({ size, shape: [size], strides: [1] })}q\x01`;
  const many = Array.from({ length: 1000 }, (_, i) => `${text(String(i))}h\x01`).join("");
  await assertRefused(zipFile(`}(${text("w")}${one}${many}u`, { data }), "the most for its size");
});

Deno.test("readPyTorch() takes no longer for many axes of one place each", async () => {
  /** Milliseconds to read 2^24 values with so many more axes. */
  async function time(axes: number): Promise<number> {
    const shape = [2 ** 24, ...Array(axes).fill(1)];
    const strides = shape.map(() => 0);
    const bytes = zipFile(dict({ w: tensor({ type: "Byte", size: 24, shape, strides }) }));
    const start = performance.now();
    const { tensors } = await readPyTorch(bytes, "a.pth");
    assertEquals(tensors.w?.data.length, 2 ** 24);
    return performance.now() - start;
  }
  const plain = await time(0);
  const many = await time(63);
  assert(many < 4 * plain, `${many} ms against ${plain}`); // the axes took 3 s
});

/** Many entries of a dictionary, or of a list of pairs. */
function repeat(count: number, piece: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => piece(i)).join("");
}

const fromMemo = `${global("collections.OrderedDict")}(h\x01tR`;

const bombs: Record<string, [value: string, part: string]> = {
  "lists that hold the one before twice": [
    `]q\0${"(h\0h\0lq\0".repeat(50_000)}`,
    "it is a list",
  ],
  "200,000 lists within each other": [
    `${"]".repeat(200_000)}${"a".repeat(199_999)}`,
    "it is a list",
  ],
  "more lists than are allowed": ["]".repeat(600_000), "more than 524288 operations"],
  "half a million marks": ["(".repeat(500_000), "a value from an empty stack"],
  "a number of two thousand million bytes": ["\x8b\xff\xff\xff\x7f", "cut short"],
  "a number of a million bytes": [
    `\x8b\x40\x42\x0f\0${"\x7f".repeat(1_000_000)}`,
    "a whole number of 1000000 bytes",
  ],
  "a number of a million digits": [`L${"9".repeat(1_000_000)}L\n`, "where a whole number belongs"],
  "a negative length": ["T\xff\xff\xff\xff", "-1 bytes"],
  "text of four thousand million bytes": ["X\xff\xff\xff\xff", "cut short"],
  "bytes of 2^63": [`\x8e${"\xff".repeat(8)}`, "cut short"],
  "one list made a dictionary a thousand times": [
    `](${repeat(50_000, (i) => tuple(int(i), "N"))}eq\x01](${fromMemo.repeat(1000)}e`,
    "more than 524288 operations",
  ],
  "one dictionary under fifty thousand names": [
    `}(${repeat(50_000, (i) => `${int(i)}N`)}uq\x01` +
    `}(${repeat(50_000, (i) => `${int(i)}h\x01`)}u`,
    "no state dictionary",
  ],
  "one dictionary of params beside thirty thousand of stats": [
    `}(${repeat(100_000, (i) => `${int(i)}N`)}uq\x01` +
    `](${repeat(30_000, () => `}(${text("params")}h\x01${text("stats")}}u`)}e`,
    "it is a list",
  ],
  "a dictionary that holds itself": [`}q\x01(${text("model")}h\x01u`, "model of its state"],
  "wrappers around wrappers": [
    dict({ ["module.".repeat(100_000)]: tensor({ offset: 1 }) }),
    "module. [2,3] reaches",
  ],
};

for (const [bomb, [value, part]] of Object.entries(bombs)) {
  Deno.test(`readPyTorch() soon refuses a pickle with ${bomb}`, async () => {
    for (const write of Object.values(formats)) {
      const start = performance.now();
      await assertRefused(write(value), part);
      assert(performance.now() - start < 5000);
    }
  });
}

Deno.test("readPyTorch() reads parameters beside a list of a million numbers", async () => {
  const losses = `](${`G${"\0".repeat(8)}`.repeat(500_000)}e](${"K\x07".repeat(500_000)}e`;
  const value = dict({ model: dict({ w: tensor({ shape: [2, 3] }) }), losses: tuple(losses) });
  for (const write of Object.values(formats)) {
    const { tensors } = await readPyTorch(write(value), "a.pth");
    assertEquals(Object.keys(tensors), ["w"]);
  }
});

Deno.test("readPyTorch() reads a network beside a tensor whose shape holds the one before twice", async () => {
  const value = dict({
    "layer1.0.conv1.weight": tensor({ shape: [2, 3, 1, 1], strides: [3, 1, 1, 1] }),
    other: call(
      "torch._utils._rebuild_tensor_v2",
      storage(),
      int(0),
      `]q\0${"0(h\0h\0lq\0".repeat(20_000)}`,
      tuple(int(1)),
      "\x89",
      call("collections.OrderedDict"),
    ),
  });
  for (const write of Object.values(formats)) {
    const { tensors, note } = await readPyTorch(write(value), "a.pth");
    assertEquals(Object.keys(tensors), ["layer1.0.conv1.weight"]);
    assertEquals(note, "took 1 tensors; left other [?]");
  }
});
