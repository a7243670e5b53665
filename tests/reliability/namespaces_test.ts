/**
 * Training on two hosts, which are network namespaces of this machine.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { stepsKept } from "../../lib/train/checkpoint.ts";
import { workerVariable } from "../../tasks/cli/worker.ts";
import { type EpochStats, readStats } from "../../tasks/run/run_log.ts";
import { inFolder } from "../folders.ts";
import { isQuick, long } from "../long.ts";
import { onTwoHosts, type TwoHosts, whyNot } from "./namespaces.ts";
import { type Ended, runTask, startTraining, type TrainingProcess } from "./training_process.ts";

const why = isQuick ? undefined : await whyNot(() => Promise.resolve());
if (why !== undefined) console.error(`skipped: tests on two hosts need network namespaces: ${why}`);
const whyGood = isQuick ? undefined : why ?? await whyNot((hosts) => hosts.worsen());
if (whyGood !== undefined) console.error(`skipped: a test on a bad cable needs netem: ${whyGood}`);

const sample = ["--dataset", "CIFAR10-sample", "--depth", "10", "--width", "0.25"];
// With other numbers of threads, sums have other last bits.
const short = [...sample, "--batch-size", "100", "--epochs", "1", "--threads", "1"];
const endless = [...sample, "--batch-size", "20", "--epochs", "100", "--worker-timeout", "5"];
const hosts = ["10.0.0.1:4000", "10.0.0.2:4000"];

/** Starts and ends processes on two hosts, each in a folder of its own. */
interface Pair {
  readonly cable: TwoHosts;
  folder(host: number): string;
  start(host: number, ...args: readonly string[]): TrainingProcess;
}

function onHosts(name: string, test: (pair: Pair) => Promise<void>, whySkipped = why): void {
  long.test({
    name: `deno task cifar --hosts ${name}`,
    ignore: whySkipped !== undefined,
    fn: () =>
      inFolder((cwd) =>
        onTwoHosts(async (cable) => {
          const folder = (host: number) => join(cwd, String(host));
          for (const host of [0, 1]) await Deno.mkdir(folder(host));
          const start = (host: number, ...args: readonly string[]) =>
            startTraining({
              cwd: folder(host),
              args: ["--hosts", hosts.join(","), "--rank", String(host), ...args],
              launched: true,
              via: cable.on(host),
            });
          await test({ cable, folder, start });
        })
      ),
  });
}

/** Fails unless the process has refused with one line, without a stack trace. */
function checkRefusal({ code, err }: Ended, message: RegExp, expected = 1): void {
  assertEquals(code, expected, err);
  const lines = err.split("\n").filter((line) => line.startsWith("error: "));
  assertEquals(lines.length, 1, err);
  assertMatch(lines[0]!, message);
  assert(!/^ {4}at /m.test(err), err);
}

const ended = (...processes: TrainingProcess[]) => Promise.all(processes.map(({ ended }) => ended));

let onOneHost: Promise<EpochStats> | undefined;

/** The metrics of an epoch in two processes on one host; it is trained once. */
function statsOfOneHost(): Promise<EpochStats> {
  const train = async () => {
    let stats: readonly EpochStats[] = [];
    await inFolder(async (cwd) => {
      const args = [...short, "--save", "alone", "--workers", "2"];
      const { code, err } = await runTask({ cwd, args, launched: true });
      assertEquals(code, 0, err);
      stats = await readStats(join(cwd, "alone"));
    });
    return stats[0]!;
  };
  return onOneHost ??= train();
}

/** Trains an epoch on both hosts, and compares with two processes on one. */
async function trainsAlike({ folder, start }: Pair): Promise<void> {
  const args = [...short, "--save", "run"];
  const both = await ended(start(0, ...args), start(1, ...args));
  for (const { code, err } of both) assertEquals(code, 0, err);
  const [two] = await readStats(join(folder(0), "run"));
  const one = await statsOfOneHost();
  for (const name of ["train_loss", "test_loss"] as const) {
    assert(Math.abs(one[name] - two![name]) < 1e-6, `${name} ${one[name]} ${two![name]}`);
  }
}

onHosts("gives the same on two hosts as on one", trainsAlike);

onHosts("gives the same over a slow cable that loses packets", async (pair) => {
  await pair.cable.worsen();
  await trainsAlike(pair);
}, whyGood);

onHosts(
  "ends on both hosts when the cable is cut, and goes on",
  async ({ cable, folder, start }) => {
    const args = [...endless, "--save", "run"];
    const both = [start(0, ...args), start(1, ...args)] as const;
    await both[0].says("epoch 1/100: ");
    await cable.plug("down");
    const cut = performance.now();
    const [first, second] = await ended(...both);
    assert(performance.now() - cut < 30_000);
    checkRefusal(first!, /Cannot go on training: worker 1 \(10\.0\.0\.2:4000\) is gone/, 69);
    checkRefusal(second!, /Cannot go on training: worker 0 \(10\.0\.0\.1:4000\) is gone/, 69);
    for (const { err } of [first!, second!]) assertMatch(err, /continue from it with --resume run/);
    const [steps] = await stepsKept(join(folder(0), "run"));
    assert(steps! > 0);
    await cable.plug("up");
    const more = ["--resume", "run", "--max-steps", String(steps! + 2), "--worker-timeout", "60"];
    const rest = await ended(start(0, ...more), start(1, ...more));
    for (const { code, err } of rest) assertEquals(code, 0, err);
    assertMatch(rest[0]!.err, new RegExp(`resumed after ${steps} steps`));
  },
);

