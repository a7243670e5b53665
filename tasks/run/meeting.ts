/**
 * How workers meet before any of them starts TensorFlow: each waits until all are there, and refuses
 * those that do not belong together. TensorFlow would wait too, but could not say for whom, or that
 * those who came do not belong together.
 *
 * Each worker listens on its port, which it leaves to TensorFlow afterwards, and connects to those of
 * all others. On a connection, both send a line with their {@linkcode Card}, and an empty line once
 * they have read the other's.
 *
 * @module
 */
import { printable, UserError } from "../../lib/errors.ts";
import type { WorkerStart } from "../cli/worker.ts";
import { partsOf } from "./lost_workers.ts";

/** What a worker tells the others. */
export interface Card extends Pick<WorkerStart, "hosts" | "rank" | "code"> {
  /** A random name for the process, by which it recognises itself. */
  readonly process: string;
  /** Its clock, in milliseconds. */
  readonly time: number;
}

/** Clocks may differ by this, in milliseconds. */
const clockTolerance = 60_000;

/** How long one connection may take, and the pauses after one that failed and before a refusal. */
const [patience, pause, farewell] = [3000, 200, 2000]; // milliseconds

/** The longest card that is read, in characters: far more than the names of 1024 hosts need. */
const longestCard = 2 ** 18;

/**
 * Why two workers cannot train together; undefined if they can.
 *
 * @param place Whose address the other answered at, if it did not come by itself.
 */
export function whyNotTogether(own: Card, other: Card, place = other.rank): string | undefined {
  const { hosts, rank } = own;
  const list = hosts.join(",");
  if (other.process === own.process) {
    return place === rank
      ? undefined
      : `Cannot train as worker ${rank} of ${list}: the address of worker ${place}, ` +
        `${hosts[place]}, is that of this process; correct --rank or --hosts`;
  }
  const address = hosts[place] ?? printable(String(other.hosts[other.rank]));
  const refused = `Cannot train with worker ${place} (${address})`;
  const [count, others] = [hosts.length, other.hosts.length];
  if (count !== others) {
    return `${refused}: it was started for ${others} processes, and this one for ${count}; start ` +
      "all with the same --hosts";
  }
  if (list !== other.hosts.join(",")) {
    return `${refused}: it has other hosts, ${printable(other.hosts.join(","), 200)}, ` +
      `and this one ${list}; start all with the same --hosts`;
  }
  if (other.rank === rank) {
    return place === rank
      ? `Cannot train as worker ${rank} (${address}): another process has --rank ${rank} too; give ` +
        "each its own"
      : `${refused}: the process there has --rank ${rank}, as this one; give each its own`;
  }
  if (other.rank !== place) {
    return `${refused}: the process there has --rank ${other.rank}; correct --rank or --hosts`;
  }
  if (other.code !== own.code) {
    return `${refused}: it has other code than this one; use the same version on all hosts`;
  }
  const skew = other.time - own.time;
  if (Math.abs(skew) <= clockTolerance) return undefined;
  return `${refused}: its clock is ${Math.round(Math.abs(skew) / 1000)} s ` +
    `${skew > 0 ? "ahead of" : "behind"} the one here; set the clocks`;
}

/**
 * Waits for all other workers, as long as `timeout`.
 *
 * @throws {UserError} If one does not come or does not belong to this one, or if the port is taken.
 */
export async function meetWorkers(start: WorkerStart): Promise<void> {
  const { hosts, rank, timeout, code } = start;
  const process = crypto.randomUUID();
  const own = (): Card => ({ hosts, rank, code, process, time: Date.now() });
  const [reached, reachedBy] = [new Set<number>(), new Set<number>()];
  const all = Promise.withResolvers<void>();
  const ended = new AbortController();
  let timer = setTimeout(all.resolve, 1000 * timeout);
  let problem: string | undefined;

  const meet = (other: Card, place?: number) => {
    const why = whyNotTogether(own(), other, place);
    if (why !== undefined && problem === undefined) {
      problem = why;
      clearTimeout(timer);
      timer = setTimeout(all.resolve, farewell); // by then the others know it too
    }
    if (why !== undefined || other.process === process) return;
    (place === undefined ? reachedBy : reached).add(other.rank);
    if (Math.min(reached.size, reachedBy.size) === hosts.length - 1) all.resolve();
  };
  try {
    using listener = listen(start);
    const serving = answerAll(listener, own, meet, ended.signal);
    // Also at our own address: if another process answers there, it has our rank.
    const asking = hosts.map(async (host, place) => {
      const other = await cardAt(host, own, ended.signal);
      if (other) meet(other, place);
    });
    await all.promise;
    ended.abort();
    listener.close();
    await Promise.all([serving, ...asking]);
  } finally {
    clearTimeout(timer);
  }
  if (problem !== undefined) throw new UserError(problem, { code: "does-not-fit" });
  checkAllMet(start, reached, reachedBy);
}

