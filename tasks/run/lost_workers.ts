/**
 * Finds out which workers are gone, stopped or cut off.
 *
 * @module
 */
import type { WorkerStart } from "../cli/worker.ts";

/** How long a worker may take to answer. A stopped process accepts connections, and never answers. */
const patience = 3000; // milliseconds

/**
 * The ranks of the workers that do not answer: TensorFlow's server speaks first on a new connection
 * (gRPC is HTTP/2, which begins with settings).
 */
export async function whoIsLost({ hosts, rank }: Pick<WorkerStart, "hosts" | "rank">): Promise<
  number[]
> {
  const answers = await Promise.all(
    hosts.map((host, other) => other === rank ? Promise.resolve(true) : answersAt(host)),
  );
  return answers.flatMap((answered, other) => answered ? [] : [other]);
}

/** The name and the port of an address, such as `[fd00::1]:4000`. */
export function partsOf(address: string): { hostname: string; port: number } {
  const colon = address.lastIndexOf(":");
  const hostname = address.slice(0, colon).replace(/^\[|\]$/g, "");
  return { hostname, port: Number(address.slice(colon + 1)) };
}

async function answersAt(host: string): Promise<boolean> {
  const given = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => given.resolve(false), patience);
  let connection: Deno.TcpConn | undefined;
  const ask = async () => {
    connection = await Deno.connect(partsOf(host));
    return await connection.read(new Uint8Array(1)) === 1;
  };
  try {
    return await Promise.race([ask(), given.promise]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
    connection?.close();
  }
}
