/**
 * Asks nvidia-smi, which comes with NVIDIA's driver, about the GPU.
 *
 * @module
 */

/** The bytes of the GPU's memory that are in use, by all programs; undefined if it does not tell. */
export async function usedGpuBytes(): Promise<number | undefined> {
  const megabytes = Number((await ask("memory.used"))?.[0] ?? NaN);
  return Number.isFinite(megabytes) ? megabytes * 2 ** 20 : undefined;
}

/** The card's name, memory and driver; null if it does not tell. */
export async function cardOf(): Promise<string | null> {
  const [name, memory, driver] = await ask("name,memory.total,driver_version") ?? [];
  return name === undefined ? null : `${name}, ${memory} MiB, driver ${driver}`;
}

/** The answers for the first visible GPU, in order. */
async function ask(what: string): Promise<string[] | undefined> {
  const [gpu] = (Deno.env.get("CUDA_VISIBLE_DEVICES") ?? "0").split(",");
  const args = [`--query-gpu=${what}`, "--format=csv,noheader,nounits", `--id=${gpu}`];
  try {
    const { success, stdout } = await new Deno.Command("nvidia-smi", { args }).output();
    if (!success) return undefined;
    return readAnswers(new TextDecoder().decode(stdout));
  } catch {
    return undefined; // there is no such program
  }
}

/** The values of the first line. */
export function readAnswers(text: string): string[] {
  return text.trim().split("\n")[0]!.split(",").map((value) => value.trim());
}
