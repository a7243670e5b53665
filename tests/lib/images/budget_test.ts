/**
 * Work that runs at the same time.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { Budget } from "../../../lib/images/budget.ts";

Deno.test("Budget.spend() starts work in its order, and never more at a time than there is", async () => {
  const all = 10;
  const amounts = fc.array(fc.integer({ min: 1, max: all }), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(amounts, async (amounts) => {
      const budget = new Budget(all);
      const started: number[] = [];
      let [spent, most] = [0, 0];
      await Promise.all(amounts.map((amount, i) =>
        budget.spend(amount, async () => {
          started.push(i);
          most = Math.max(most, spent += amount);
          for (let turns = i * 7 % 5; turns >= 0; turns--) await Promise.resolve();
          spent -= amount;
        })
      ));
      assert(most <= all);
      assertEquals(started, [...amounts.keys()]);
    }),
    { numRuns: 200 },
  );
});

Deno.test("Budget.spend() goes on after work that fails, and gives what work gives", async () => {
  const budget = new Budget(1);
  const failing = budget.spend(1, () => Promise.reject(new RangeError("no")));
  const next = budget.spend(1, () => Promise.resolve(7));
  await assertRejects(() => failing, RangeError, "no");
  assertEquals(await next, 7);
});
