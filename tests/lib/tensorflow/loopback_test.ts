/**
 * How a port is closed to other machines; and what strangers can do to workers on one machine.
 *
 * @module
 */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { UserError } from "../../../lib/errors.ts";
import {
  isLoopback,
  restrictToLoopback,
  startOnLoopback,
  ways,
} from "../../../lib/tensorflow/loopback.ts";
import { long } from "../../long.ts";
import { freeAddresses, runProgram } from "../../processes.ts";
import { callUnary, disturb, reaches } from "./strangers.ts";

const isLinux = Deno.build.os === "linux";

/** Addresses of this machine that are not loopback. Packets to them come from the same address. */
const outer = Deno.networkInterfaces()
  .filter(({ address }) => !/^(127\.|::1$|fe80:)/.test(address))
  .map(({ address, family }) => ({ address, family }));

Deno.test("isLoopback() is true if all hosts are this machine for itself", () => {
  const own = ["127.0.0.1:1", "127.9.8.7:65535", "[::1]:4000", "localhost:4000", "LOCALHOST:80"];
  const others = ["127.1:4000", "[0:0:0:0:0:0:0:1]:4000"];
  assert(isLoopback([...own, ...others]));
  const strangers = [
    ...["192.0.2.2:4000", "128.0.0.1:4000", "0.0.0.0:4000", "[::]:4000", "[::2]:4000"],
    ...[
      "127.0.0.1.example.com:4000",
      "localhost.example.com:4000",
      "worker:4000",
      "300.0.0.1:4000",
    ],
  ];
  for (const stranger of strangers) assert(!isLoopback(["127.0.0.1:4000", stranger]), stranger);
});

for (const hostname of ["0.0.0.0", "::"]) {
  for (const [name, way] of Object.entries(ways)) {
    Deno.test({
      name: `restrictToLoopback() lets only loopback reach ${hostname}, by ${name}`,
      // Newer kernels take the filter from root only.
      ignore: !isLinux || name === "filter" && Deno.uid() !== 0,
      async fn() {
        using listener = Deno.listen({ hostname, port: 0 });
        const { port } = listener.addr;
        const addresses = outer.filter(({ family }) => hostname === "::" || family === "IPv4");
        const reached = () => Promise.all(addresses.map(({ address }) => reaches(address, port)));
        assertEquals(await reached(), addresses.map(() => true));
        assertEquals(restrictToLoopback(port, [], [way]), 1);
        assertEquals(await reached(), addresses.map(() => false));
        const inner = ["127.0.0.1", "127.0.0.2", ...hostname === "::" ? ["::1"] : []];
        for (const address of inner) assert(await reaches(address, port), address);
      },
    });
  }
}

Deno.test({
  name: "restrictToLoopback() touches no other port",
  ignore: !isLinux,
  async fn() {
    using listener = Deno.listen({ hostname: "::", port: 0 });
    using other = Deno.listen({ hostname: "::", port: 0 });
    restrictToLoopback(listener.addr.port);
    for (const { address } of outer) assert(await reaches(address, other.addr.port), address);
  },
});

Deno.test({
  name: "restrictToLoopback() closes the port if the kernel refuses",
  ignore: !isLinux,
  async fn() {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const refuse = () => restrictToLoopback(port, [], [() => false]);
    assertThrows(refuse, UserError, `Cannot close port ${port} to other machines`);
    assert(!await reaches("127.0.0.1", port));
  },
});

