/**
 * Tests of the output of progress displays, on a terminal and elsewhere.
 *
 * @module
 */
import { Writable } from "node:stream";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { bytesProgress, imagesProgress, trainingProgress } from "../../../tasks/cli/progress.ts";

const escape = "\x1b";
const controlCode = new RegExp(`${escape}(\\[[0-9;?]*[A-Za-z]|[78])`, "g");

class TextStream extends Writable {
  text = "";

  constructor(readonly isTTY: boolean, readonly columns: number = 80) {
    super();
  }

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.text += new TextDecoder().decode(chunk);
    done();
  }

  /** The states that a terminal would have shown in turn, without control codes. */
  get frames(): string[] {
    return this.text.split(`${escape}[1G`).map((frame) => frame.replace(controlCode, ""));
  }
}

const state = { loss: 1.23456, accuracy: 45.678, imagesPerSecond: 1234.5 };

/** Runs as on a terminal, without the CI variable, which turns bars off. */
function asOnTerminal(run: () => void): void {
  const { CI, TERM } = { CI: Deno.env.get("CI"), TERM: Deno.env.get("TERM") };
  Deno.env.delete("CI");
  Deno.env.set("TERM", "xterm");
  try {
    run();
  } finally {
    if (CI !== undefined) Deno.env.set("CI", CI);
    if (TERM === undefined) Deno.env.delete("TERM");
    else Deno.env.set("TERM", TERM);
  }
}

Deno.test("trainingProgress() writes only the last line of short work where there is no terminal", () => {
  const stream = new TextStream(false);
  const progress = trainingProgress({ label: "epoch 1/200", total: 391, stream });
  for (let step = 1; step <= 391; step++) progress.update({ step, ...state });
  assertEquals(stream.text, "");
  progress.stop();
  progress.stop();
  assertEquals(
    stream.text,
    "epoch 1/200: 391/391, loss 1.235, acc 45.7%, 1235 images/s, 0:00 left\n",
  );
});

Deno.test("trainingProgress() says the time left in the run after that of the epoch", () => {
  const stream = new TextStream(false);
  {
    using progress = trainingProgress({ label: "epoch 1/200", total: 391, stream });
    for (const step of [1, 391]) progress.update({ step, ...state, runSecondsLeft: 3725 });
  }
  assertMatch(stream.text, /, 0:00 left, whole run 1:02:05\n$/);
});

Deno.test("trainingProgress() says no time beyond the end of the run", () => {
  const stream = new TextStream(false);
  {
    using progress = trainingProgress({ label: "epoch 1/200", total: 1e9, stream });
    for (const step of [1, 2]) progress.update({ step, ...state, runSecondsLeft: 0 });
  }
  assertMatch(stream.text, /images\/s, 0:00 left\n$/);
});

Deno.test("trainingProgress() writes no two lines within the interval", async () => {
  const stream = new TextStream(false);
  const lineInterval = 0.1;
  using progress = trainingProgress({ label: "epoch 1/1", total: 100, stream, lineInterval });
  const start = performance.now();
  let step = 0;
  while (performance.now() - start < 350) {
    progress.update({ step: ++step, ...state });
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const lines = stream.text.trimEnd().split("\n");
  assert(lines.length >= 1 && lines.length <= 4, `${lines.length} lines`);
  assertMatch(lines[0]!, /^epoch 1\/1: \d+\/100, loss 1\.235, .*, \d+:\d\d left$/);
});

Deno.test("trainingProgress() says the time left at the pace of the steps after the first", async () => {
  const stream = new TextStream(false);
  {
    using progress = trainingProgress({ label: "e", total: 40_001, stream });
    await new Promise((resolve) => setTimeout(resolve, 600));
    progress.update({ step: 1, ...state });
    await new Promise((resolve) => setTimeout(resolve, 100));
    progress.update({ step: 2, ...state });
  }
  const [, hours] = stream.text.match(/ (\d+):\d\d:\d\d left\n$/) ?? [];
  assert(hours !== undefined, stream.text);
  assert(Number(hours) >= 0 && Number(hours) < 3, stream.text);
});

Deno.test("trainingProgress() shows a bar on a terminal, no wider than it", () => {
  asOnTerminal(() => {
    const stream = new TextStream(true);
    const progress = trainingProgress({ label: "epoch 12/200", total: 391, stream });
    for (const step of [1, 200, 391]) progress.update({ step, ...state });
    progress.stop();
    const last = stream.frames.findLast((frame) => frame.includes("epoch"))!;
    assertMatch(
      last,
      /^epoch 12\/200 █{8} 391\/391 {2}loss 1\.235 {2}acc 45\.7% {2}1235 images\/s/,
    );
    assert(stream.text.endsWith("\n"));
    for (const frame of stream.frames) assert(frame.trimEnd().length <= 80, frame);
  });
});

Deno.test("trainingProgress() leaves no terminal setting behind", () => {
  asOnTerminal(() => {
    const stream = new TextStream(true);
    {
      using progress = trainingProgress({ label: "epoch 1/1", total: 2, stream });
      progress.update({ step: 1, ...state });
    }
    assert(!stream.text.includes(`${escape}[?`), "a mode of the terminal was changed");
  });
});

Deno.test("imagesProgress() counts images", () => {
  const stream = new TextStream(false);
  {
    using progress = imagesProgress({ label: "teacher", total: 500, stream });
    progress.update(128);
    progress.update(500);
  }
  assertEquals(stream.text, "teacher: 500/500 images, 0:00 left\n");
});

Deno.test("bytesProgress() counts megabytes, with and without a known size", () => {
  const stream = new TextStream(false);
  {
    using progress = bytesProgress({ label: "cifar-10", total: 170_498_071, stream });
    progress.update(1_000_000);
    progress.update(85_000_000);
  }
  assertMatch(stream.text, /^cifar-10: 85\.0\/170\.5 MB, \d+:\d\d left\n$/);
  const unsized = new TextStream(false);
  {
    using progress = bytesProgress({ label: "cifar-10", stream: unsized });
    progress.update(85_000_000);
  }
  assertEquals(unsized.text, "cifar-10: 85.0 MB\n");
});

Deno.test("bytesProgress() shows the bytes on a terminal too", () => {
  asOnTerminal(() => {
    const stream = new TextStream(true, 120);
    {
      using progress = bytesProgress({ label: "cifar-10", total: 2e6, stream });
      progress.update(1e6);
    }
    const last = stream.frames.findLast((frame) => frame.includes("cifar"))!;
    assertStringIncludes(last, `cifar-10 ${"█".repeat(14)}${"░".repeat(14)} 1.0/2.0 MB`);
  });
});
