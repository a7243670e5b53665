/** Tests of tasks/doctor/judge.ts. @module */
import { assertEquals, assertMatch } from "@std/assert";
import type { Facts } from "../../../tasks/doctor/facts.ts";
import { bytesText, judge } from "../../../tasks/doctor/judge.ts";

const folder = { path: "/x", exists: true, free: 50e9, writable: true };

/** A machine on which nothing is missing. */
const healthy: Facts = {
  engine: {
    asked: "auto",
    used: "TensorFlow 2.20.0 on the CPU, 4 threads",
    why: ["TensorFlow: ...", "the CPU: no NVIDIA driver is seen"],
    library: { path: "/x/lib.so", source: "cache", megabytes: 720, version: "2.20.0" },
    missing: null,
    failure: null,
    failureAdvises: false,
    devices: ["CPU:0"],
    threads: 4,
    fusedOps: true,
    batch: 128,
    float32: { milliseconds: 2, gigaflops: 300 },
    bfloat16: null,
  },
  machine: {
    os: "linux",
    arch: "x86_64",
    processor: null,
    processors: 4,
    instructions: null,
    memory: { total: 16e9, available: 8e9 },
    nvidiaDriver: null,
    deno: "2.9.6",
    v8: "15",
    standardModules: "JSR",
  },
  folders: { cache: folder, data: folder, logs: folder },
  dataSets: [
    { name: "CIFAR10", folder: "/x/cifar-10-batches-bin", state: "missing", wrong: [] },
    { name: "CIFAR10-sample", folder: "/x/cifar10-sample", state: "present", wrong: [] },
  ],
};

/** The same machine with other facts of one kind. */
function changed<K extends "engine" | "machine" | "folders">(
  kind: K,
  change: Partial<Facts[K]>,
): Facts {
  return { ...healthy, [kind]: { ...healthy[kind], ...change } };
}

const notThere = {
  used: null,
  library: null,
  devices: [],
  missing: { name: "linux-x64-cpu", megabytes: 259, folder: "/x/libtensorflow" },
};

Deno.test("judge() finds nothing wrong with a machine that has all", () => {
  assertEquals(judge(healthy, { ngpu: undefined }), { problems: [], notes: [] });
});

Deno.test("judge() says in a line what is missing and what mends it", () => {
  const cases: [facts: Facts, ...problems: RegExp[]][] = [
    [changed("engine", notThere), /is not there: .*run deno task setup \(it fetches 259 MB\)$/],
    [
      { ...changed("engine", notThere), machine: { ...healthy.machine, nvidiaDriver: "570.1" } },
      /, or do without the GPU by --ngpu 0$/,
    ],
    [
      {
        ...changed("engine", notThere),
        folders: { ...healthy.folders, cache: { ...folder, free: 5e8 } },
      },
      /deno task setup/,
      /needs about 1 GB at \/x, and 500 MB are free; .*ATTENTION_TRANSFER_CACHE/,
    ],
    [
      {
        ...changed("engine", notThere),
        folders: { ...healthy.folders, cache: { ...folder, writable: false } },
      },
      /deno task setup/,
      /cannot be fetched: \/x cannot be written; set ATTENTION_TRANSFER_CACHE/,
    ],
    [
      changed("engine", { failure: "Cannot open it; do this", failureAdvises: true }),
      /^Cannot open it; do this$/,
    ],
    [
      changed("engine", { failure: "it is wrong" }),
      /does not work here: it is wrong; use --engine/,
    ],
    [changed("folders", { logs: { ...folder, free: 1e6 } }), /^the disk is full: 1 MB are free/],
  ];
  for (const [facts, ...expected] of cases) {
    const { problems } = judge(facts, { ngpu: undefined });
    assertEquals(problems.length, expected.length, problems.join("\n"));
    problems.forEach((problem, i) => assertMatch(problem, expected[i]!));
  }
});

Deno.test("judge() notes what does not stop training", () => {
  const cases: [facts: Facts, ngpu: number | undefined, note: RegExp][] = [
    [healthy, 1, /^no GPU computes, but the CPU: no NVIDIA driver is seen$/],
    [changed("machine", { nvidiaDriver: "570.1" }), undefined, /^no GPU computes, but the CPU/],
    [changed("engine", { fusedOps: false }), undefined, /no fused ops/],
    [changed("engine", { asked: "cpu", fusedOps: null }), undefined, /deno task setup/],
    [
      changed("engine", { library: { ...healthy.engine.library!, version: "2.15.1" } }),
      undefined,
      /^TensorFlow 2\.15\.1 is another release/,
    ],
    [
      changed("machine", { memory: { total: 2e9, available: 5e8 } }),
      undefined,
      /^500 MB of memory are free/,
    ],
    [
      changed("folders", { data: { ...folder, writable: false } }),
      undefined,
      /^CIFAR10 cannot be fetched: \/x cannot be written; use another --dataroot$/,
    ],
  ];
  for (const [facts, ngpu, note] of cases) {
    const { problems, notes } = judge(facts, { ngpu });
    assertEquals([problems, notes.length], [[], 1], notes.join("\n"));
    assertMatch(notes[0]!, note);
  }
});

Deno.test("bytesText() is in a unit of a fitting size", () => {
  assertEquals([1.64e9, 25.3e9, 2e7, 65536].map(bytesText), ["1.6 GB", "25 GB", "20 MB", "0.1 MB"]);
});
