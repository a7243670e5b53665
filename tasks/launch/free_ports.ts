/**
 * Prints ports of this machine that are free now, one per line: `free_ports.ts COUNT`.
 *
 * @module
 */
const listeners = Array.from(
  { length: Number(Deno.args[0]) },
  () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
);
for (const { addr } of listeners) console.log(addr.port);
for (const listener of listeners) listener.close();
