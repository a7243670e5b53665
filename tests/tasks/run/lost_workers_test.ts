/**
 * Who is lost: servers that speak, are silent, or are not there.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { whoIsLost } from "../../../tasks/run/lost_workers.ts";

Deno.test("whoIsLost() asks all others, and takes silence for a loss", async () => {
  const listen = () => Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [speaking, silent, gone] = [listen(), listen(), listen()];
  gone.close();
  const open: Deno.Conn[] = [];
  const serve = async (listener: Deno.TcpListener, greeting: Uint8Array) => {
    for await (const connection of listener) {
      open.push(connection);
      if (greeting.length > 0) await connection.write(greeting);
    }
  };
  const serving = [serve(speaking, new Uint8Array([0])), serve(silent, new Uint8Array())];
  const hosts = [speaking, silent, gone].map(({ addr }) => `127.0.0.1:${addr.port}`);
  const start = performance.now();
  assertEquals(await whoIsLost({ hosts: ["127.0.0.1:1", ...hosts], rank: 0 }), [2, 3]);
  assertEquals(performance.now() - start < 6000, true);
  speaking.close();
  silent.close();
  await Promise.all(serving);
  for (const connection of open) connection.close();
});
