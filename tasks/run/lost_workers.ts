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

async function answersAt(host: string): Promise<boolean> {
  const colon = host.lastIndexOf(":");
  const hostname = host.slice(0, colon).replace(/^\[|\]$/g, "");
  const port = Number(host.slice(colon + 1));
  const given = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => given.resolve(false), patience);
  let connection: Deno.TcpConn | undefined;
  const ask = async () => {
    connection = await Deno.connect({ hostname, port });
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
