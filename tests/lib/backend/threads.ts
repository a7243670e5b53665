/**
 * The engine in three threads at once; run as a program of its own.
 *
 * `together`: all compute and agree. `terminate`: workers are ended while they compute. `exit`: the process
 * ends with 7 while compiled functions run.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { jit } from "../../../lib/jit/jit.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";

const isWorker = "WorkerGlobalScope" in globalThis;

const power = jit((x: tf.Tensor2D) => {
  let y = x;
  for (let i = 0; i < 5; i++) y = tf.matMul(y, x);
  return tf.max(y);
});

/** The sum of what so many calls give. */
async function compute(calls: number): Promise<number> {
  let sum = 0;
  for (let i = 0; i < calls; i++) {
    const x = tf.fill([128, 128], 1 / 128) as tf.Tensor2D;
    const y = await power(x);
    sum += y.dataSync()[0]!;
    tf.dispose([x, y]);
  }
  return sum;
}

interface Thread {
  worker: Worker;
  /** The next message. */
  answer(): Promise<unknown>;
}

async function startThread(): Promise<Thread> {
  const worker = new Worker(import.meta.url, { type: "module" });
  const answer = () =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
    });
  await answer();
  return { worker, answer };
}

async function main(mode: string | undefined): Promise<void> {
  const threads = await Promise.all([startThread(), startThread()]);
  await useTensorFlow();
  if (mode === "exit") {
    for (let i = 0; i < 10; i++) power(tf.ones([1500, 1500]) as tf.Tensor2D);
    Deno.exit(7);
  }
  const ask = (calls: number) =>
    threads.map(({ worker, answer }) => {
      const answered = answer();
      worker.postMessage(calls);
      return answered;
    });
  if (mode === "together") {
    const calls = 40;
    const sums = [await compute(calls), ...await Promise.all(ask(calls))];
    if (new Set(sums).size > 1) throw new Error(`the threads disagree: ${sums}`);
  }
  for (let i = 0; mode === "terminate" && i < 10; i++) {
    await Promise.all(ask(1)); // so that both have compiled the function
    const [, ofOther] = ask(100);
    await compute(3);
    threads.shift()!.worker.terminate(); // before it is through with a hundred
    threads.push(await startThread());
    await ofOther;
  }
  Deno.exit(0);
}

if (isWorker) {
  const scope = self as unknown as Worker;
  await useTensorFlow();
  scope.onmessage = async ({ data }) => scope.postMessage(await compute(data as number));
  scope.postMessage("ready");
} else if (import.meta.main) {
  await main(Deno.args[0]);
}
