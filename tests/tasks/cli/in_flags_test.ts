/**
 * The library's messages, for users of commands and of the library.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../../lib/errors.ts";
import { readCifar } from "../../../lib/data/cifar.ts";
import { pairGroups } from "../../../lib/methods/groups.ts";
import { resolveTarget } from "../../../lib/provision/platform.ts";
import { inFlags } from "../../../tasks/cli/in_flags.ts";
import { inFolder } from "../../folders.ts";

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("nothing was thrown");
}

Deno.test("inFlags() names flags where the library names its options", () =>
  inFolder(async (folder) => {
    const shapes = { student: [[1, 2, 2, 3]], teacher: [[1, 2, 2, 3], [1, 2, 2, 3]] };
    const { message } = await assertRejects(() => readCifar("CIFAR10", folder), UserError);
    const messages: [string, flags: RegExp][] = [
      [message, /name the folder with --dataroot, or try --dataset CIFAR10-sample$/],
      [
        messageOf(() => pairGroups(undefined, undefined, shapes)),
        /name the pairs with --at-groups, as student:teacher, such as 0:0; their sizes are /,
      ],
      [messageOf(() => pairGroups([[0, 7]], undefined, shapes)), /see --at-groups$/],
      [messageOf(() => pairGroups([[0, 0]], [1, 2], shapes)), /: --at-weights must have one/],
      [messageOf(() => resolveTarget("plan9", "x64", false)), /or use --engine wasm$/],
      [
        "Cannot: no; use float32",
        /; use float32 for --precision, and for --teacher-precision if that is given$/,
      ],
      ["they are smaller; make the option resolution smaller", /; make --class-map-size smaller$/],
      ["more than 9; the option maxPixels allows more", /; --max-image-pixels allows more$/],
    ];
    for (const [own, flags] of messages) {
      assert(!own.includes("--"), own);
      assert(flags.test(inFlags(own)), inFlags(own));
    }
    assertEquals(inFlags("Cannot read CIFAR10: no file"), "Cannot read CIFAR10: no file");
  }));

Deno.test("the published library names no flags of the commands", async () => {
  const { publish } = JSON.parse(
    await Deno.readTextFile(new URL("../../../deno.json", import.meta.url)),
  ) as { publish: { exclude: string[] } };
  const root = new URL("../../../", import.meta.url);
  const wrong: string[] = [];
  const visit = async (path: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(new URL(path, root))) {
      const own = `${path}${name}`;
      if (publish.exclude.includes(own)) continue;
      if (isDirectory) await visit(`${own}/`);
      else {
        const text = await Deno.readTextFile(new URL(own, root));
        const flags =
          /--(dataroot|dataset|engine|at-[a-z]+|max-image-pixels|resume|save|init|depth)\b/;
        if (flags.test(text)) wrong.push(`${own}: ${text.match(flags)?.[0]}`);
      }
    }
  };
  await visit("lib/");
  await visit("models/");
  assertEquals(wrong, []);
});
