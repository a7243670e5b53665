/**
 * Tests of the memory section of `deno task bench --gpu`: what it waits for after a failure.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { endAndFree } from "../../../../tasks/bench/gpu/memory.ts";

/** What a program has in use each time that is asked, once it has been ended. */
async function asked(used: readonly (number | undefined)[], others: number | undefined) {
  const events: string[] = [];
  const left = [...used];
  const kill = async () => {
    await new Promise((resolve) => setTimeout(resolve, 10));
    events.push("ended");
  };
  await endAndFree({ kill }, others, () => {
    events.push(`${left[0]}`);
    return Promise.resolve(left.shift());
  });
  return events;
}

Deno.test("endAndFree() waits until a program has ended, and its memory on the GPU is free", async () => {
  assertEquals(await asked([500, 100], 100), ["ended", "500", "100"]);
  assertEquals(await asked([90], 100), ["ended", "90"]);
});

Deno.test("endAndFree() waits for the program alone where there is no GPU, or it does not tell", async () => {
  assertEquals(await asked([], undefined), ["ended"]);
  assertEquals(await asked([undefined], 100), ["ended", "undefined"]);
});
