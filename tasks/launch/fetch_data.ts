/**
 * Downloads a CIFAR data set for the launcher. Arguments: its name and the folder of the data sets.
 *
 * @module
 */
import { type CifarName, loadCifar } from "../../lib/data/cifar.ts";
import { runMain } from "../cli/main.ts";
import { bytesProgress } from "../cli/progress.ts";

await runMain(async ([dataset, dataroot]) => {
  let progress: ReturnType<typeof bytesProgress> | undefined;
  await loadCifar({
    dataset: dataset as CifarName,
    dataroot: dataroot as string,
    log: (line) => console.error(line),
    progress: (received, total) => {
      progress ??= bytesProgress({
        label: dataset as string,
        ...(total !== undefined && { total }),
      });
      progress.update(received);
    },
  });
  progress?.stop();
});
