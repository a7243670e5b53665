/** Tests of tasks/doctor/data_sets.ts. @module */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { cifarFiles, cifarFormats } from "../../../lib/data/cifar_format.ts";
import { examineDataSets } from "../../../tasks/doctor/data_sets.ts";
import { inFolder } from "../../folders.ts";

/** Files of the right sizes that take no disk space. */
async function makeCifar100(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (const name of cifarFiles(cifarFormats.CIFAR100)) {
    await Deno.writeTextFile(join(folder, name), "");
    const records = { "train.bin": 50_000, "test.bin": 10_000 }[name] ?? 0;
    await Deno.truncate(join(folder, name), records * 3074);
  }
}

Deno.test("examineDataSets() finds a data set under the folder, or in it", () =>
  inFolder(async (dataroot) => {
    const inside = join(dataroot, "cifar-100-binary");
    await makeCifar100(inside);
    for (const root of [dataroot, inside]) {
      const [cifar10, cifar100, sample] = await examineDataSets(root);
      assertEquals([cifar10!.state, sample!.state], ["missing", "present"]);
      assertEquals([cifar100!.state, cifar100!.folder], ["present", inside]);
    }
  }));

Deno.test("examineDataSets() names the files that are missing or of another size", () =>
  inFolder(async (dataroot) => {
    const folder = join(dataroot, "cifar-100-binary");
    await makeCifar100(folder);
    await Deno.truncate(join(folder, "test.bin"), 5);
    await Deno.remove(join(folder, "fine_label_names.txt"));
    const [, cifar100] = await examineDataSets(dataroot);
    assertEquals([cifar100!.state, cifar100!.wrong], ["damaged", [
      "test.bin",
      "fine_label_names.txt",
    ]]);
  }));
