/**
 * Damaged HDF5 files, those of hickle among them.
 *
 * A worker for each input, as the reader has it, takes a tenth of a second. Here one worker reads many
 * inputs one after the other, in the same way; every so often, and whenever one went wrong, it is
 * replaced, and a few inputs go the reader's whole way.
 *
 * @module
 */
import { UserError } from "../../../lib/errors.ts";
import { readHdf5 } from "../../../lib/formats/hdf5/read_hdf5.ts";
import type { Order } from "../../../lib/formats/hdf5/worker.ts";
import type { SafeTensor } from "../../../lib/formats/safetensors.ts";
import { memoryLimit } from "../../../lib/formats/untrusted.ts";
import { type Bytes, damage, happens, pick, resized } from "../bytes.ts";
import { hdf5Fields } from "../fields.ts";
import { Ended, isA, sound, type Target } from "../target.ts";
import type { SessionAnswer } from "./hdf5_worker.ts";
import { fixturesIn, readFixtures } from "./seeds.ts";

/** Inputs until a worker is replaced: what damaged files leave in the library is not to add up. */
const inputsPerWorker = 500;
/** One in so many inputs goes the reader's whole way. */
const wholeWay = 500;
/** Milliseconds until a worker is given up, as the reader has it. */
const patience = 1000;

/** Opens the target. */
export function open(): Target {
  const seeds = readFixtures(
    fixturesIn("hdf5", /^(?!export|bomb|huge|long_name).*\.(h5|hkl)$/),
  );
  let session: Session | undefined;
  let read = 0;
  const readInSession = async (input: Bytes): Promise<void> => {
    session ??= new Session();
    const { tensors, problem, broken, ended } = await session.read(input);
    if (broken || ended || session.inputs >= inputsPerWorker) {
      session.close();
      session = undefined;
    }
    if (ended) throw new Ended("it takes too long");
    if (problem !== undefined) throw new UserError(problem);
    checkTensors(tensors);
  };
  return {
    make(random) {
      const file = pick(random, seeds);
      const damaged = damage(file, random, { fields: hdf5Fields(file), others: seeds });
      // The library soon sees that a file is not as long as it says.
      return happens(random, 0.5) ? damaged : resized(damaged, file.length);
    },
    async read(input) {
      if (++read % wholeWay !== 0) return await readInSession(input);
      const { tensors } = await readHdf5(input, "input.h5").catch((error) => {
        throw error.message.includes("it takes more than") ? new Ended(error.message) : error;
      });
      checkTensors(tensors);
    },
    isNamed: isA(UserError),
    memory: (size) => 2 ** 28 + 64 * size,
    slow: 2 * patience, // a worker also has to be started
    close() {
      session?.close();
      return Promise.resolve();
    },
  };
}

/** Every array has the bytes that its shape says. */
function checkTensors(tensors: Record<string, SafeTensor>): void {
  for (const [key, { dtype, shape, data }] of Object.entries(tensors)) {
    const bytes = dtype === "BOOL" ? 1 : Number(/\d+$/.exec(dtype)?.[0]) / 8;
    const expected = shape.reduce((product, side) => product * side, bytes);
    sound(data.length === expected, `${key} has ${data.length} bytes, not ${expected}`);
  }
}

/** A worker that reads many files. */
class Session {
  readonly #worker = new Worker(new URL("./hdf5_worker.ts", import.meta.url), { type: "module" });
  readonly #ready = this.#next();
  inputs = 0;

  #next(): Promise<SessionAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<SessionAnswer>();
    this.#worker.onmessage = ({ data }: MessageEvent<SessionAnswer>) => resolve(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`the worker failed: ${event.message}`));
    };
    return promise;
  }

  async read(input: Bytes): Promise<SessionAnswer> {
    await this.#ready;
    this.inputs++;
    const answer = this.#next();
    const order: Order = { bytes: input.slice(), limit: memoryLimit(input) };
    this.#worker.postMessage(order, [order.bytes.buffer]);
    const timeout = Promise.withResolvers<SessionAnswer>();
    const timer = setTimeout(
      () => timeout.resolve({ tensors: {}, broken: false, ended: true }),
      patience,
    );
    try {
      return await Promise.race([answer, timeout.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#worker.terminate();
  }
}