/** Linux's functions for sockets. */
const socketFunctions = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  accept: { parameters: ["i32", "pointer", "pointer"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
} as const;
const [solSocket, soReusePort, nonBlockingStream] = [1, 15, 0x801];

/** A listening socket. */
interface Listening extends Disposable {
  /** Accepts what has come to it. Returns the number of connections. */
  accept(): number;
}

/** Listens on all addresses of a family, and lets other sockets do so, like TensorFlow. */
function listenShared(family: number, port: number): Listening {
  const libc = Deno.dlopen("libc.so.6", socketFunctions);
  const { symbols: c } = libc;
  const address = new DataView(new ArrayBuffer(28));
  address.setUint16(0, family, true);
  address.setUint16(2, port);
  const socket = c.socket(family, nonBlockingStream, 0);
  c.setsockopt(socket, solSocket, soReusePort, new Int32Array([1]), 4);
  assertEquals(c.bind(socket, address.buffer, 28), 0);
  assertEquals(c.listen(socket, 100), 0);
  return {
    accept() {
      let count = 0;
      for (let accepted; (accepted = c.accept(socket, null, null)) >= 0; count++) c.close(accepted);
      return count;
    },
    [Symbol.dispose]() {
      c.close(socket);
      libc.close();
    },
  };
}

const families = { IPv4: 2, IPv6: 10 };

const variable = "TF_GRPC_REUSE_PORT";

for (const [name, family] of Object.entries(families)) {
  Deno.test({
    name: `startOnLoopback() lets nobody reach a socket for ${name} before it is bound`,
    ignore: !isLinux,
    async fn() {
      const port = freePort();
      const strangers = outer.map(({ address }) => address);
      using opened = new DisposableStack();
      let listening: Listening | undefined;
      await startOnLoopback(port, async () => {
        assertEquals(Deno.env.get(variable), "true");
        listening = opened.use(listenShared(family, port));
        const addresses = ["127.0.0.1", "::1", ...strangers];
        await Promise.all(addresses.map((address) => reaches(address, port)));
        assertEquals(listening.accept(), 0);
      });
      assertEquals(Deno.env.get(variable), undefined);
      assert(await reaches("127.0.0.1", port));
      assertEquals(listening?.accept(), 1);
      await Promise.all(strangers.map((address) => reaches(address, port)));
      assertEquals(listening?.accept(), 0);
    },
  });
}

Deno.test({
  name: "startOnLoopback() throws the error of the start, and leaves the port free",
  ignore: !isLinux,
  async fn() {
    const port = freePort();
    const fail = () => Promise.reject(new TypeError("no memory"));
    await assertRejects(() => startOnLoopback(port, fail), TypeError, "no memory");
    assertEquals(Deno.env.get(variable), undefined);
    Deno.listen({ port }).close();
  },
});

Deno.test({
  name: "startOnLoopback() refuses a port that is in use, even one that could be shared",
  ignore: !isLinux,
  async fn() {
    for (const family of Object.values(families)) {
      const port = freePort();
      using _ = listenShared(family, port);
      const start = () => Promise.reject(new Error("started"));
      const message = `Cannot listen on port ${port}: it is in use; choose another`;
      const error = await assertRejects(() => startOnLoopback(port, start), UserError, message);
      assertEquals(error.code, "in-use");
    }
  },
});

Deno.test({
  name: "startOnLoopback() throws if it finds no socket, and lets nobody reach the port",
  ignore: !isLinux,
  async fn() {
    const port = freePort();
    const error = await assertRejects(() => startOnLoopback(port, async () => {}), UserError);
    assertEquals(error.code, "not-supported");
    assert(
      error.message.startsWith(`Cannot close port ${port} to other machines: `),
      error.message,
    );
    assert(!error.message.includes("\n"));
    using listening = listenShared(families.IPv6, port);
    await reaches("127.0.0.1", port);
    assertEquals(listening.accept(), 0);
  },
});

function freePort(): number {
  return Number(freeAddresses(1)[0]!.split(":")[1]);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

const program = new URL("../train/workers_program.ts", import.meta.url);

/** What two workers on this machine print; meanwhile strangers may do something to their ports. */
async function train(meanwhile: (ports: number[]) => Promise<void>): Promise<string[]> {
  const hosts = freeAddresses(2);
  const ports = hosts.map((host) => Number(host.split(":")[1]));
  const workers = Promise.all(
    ["0", "1"].map((rank) => runProgram(program, ["plain", rank, "5,3", ...hosts])),
  );
  await Promise.all([workers, meanwhile(ports)]);
  const ended = await workers;
  assertEquals(ended.map(({ code }) => code), [0, 0], ended.map(({ err }) => err).join("\n"));
  return ended.map(({ out }) => out);
}

/** Waits until a worker serves. Returns what it says of itself to whoever asks, as SECURITY.md says. */
async function status(port: number): Promise<string> {
  for (;;) {
    const answer = await callUnary(port, "/tensorflow.WorkerService/GetStatus");
    if (answer.length > 0) return new TextDecoder().decode(answer);
    await pause(20);
  }
}

/** Sees that a worker's port answers TensorFlow's protocol, and on loopback only. */
async function checkPort(port: number): Promise<void> {
  assert((await status(port)).includes("/device:CPU:0"));
  if (!isLinux) return;
  const reached = await Promise.all(outer.map(({ address }) => reaches(address, port)));
  assertEquals(reached, outer.map(() => false));
}

long.test({
  name: "useTensorFlow() with workers answers on loopback only, and is unmoved by strangers there",
  async fn() {
    const alone = await train(async () => {});
    const seen: Record<string, number> = {};
    const disturbed = await train(async (ports) => {
      await Promise.all(ports.map(checkPort));
      await Promise.all(ports.map((port) => disturb(port, seen)));
    });
    assertEquals(disturbed, alone);
    for (const [what, times] of Object.entries(seen)) assert(times > 0, what);
  },
});
