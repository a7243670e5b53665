/**
 * Ports of this machine that are free now. As a program, `free_ports.ts COUNT`, it prints them, one per
 * line.
 *
 * @module
 */

/** So many ports of 127.0.0.1, each another one. */
export function freePorts(count: number): number[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  return listeners.map((listener) => {
    listener.close();
    return listener.addr.port;
  });
}

if (import.meta.main) {
  for (const port of freePorts(Number(Deno.args[0]))) console.log(port);
}