/** Asks at an address for the card of the worker there until it answers, or all have met. */
async function cardAt(
  host: string,
  own: () => Card,
  ended: AbortSignal,
): Promise<Card | undefined> {
  while (!ended.aborted) {
    try {
      const signal = limited(ended);
      const connection = await Deno.connect({ ...partsOf(host), signal });
      return await exchange(connection, own(), signal);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, pause)); // it is not there yet
    }
  }
  return undefined;
}

/** Gives all who ask our card, and tells theirs. */
async function answerAll(
  listener: Deno.TcpListener,
  own: () => Card,
  tell: (other: Card) => void,
  ended: AbortSignal,
): Promise<void> {
  const answer = async (connection: Deno.Conn) => {
    try {
      tell(await exchange(connection, own(), limited(ended)));
    } catch {
      // No worker, or one that tries again.
    }
  };
  for await (const connection of listener) void answer(connection);
}

/** Ends one connection when all have met, or when it takes too long. */
function limited(ended: AbortSignal): AbortSignal {
  return AbortSignal.any([ended, AbortSignal.timeout(patience)]);
}

function checkAllMet(
  { hosts, rank, timeout }: WorkerStart,
  reached: ReadonlySet<number>,
  reachedBy: ReadonlySet<number>,
): void {
  const without = (ranks: ReadonlySet<number>) =>
    hosts.flatMap((host, other) =>
      other === rank || ranks.has(other) ? [] : [`worker ${other} (${host})`]
    ).join(" and ");
  const [absent, distant] = [without(reached), without(reachedBy)];
  if (absent === "" && distant === "") return;
  const why = absent !== ""
    ? `${absent} did not answer for ${timeout} s; start all with the same --hosts, each with its own ` +
      "--rank, and let each reach the ports of the others"
    : `${distant} did not reach ${hosts[rank]}, which is this one, for ${timeout} s; ` +
      "let each reach the ports of the others";
  throw new UserError(`Cannot start training: ${why}`, { code: "worker-lost" });
}

/** Listens where TensorFlow will. */
function listen({ hosts, rank }: WorkerStart): Deno.TcpListener {
  const { hostname, port } = partsOf(hosts[rank] as string);
  const listenAt = (hostname: string) => Deno.listen({ hostname, port });
  const isTaken = (error: unknown) => error instanceof Deno.errors.AddrInUse;
  try {
    if (hostname === "127.0.0.1") return listenAt(hostname);
    try {
      return listenAt("::");
    } catch (error) {
      if (isTaken(error)) throw error;
      return listenAt("0.0.0.0"); // this machine has no IPv6
    }
  } catch (error) {
    if (!isTaken(error)) throw error;
    throw new UserError(
      `Cannot start worker ${rank} at ${hosts[rank]}: another process of this host uses ` +
        `port ${port}; end it, choose another port in --hosts, or correct --rank`,
      { code: "in-use" },
    );
  }
}

/** Gives another worker our card, and returns its own; closes the connection. */
async function exchange(connection: Deno.Conn, own: Card, signal: AbortSignal): Promise<Card> {
  const close = () => connection.close();
  signal.addEventListener("abort", close);
  try {
    const readLine = lineReader(connection);
    const [text] = await Promise.all([readLine(), sendLine(connection, JSON.stringify(own))]);
    const card = readCard(text);
    await Promise.all([readLine(), sendLine(connection, "")]);
    return card;
  } finally {
    signal.removeEventListener("abort", close);
    if (!signal.aborted) close();
  }
}

async function sendLine(connection: Deno.Conn, line: string): Promise<void> {
  let bytes = new TextEncoder().encode(`${line}\n`);
  while (bytes.length > 0) bytes = bytes.subarray(await connection.write(bytes));
}

function lineReader(connection: Deno.Conn): () => Promise<string> {
  const decoder = new TextDecoder();
  const bytes = new Uint8Array(2 ** 14);
  let text = "";
  return async () => {
    for (;;) {
      const end = text.indexOf("\n");
      if (end >= 0) {
        const line = text.slice(0, end);
        text = text.slice(end + 1);
        return line;
      }
      const count = await connection.read(bytes);
      if (count === null || text.length > longestCard) throw new SyntaxError("not a worker's line");
      text += decoder.decode(bytes.subarray(0, count), { stream: true });
    }
  };
}

function readCard(text: string): Card {
  const { hosts, rank, code, process, time } = JSON.parse(text);
  const isCard = Array.isArray(hosts) && hosts.every((host) => typeof host === "string") &&
    Number.isInteger(rank) && Number.isFinite(time) &&
    typeof code === "string" && typeof process === "string";
  if (!isCard) throw new SyntaxError("not the card of a worker");
  return { hosts, rank, code, process, time };
}