for (const late of [1, 0]) {
  onHosts(`waits when host ${late} starts five seconds later`, async ({ start }) => {
    const args = [...short, "--max-steps", "2"];
    const early = start(1 - late, ...args);
    await new Promise((resolve) => setTimeout(resolve, 5000));
    for (const { code, err } of await ended(early, start(late, ...args))) {
      assertEquals(code, 0, err);
    }
  });

  onHosts(`gives up when host ${late} never starts`, async ({ start }) => {
    const begin = performance.now();
    const [alone] = await ended(start(1 - late, ...endless));
    const absent = `worker ${late} \\(10\\.0\\.0\\.${late + 1}:4000\\)`;
    const message = `Cannot start training: ${absent} did not answer for 5 s; start all`;
    checkRefusal(alone!, new RegExp(message), 69);
    assert(performance.now() - begin < 30_000);
  });
}

/** What two processes of rank 0 say, which depends on where each gets an answer first. */
const sameRank = new RegExp(
  [
    /worker 1 \(10\.0\.0\.2:4000\): the process there has --rank 0, as this one; give each its own/,
    /worker 0 \(10\.0\.0\.1:4000\): another process has --rank 0 too; give each its own/,
    /worker 0 .* address of worker 1, 10\.0\.0\.2:4000, is that of this process; correct --rank/,
  ].map(({ source }) => source).join("|"),
);

/** What is wrong on host 1, its arguments, and what both hosts say. */
const wrong: [what: string, args: string[], first: RegExp, second: RegExp][] = [
  ...(["lr", "seed", "holdout", "max-steps"] as const).map((name): typeof wrong[number] => {
    const both = (here: string) =>
      new RegExp(
        `worker 1 \\(10\\.0\\.0\\.2:4000\\): it has another --${name} .*here it is ${here};`,
      );
    const own = { lr: "0.1", seed: "0", holdout: "not given", "max-steps": "not given" }[name];
    return [`another --${name}`, [`--${name}`, "3"], both(own), both("3")];
  }),
  [
    "the same rank",
    ["--rank", "0"],
    sameRank,
    sameRank,
  ],
  [
    "another number of hosts",
    ["--hosts", `${hosts.join(",")},10.0.0.3:4000`],
    /worker 1 \(10\.0\.0\.2:4000\): it was started for 3 processes, and this one for 2; start all/,
    /worker 0 \(10\.0\.0\.1:4000\): it was started for 2 processes, and this one for 3; start all/,
  ],
];

for (const [what, args, first, second] of wrong) {
  onHosts(`refuses ${what} on one of them`, async ({ start }) => {
    const results = await ended(start(0, ...short), start(1, ...short, ...args));
    checkRefusal(results[0]!, first);
    checkRefusal(results[1]!, second);
  });
}

/** Writes files of CIFAR-10's form and size, which hold the sample over and over. */
async function writeCifar(folder: string, change: number): Promise<void> {
  const read = (name: string) =>
    Deno.readFile(new URL(`../../data/cifar10-sample/${name}`, import.meta.url));
  const write = async (name: string, bytes: Uint8Array, times: number) => {
    const whole = new Uint8Array(times * bytes.length);
    for (let i = 0; i < times; i++) whole.set(bytes, i * bytes.length);
    whole[1000]! ^= change; // of an image
    await Deno.writeFile(join(folder, name), whole);
  };
  await Deno.mkdir(folder);
  await write("test_batch.bin", await read("test_batch.bin"), 20);
  const batch = (index: number) => join(folder, `data_batch_${index}.bin`);
  await write("data_batch_1.bin", await read("data_batch_1.bin"), 5);
  for (const index of [2, 3, 4, 5]) await Deno.link(batch(1), batch(index));
  await Deno.writeFile(join(folder, "batches.meta.txt"), await read("batches.meta.txt"));
}

onHosts("refuses other data on one of them", async ({ folder, start }) => {
  const both = /worker 1 \(10\.0\.0\.2:4000\): it has another data set than worker 0; here it is/;
  const processes = [0, 1].map(async (host) => {
    await writeCifar(join(folder(host), "data"), host);
    const args = ["--dataset", "CIFAR10", "--dataroot", join(folder(host), "data")];
    return await start(host, ...short, ...args).ended;
  });
  for (const result of await Promise.all(processes)) checkRefusal(result, both);
});

onHosts("refuses other code on one of them", async ({ cable, folder, start }) => {
  const worker = JSON.stringify({ hosts, rank: 1, timeout: 60, threads: 1, code: "other" });
  const other = startTraining({
    cwd: folder(1),
    args: short,
    env: { [workerVariable]: worker },
    via: cable.on(1),
  });
  const [first, second] = await ended(start(0, ...short), other);
  const both = (rank: number) =>
    new RegExp(`worker ${rank} .*: it has other code than this one; use the same version`);
  checkRefusal(first!, both(1));
  checkRefusal(second!, both(0));
});

onHosts("refuses a port that another program uses", async ({ cable, start }) => {
  const [ip, ...words] = cable.on(1);
  const program = "Deno.listen({ port: 4000 }); console.log('listens'); setTimeout(() => {}, 1e6)";
  const other = new Deno.Command(ip!, {
    args: [...words, Deno.execPath(), "eval", "--no-lock", program],
    stdout: "piped",
  }).spawn();
  const output = other.stdout.getReader();
  await output.read();
  const [result] = await ended(start(1, ...short));
  other.kill();
  await output.cancel();
  await other.status;
  checkRefusal(
    result!,
    /worker 1 at 10\.0\.0\.2:4000: another process of this host uses port 4000;/,
  );
});
