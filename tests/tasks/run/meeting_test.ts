/**
 * How workers meet: who belongs together, who is absent, and who answers in their place.
 *
 * @module
 */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { UserError } from "../../../lib/errors.ts";
import { type Card, meetWorkers, whyNotTogether } from "../../../tasks/run/meeting.ts";

const hosts = ["a:4000", "b:4000"];
const own: Card = { hosts, rank: 0, code: "c", process: "first", time: 1e12 };
const other: Card = { hosts, rank: 1, code: "c", process: "second", time: 1e12 + 59_000 };

Deno.test("whyNotTogether() names what differs, and what to do", () => {
  assertEquals(whyNotTogether(own, other), undefined);
  assertEquals(whyNotTogether(own, other, 1), undefined);
  assertEquals(whyNotTogether(own, own, 0), undefined); // asked itself, as it asks all
  const cases: [change: Partial<Card>, place: number | undefined, message: RegExp][] = [
    [
      own,
      1,
      /^Cannot train as worker 0 of a:4000,b:4000: the address of worker 1, b:4000, is that /,
    ],
    [{ rank: 0 }, 1, /worker 1 \(b:4000\): the process there has --rank 0, as this one; give each/],
    [
      { rank: 0 },
      0,
      /as worker 0 \(a:4000\): another process has --rank 0 too; give each its own$/,
    ],
    [{ rank: 0 }, undefined, /as worker 0 \(a:4000\): another process has --rank 0 too/],
    [
      { hosts: [...hosts, "c:1"], rank: 2 },
      undefined,
      /worker 2 \(c:1\): it was started for 3 proc/,
    ],
    [
      { hosts: ["b:4000", "a:4000"] },
      1,
      /it has other hosts, b:4000,a:4000, and this one a:4000,b/,
    ],
    [
      { code: "d" },
      1,
      /worker 1 \(b:4000\): it has other code than this one; use the same version/,
    ],
    [{ time: 1e12 + 61_000 }, 1, /its clock is 61 s ahead of the one here; set the clocks$/],
    [{ time: 1e12 - 3_600_000 }, 1, /its clock is 3600 s behind the one here; set the clocks$/],
  ];
  for (const [change, place, message] of cases) {
    assertMatch(whyNotTogether(own, { ...other, ...change }, place) ?? "", message);
  }
  const three = { ...own, hosts: [...hosts, "c:4000"] };
  const third = { ...three, process: "third", rank: 2 };
  assertMatch(
    whyNotTogether(three, third, 1) ?? "",
    /the process there has --rank 2; correct --rank/,
  );
});

function freeHosts(count: number): string[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  return listeners.map((listener) => {
    listener.close();
    return `127.0.0.1:${listener.addr.port}`;
  });
}

const start = { timeout: 30, threads: 1, code: "c" };

Deno.test("meetWorkers() waits for all workers, in any order", async () => {
  const hosts = freeHosts(3);
  const late = (rank: number) => new Promise((resolve) => setTimeout(resolve, 300 * rank));
  await Promise.all(hosts.map(async (_, rank) => {
    await late(rank);
    await meetWorkers({ ...start, hosts, rank });
  }));
  for (const host of hosts) Deno.listen({ port: Number(host.split(":")[1]) }).close(); // free again
});

Deno.test("meetWorkers() tells all workers why they do not belong together", async () => {
  const hosts = freeHosts(2);
  const results = await Promise.allSettled(
    ["c", "d"].map((code, rank) => meetWorkers({ ...start, hosts, rank, code })),
  );
  for (const result of results) {
    assertMatch(
      String((result as PromiseRejectedResult).reason),
      /it has other code than this one/,
    );
  }
});

Deno.test("meetWorkers() says who is absent, and takes no other program for a worker", async () => {
  const hosts = freeHosts(3);
  using program = Deno.listen({ hostname: "127.0.0.1", port: Number(hosts[1]!.split(":")[1]) });
  const serving = (async () => {
    for await (const connection of program) {
      await connection.write(new TextEncoder().encode("{}\nHTTP/1.1 400 Bad Request\n\n"));
      connection.close();
    }
  })();
  const error = await assertRejects(
    () => meetWorkers({ ...start, hosts, rank: 0, timeout: 1 }),
    UserError,
    `worker 1 (${hosts[1]}) and worker 2 (${hosts[2]}) did not answer for 1 s; start all with`,
  );
  assertEquals(error.code, "worker-lost");
  program.close();
  await serving;
});

Deno.test("meetWorkers() refuses a port that is in use", async () => {
  const hosts = freeHosts(2);
  using _program = Deno.listen({ hostname: "127.0.0.1", port: Number(hosts[0]!.split(":")[1]) });
  await assertRejects(
    () => meetWorkers({ ...start, hosts, rank: 0 }),
    UserError,
    `Cannot start worker 0 at ${hosts[0]}: another process of this host uses port`,
  );
});
