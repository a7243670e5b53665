/**
 * What a stranger may send to the port of a worker: connections, nonsense, and calls of gRPC by hand.
 *
 * @module
 */

/** Whether a connection to the address opens soon. */
export async function reaches(hostname: string, port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname, port, signal: AbortSignal.timeout(400) })).close();
    return true;
  } catch {
    return false;
  }
}

const text = (text: string) => new TextEncoder().encode(text);

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** What a client of HTTP/2 says first. */
const preface = text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** A frame of HTTP/2: `{ u24 length; u8 type; u8 flags; u32 stream; body }`. */
function frame(type: number, flags: number, stream: number, body: Uint8Array): Uint8Array {
  const { length } = body;
  const head = [length >> 16, length >> 8 & 255, length & 255, type, flags, 0, 0, 0, stream];
  return joined(new Uint8Array(head), body);
}

const [data, headers, settings] = [0, 1, 4];
const [endStream, endHeaders] = [1, 4];

/** A header of HTTP/2 as it is, without compression. */
function header(name: string, value: string): Uint8Array {
  const part = (bytes: Uint8Array) => joined(new Uint8Array([bytes.length]), bytes);
  return joined(new Uint8Array([0]), part(text(name)), part(text(value)));
}

/** A call of gRPC with an empty message, as the first of a connection. */
function call(method: string): Uint8Array {
  const fields = [
    header(":method", "POST"),
    header(":scheme", "http"),
    header(":path", method),
    header(":authority", "localhost"),
    header("content-type", "application/grpc"),
    header("te", "trailers"),
  ];
  return joined(
    preface,
    frame(settings, 0, 0, new Uint8Array()),
    frame(headers, endHeaders, 1, joined(...fields)),
    frame(data, endStream, 1, new Uint8Array(5)),
  );
}

/** What the server at a port sends after `message`, until `isEnough` or for some seconds. */
async function answer(
  port: number,
  message: Uint8Array,
  { isEnough = () => false, seconds = 1 }: {
    isEnough?: (bytes: Uint8Array) => boolean;
    seconds?: number;
  } = {},
): Promise<Uint8Array> {
  using connection = await Deno.connect({ port });
  let received: Uint8Array = new Uint8Array();
  const end = setTimeout(() => connection.closeWrite().catch(() => {}), seconds * 1000);
  try {
    await connection.write(message);
    const buffer = new Uint8Array(2 ** 16);
    while (!isEnough(received)) {
      const count = await connection.read(buffer);
      if (count === null) break;
      received = joined(received, buffer.subarray(0, count));
    }
  } catch {
    // The server may cut it.
  } finally {
    clearTimeout(end);
  }
  return received;
}

/** The frames of an answer. */
function frames(bytes: Uint8Array): { type: number; body: Uint8Array }[] {
  const found = [];
  for (let at = 0; at + 9 <= bytes.length;) {
    const length = (bytes[at]! << 16) + (bytes[at + 1]! << 8) + bytes[at + 2]!;
    found.push({ type: bytes[at + 3]!, body: bytes.subarray(at + 9, at + 9 + length) });
    at += 9 + length;
  }
  return found;
}

/**
 * Calls a method of gRPC with an empty message. Returns the message that comes back; empty if none does, or
 * nobody listens.
 */
export async function callUnary(port: number, method: string): Promise<Uint8Array> {
  const messages = (bytes: Uint8Array) => frames(bytes).filter(({ type }) => type === data);
  const isEnough = (bytes: Uint8Array) => messages(bytes).length > 0;
  if (!await reaches("127.0.0.1", port)) return new Uint8Array();
  const bytes = await answer(port, call(method), { isEnough, seconds: 10 });
  return joined(...messages(bytes).map(({ body }) => body));
}

/** The same nonsense each time. */
function nonsense(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => (state = state * 16807 % 2147483647) & 255);
}

/** Everything that is done to a port. */
const disturbances: Record<string, (port: number) => Promise<unknown>> = {
  "random bytes": (port) => answer(port, nonsense(100_000)),
  "an HTTP request": (port) => answer(port, text("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")),
  "nothing": (port) => answer(port, new Uint8Array()),
  "HTTP/2 with nonsense": (port) => answer(port, joined(preface, nonsense(10_000))),
  "HTTP/2 with frames of nonsense": (port) => {
    const types = Array.from({ length: 20 }, (_, type) => frame(type, 255, 1, nonsense(100)));
    return answer(port, joined(preface, frame(settings, 0, 0, new Uint8Array()), ...types));
  },
  "a call of nothing": (port) => answer(port, call("/nothing")),
  async "200 connections"(port) {
    const connections = Array.from({ length: 200 }, () => Deno.connect({ port }));
    for (const connection of await Promise.all(connections)) connection.close();
  },
};

/** Does all of it to a port at the same time, again and again until nothing listens there any more. */
export async function disturb(port: number, seen: Record<string, number>): Promise<void> {
  using held = await Deno.connect({ port });
  await held.write(preface.subarray(0, 10)); // and then nothing more
  await Promise.all(
    Object.entries(disturbances).map(async ([what, act]) => {
      seen[what] ??= 0;
      while (await reaches("127.0.0.1", port)) {
        try {
          await act(port);
          seen[what]++;
        } catch {
          // The worker has ended meanwhile.
        }
      }
    }),
  );
}
