/**
 * What a training run does first: it finds its folder and the other workers.
 *
 * @module
 */
import { basename, join } from "@std/path";
import { isFirst, muteUnlessFirst, readWorker, type WorkerStart } from "../cli/worker.ts";
import { meetWorkers } from "./meeting.ts";
import { checkRunFolder } from "./run_folder.ts";

/**
 * Checks the run folder and meets the other workers, if there are any.
 *
 * @param network The network's name, or the file of a network of the user's own.
 * @throws {UserError} If the folder cannot be used, or the workers do not fit together.
 */
export async function beginRun(
  { resume, save }: { resume?: string | undefined; save?: string | undefined },
  network: string,
): Promise<{ folder: string; worker: WorkerStart | undefined }> {
  const worker = readWorker();
  const folder = resume ?? save ?? defaultFolder(network, worker?.time);
  muteUnlessFirst(worker);
  // Workers that share the folder all refuse it at once, and do not wait for the first.
  if (isFirst(worker) || isHere(worker)) await checkRunFolder(folder, resume !== undefined);
  if (worker) await meetWorkers(worker);
  return { folder, worker };
}

/** True for a worker all of whose team is on this machine. */
function isHere(worker: WorkerStart | undefined): boolean {
  return worker?.hosts.every((host) => host.startsWith("127.0.0.1:")) ?? false;
}

/**
 * The default run folder, named after the network and the time.
 *
 * @param start When the run was started. Default: now.
 */
export function defaultFolder(network: string, start: number = Date.now()): string {
  const time = new Date(start).toISOString().replace(/[-:Z]/g, "").replace(/[T.]/g, "-");
  return join("logs", `${basename(network)}_${time}`);
}
