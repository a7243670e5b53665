/**
 * The memory section of `deno task bench --gpu`: each program alone, in a new process.
 *
 * @module
 */
import { peakMemorySteps } from "../cases.ts";
import { contenders, type Half, type Surroundings } from "./halves.ts";
import { before, reasonOf } from "../lanes.ts";
import { usedGpuBytes } from "./nvidia_smi.ts";
import type { Task } from "./plan.ts";
import { type Emit, rounded, scaledCase } from "./step_times.ts";

/**
 * Measures what each program takes for some steps: on a GPU what nvidia-smi counts, less what other
 * programs take, and the peak of resident memory. The first call is timed again: the compilers'
 * caches are full now.
 */
export async function measureMemory(
  { cases, scale }: Extract<Task, { kind: "memory" }>,
  surroundings: Surroundings,
  end: number,
  emit: Emit,
): Promise<void> {
  for (const step of cases) {
    const shape = scaledCase(step, scale);
    for (const { name, takes, start } of contenders(surroundings)) {
      if (!takes(shape)) continue;
      const known = { step, batch: shape.batch, precision: "float32", program: name };
      const others = surroundings.gpu ? await usedGpuBytes() : undefined;
      const half = await before(end, start()).catch((error) => {
        emit({ ...known, failed: reasonOf(error) });
      });
      if (!half) continue;
      try {
        const started = performance.now();
        await before(end, half.time(shape, "float32", 1));
        const firstCallSeconds = rounded((performance.now() - started) / 1000);
        await before(end, half.time(shape, "float32", peakMemorySteps));
        const used = others === undefined ? undefined : await usedGpuBytes();
        const { peakBytes, deviceBytes } = await before(end, half.memory());
        emit({
          ...{ ...known, firstCallSeconds, peakBytes },
          ...(used !== undefined && { gpuBytes: used - (others as number) }),
          ...(deviceBytes !== undefined && { tensorBytes: deviceBytes }),
        });
        await before(end, half.close());
      } catch (error) {
        emit({ ...known, failed: reasonOf(error) });
        await endAndFree(half, others);
      }
    }
  }
}

/** How often to ask whether memory is free, and milliseconds in between. */
const [tries, pause] = [20, 500];

/**
 * Ends a program, and waits until what it took on the GPU is free: the next one's is measured from there.
 *
 * @param others the bytes that others take; undefined where there is no GPU.
 */
export async function endAndFree(
  half: Pick<Half, "kill">,
  others: number | undefined,
  usedBytes: () => Promise<number | undefined> = usedGpuBytes,
): Promise<void> {
  await half.kill();
  if (others === undefined) return;
  for (let i = 0; i < tries; i++) {
    if ((await usedBytes() ?? 0) <= others) return;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
