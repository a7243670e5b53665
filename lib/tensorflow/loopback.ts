/**
 * Closes TensorFlow's server to other machines, if the whole cluster is on this one.
 *
 * TensorFlow listens on all addresses, and no option or variable of it or of gRPC changes that. So this
 * finds its sockets and binds them to the device `lo`. From Linux 5.7 on that needs no rights; before, a
 * filter does it, which newer kernels refuse for TCP without rights.
 *
 * A new socket inherits neither. Until TensorFlow's are bound, other sockets take all that comes to the
 * port: see {@link startOnLoopback}.
 *
 * @module
 */
import { UserError } from "../errors.ts";

/** Functions of Linux's C library. */
const symbols = {
  sysconf: { parameters: ["i32"], result: "i64" },
  poll: { parameters: ["buffer", "usize", "i32"], result: "i32" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  accept: { parameters: ["i32", "pointer", "pointer"], result: "i32" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

type Libc = Deno.DynamicLibrary<typeof symbols>["symbols"];

let libc: Libc | undefined;

function openLibc(): Libc {
  return libc ??= Deno.dlopen("libc.so.6", symbols).symbols;
}

// Numbers of Linux on x86 and ARM.
const [solSocket, soReuseAddr, soReusePort, soAcceptConn] = [1, 2, 15, 30];
const [soBindToDevice, soAttachFilter, soAttachReusePortFilter] = [25, 26, 51];
const [protocolIpv6, ipv6Only] = [41, 26];
const [inet, inet6] = [2, 10];
/** A TCP socket whose calls do not wait, and which programs that this process starts do not inherit. */
const stream = 1 | 0x800 | 0x80000;
const [scOpenMax, pollNval, bothDirections] = [4, 0x20, 2];

/**
 * Descriptors that are looked at, from 0. A new one gets the lowest free number, so the server's are
 * among them unless as many are open.
 */
const maxDescriptors = 2 ** 12;

/** The offset that makes a filter read from the start of the IP header. */
const ip = 0xfff00000;
const [loadByte, loadWord, shiftRight, jumpIfEqual, keep] = [0x30, 0x20, 0x74, 0x15, 0x06];

/** A program of the classic BPF. A jump has two distances: if equal, and if not. */
type Program = readonly [code: number, equal: number, different: number, value: number][];

/**
 * Keeps the packets whose IPv4 source begins with 127, or whose IPv6 source is ::1. IPv4 packets to an
 * IPv6 socket are IPv4 here.
 */
const onlyLoopback: Program = [
  [loadByte, 0, 0, ip],
  [shiftRight, 0, 0, 4], // the version
  [jumpIfEqual, 0, 2, 4],
  [loadByte, 0, 0, ip + 12],
  [jumpIfEqual, 8, 9, 127],
  [loadWord, 0, 0, ip + 8],
  [jumpIfEqual, 0, 7, 0],
  [loadWord, 0, 0, ip + 12],
  [jumpIfEqual, 0, 5, 0],
  [loadWord, 0, 0, ip + 16],
  [jumpIfEqual, 0, 3, 0],
  [loadWord, 0, 0, ip + 20],
  [jumpIfEqual, 0, 1, 1],
  [keep, 0, 0, 0xffffffff],
  [keep, 0, 0, 0],
];

/** Chooses the first of the sockets that share a port. */
const first: Program = [[keep, 0, 0, 0]];

/** Gives a socket a program. Returns whether the kernel took it. */
function attach(c: Libc, descriptor: number, option: number, program: Program): boolean {
  // struct sock_filter { u16 code; u8 equal; u8 different; u32 value; }
  const instructions = new DataView(new ArrayBuffer(8 * program.length));
  for (const [i, [code, equal, different, value]] of program.entries()) {
    instructions.setUint16(8 * i, code, true);
    instructions.setUint8(8 * i + 2, equal);
    instructions.setUint8(8 * i + 3, different);
    instructions.setUint32(8 * i + 4, value, true);
  }
  // struct sock_fprog { u16 length; struct sock_filter* instructions; }
  const fields = new DataView(new ArrayBuffer(16));
  fields.setUint16(0, program.length, true);
  const address = Deno.UnsafePointer.value(Deno.UnsafePointer.of(instructions.buffer));
  fields.setBigUint64(8, BigInt(address), true);
  const taken = c.setsockopt(descriptor, solSocket, option, fields.buffer, 16) === 0;
  return taken && instructions.byteLength > 0; // so that they live until here
}

/** The open descriptors. One call finds them; a call for each number would take several milliseconds. */
function openDescriptors(c: Libc): number[] {
  const count = Math.min(Number(c.sysconf(scOpenMax)), maxDescriptors);
  // struct pollfd { int descriptor; short events; short results; }
  const asked = new Int32Array(2 * count);
  for (let i = 0; i < count; i++) asked[2 * i] = i;
  c.poll(asked, BigInt(count), 0);
  const open = [];
  for (let i = 0; i < count; i++) {
    if (((asked[2 * i + 1] as number) >> 16 & pollNval) === 0) open.push(i);
  }
  return open;
}

/** Whether this is a socket that listens on the port. */
function listensOn(c: Libc, descriptor: number, port: number): boolean {
  const [value, length] = [new Int32Array(1), new Uint32Array([4])];
  if (c.getsockopt(descriptor, solSocket, soAcceptConn, value, length) !== 0 || !value[0]) {
    return false;
  }
  // struct sockaddr_in and sockaddr_in6 { u16 family; u16 port, most significant byte first; ... }
  const address = new DataView(new ArrayBuffer(28));
  const known = c.getsockname(descriptor, address.buffer, new Uint32Array([28])) === 0;
  return known && [inet, inet6].includes(address.getUint16(0, true)) &&
    address.getUint16(2) === port;
}

/** Lets only loopback reach a socket. Returns whether the kernel does it. */
type Way = (c: Libc, socket: number) => boolean;

/** The ways, in the order in which they are tried. */
export const ways: Readonly<Record<"device" | "filter", Way>> = {
  device: (c, socket) =>
    c.setsockopt(socket, solSocket, soBindToDevice, new TextEncoder().encode("lo\0"), 3) === 0,
  filter: (c, socket) => attach(c, socket, soAttachFilter, onlyLoopback),
};

/**
 * Lets only loopback reach a port on which this process listens.
 *
 * @param except descriptors of sockets that stay as they are.
 * @param tried how, for tests.
 * @returns the number of the other sockets that listen on the port.
 * @throws {UserError} If the kernel refuses. They then no longer listen.
 */
export function restrictToLoopback(
  port: number,
  except: readonly number[] = [],
  tried: readonly Way[] = Object.values(ways),
): number {
  const c = openLibc();
  const listeners = openDescriptors(c)
    .filter((descriptor) => listensOn(c, descriptor, port) && !except.includes(descriptor));
  const refused = listeners.filter((socket) => !tried.some((way) => way(c, socket)));
  for (const socket of refused) c.shutdown(socket, bothDirections);
  if (refused.length > 0) throw cannotRestrict(port, "this kernel binds no socket to a device");
  return listeners.length;
}

function cannotRestrict(port: number, why: string): UserError {
  return new UserError(
    `Cannot close port ${port} to other machines: ${why}; if every machine that reaches this one ` +
      "may do so, use its address in the network instead of loopback",
    { code: "not-supported" },
  );
}

/** Whether all hosts, each `host:port`, are this machine for itself only. */
export function isLoopback(hosts: readonly string[]): boolean {
  // The parser of addresses knows their other spellings, such as 127.1.
  const names = hosts.map((host) =>
    URL.parse(`http://${host.replace(/:\d+$/, "")}`)?.hostname ?? ""
  );
  return names.every((name) => /^(localhost|\[::1\]|127(\.\d+){3})$/.test(name));
}

/** A new socket on all addresses of a family; undefined if the family is off, or the port is taken. */
function bound(
  c: Libc,
  family: number,
  port: number,
  options: readonly number[],
): number | undefined {
  const socket = c.socket(family, stream, 0);
  if (socket < 0) return undefined;
  const address = new DataView(new ArrayBuffer(family === inet ? 16 : 28));
  address.setUint16(0, family, true);
  address.setUint16(2, port);
  for (const option of options) c.setsockopt(socket, solSocket, option, new Int32Array([1]), 4);
  // As gRPC does: only like sockets can share a port.
  if (family === inet6) c.setsockopt(socket, protocolIpv6, ipv6Only, new Int32Array([0]), 4);
  if (c.bind(socket, address.buffer, address.byteLength) === 0) return socket;
  c.close(socket);
  return undefined;
}

/** Throws if somebody listens on the port: sockets of one user could share it unnoticed. */
function checkFree(c: Libc, port: number): void {
  const socket = bound(c, inet, port, [soReuseAddr]);
  if (socket === undefined) {
    const message = `Cannot listen on port ${port}: it is in use; choose another`;
    throw new UserError(message, { code: "in-use" });
  }
  c.close(socket);
}

/**
 * Takes all that comes to a port, even if other sockets of this process listen there later. Nobody reads
 * it. IPv4 and IPv6 need a socket each.
 */
function shield(c: Libc, port: number): number[] {
  const options = [soReuseAddr, soReusePort];
  const sockets = [inet, inet6].flatMap((family) => bound(c, family, port, options) ?? []);
  const holding = sockets.filter((socket) =>
    c.listen(socket, 1) === 0 && attach(c, socket, soAttachReusePortFilter, first)
  );
  if (holding.length > 0 && holding.length === sockets.length) return sockets;
  for (const socket of sockets) c.close(socket);
  throw cannotRestrict(port, "this kernel chooses no socket of a shared port, as Linux 4.6 does");
}

/** Ends a shield. Whoever connected meanwhile is cut off; another worker connects again. */
function endShield(c: Libc, sockets: readonly number[]): void {
  for (const socket of sockets) {
    // With net.ipv4.tcp_migrate_req, the kernel would hand these to TensorFlow.
    for (let waiting; (waiting = c.accept(socket, null, null)) >= 0;) c.close(waiting);
    c.close(socket);
  }
}

/** The variable that lets TensorFlow share its port, here with the shield. */
const sharing = "TF_GRPC_REUSE_PORT";

/** Runs a function while TensorFlow shares its port. */
async function whileSharing(run: () => Promise<void>): Promise<void> {
  const before = Deno.env.get(sharing);
  Deno.env.set(sharing, "true");
  try {
    await run();
  } finally {
    if (before === undefined) Deno.env.delete(sharing);
    else Deno.env.set(sharing, before);
  }
}

/**
 * Starts TensorFlow's server so that nothing but loopback ever reaches it. Until its sockets are bound,
 * all that comes to the port ends at a shield.
 *
 * @throws {UserError} If this is Linux and it cannot be done, or the port is in use.
 */
export async function startOnLoopback(port: number, start: () => Promise<void>): Promise<void> {
  if (Deno.build.os !== "linux") return await start();
  const c = openLibc();
  checkFree(c, port);
  const sockets = shield(c, port);
  try {
    await whileSharing(start);
  } catch (error) {
    restrictToLoopback(port, sockets); // it may have failed after it had opened the port
    endShield(c, sockets);
    throw error;
  }
  // If this throws, the shield stays.
  if (restrictToLoopback(port, sockets) === 0) {
    throw cannotRestrict(port, "TensorFlow's socket was not found");
  }
  endShield(c, sockets);
}
