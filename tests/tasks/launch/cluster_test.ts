/** Tests of which processes train together. @module */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UserError } from "../../../lib/errors.ts";
import { UsageError } from "../../../tasks/cli/usage_error.ts";
import { type ClusterFlags, readCluster } from "../../../tasks/launch/cluster.ts";
import type { Place } from "../../../tasks/launch/cluster_place.ts";

type Variables = Readonly<Record<string, string>>;

function read(flags: ClusterFlags, variables: Variables = {}): ReturnType<typeof readCluster> {
  return readCluster(flags, (name) => variables[name]);
}

/** The one line that says what is wrong. */
function refusal(
  flags: ClusterFlags,
  variables: Variables,
  kind: "option" | "environment",
): string {
  const { name, message } = assertThrows(() => read(flags, variables), UserError);
  assertEquals(name, kind === "option" ? "UsageError" : "UserError");
  assertEquals(message.split("\n").length, 1);
  return message;
}

function assertRefuses(
  cases: readonly (readonly [flags: ClusterFlags, variables: Variables, part: string])[],
  kind: "option" | "environment",
): void {
  for (const [flags, variables, part] of cases) {
    const message = refusal(flags, variables, kind);
    assert(message.includes(part), `"${message}" does not say "${part}"`);
  }
}

const hosts = ["a:4000", "b:4000"];

function tfConfig(cluster: unknown, task: unknown): Variables {
  return { TF_CONFIG: JSON.stringify({ cluster, task }) };
}

/** The variables of a task that `srun` started, of which two run on each of two nodes. */
const slurm = {
  SLURM_JOB_ID: "12",
  SLURM_JOB_NODELIST: "node[01-09]",
  SLURM_NTASKS: "4",
  SLURM_STEP_ID: "0",
  SLURM_STEP_NUM_TASKS: "4",
  SLURM_STEP_NODELIST: "node[01-02]",
  SLURM_STEP_TASKS_PER_NODE: "2(x2)",
  SLURM_PROCID: "1",
  SLURM_NODEID: "0",
  SLURM_LOCALID: "1",
};
const slurmHosts = ["node01:20024", "node01:20025", "node02:20024", "node02:20025"];

Deno.test("readCluster() takes no word of several processes for one", () => {
  for (
    const variables of [{}, { TF_CONFIG: "", SLURM_STEP_ID: "" }, { JOB_COMPLETION_INDEX: "1" }]
  ) {
    assertEquals(read({}, variables), undefined);
  }
});

Deno.test("readCluster() reads --workers", () => {
  assertEquals(read({ workers: 2 }), { workers: 2 });
  assertEquals(read({ workers: "3" }), { workers: 3 });
  assertEquals(read({ workers: 1 }), undefined);
});

Deno.test("readCluster() reads --hosts and --rank, with IPv6 in brackets", () => {
  assertEquals(read({ hosts: "a:4000,b:4000", rank: 1 }), { hosts, rank: 1 });
  assertEquals(read({ hosts: " a:4000, b:4000 ", rank: "0" }), { hosts, rank: 0 });
  const addresses = ["[fd00::1]:4000", "[fd00::1]:4001", "10.0.0.1:65535", "gpu-a.local:1"];
  assertEquals(read({ hosts: addresses.join(), rank: 3 }), { hosts: addresses, rank: 3 });
  assertEquals(read({ hosts: "a:4000", rank: 0 }), undefined);
});

Deno.test("readCluster() refuses options that cannot be, as a wrong command line", () => {
  const { hosts } = { hosts: "a:1,b:1" };
  const cases: [ClusterFlags, string][] = [
    [{ workers: 2, hosts }, "Cannot use --workers and --hosts together"],
    [{ workers: 2, rank: 0 }, "--rank goes with --hosts only"],
    [{ rank: 0 }, "--rank goes with --hosts only"],
    [{ workers: 0 }, '--workers must be a whole number of at least 1, not "0"'],
    [{ workers: 1.5 }, 'not "1.5"'],
    [{ hosts }, "--hosts needs --rank N, a whole number from 0 to 1"],
    [{ hosts, rank: 2 }, '--rank must be a whole number from 0 to 1, a place in --hosts, not "2"'],
    [{ hosts, rank: "-1" }, 'not "-1"'],
    [{ hosts, rank: "0.5" }, 'not "0.5"'],
    [{ hosts, rank: "first" }, 'not "first"'],
    [{ hosts: "a,b:1", rank: 0 }, '"a" is no address such as node1:4000'],
    [{ hosts: "a:1,", rank: 0 }, '"" is no address'],
    [{ hosts: "a:0,b:1", rank: 0 }, '"a:0" is no address'],
    [{ hosts: "a:65536,b:1", rank: 0 }, '"a:65536" is no address'],
    [{ hosts: "fd00::1:4000,b:1", rank: 0 }, '"fd00::1:4000" is no address'],
    [{ hosts: "http://a:1,b:1", rank: 0 }, '"http://a:1" is no address'],
    [{ hosts: "a:1,b:1,A:1", rank: 0 }, '"A:1" is there twice'],
    [{ hosts: "a:1,\u001b[31m:1", rank: 0 }, '"\ufffd[31m:1" is no address'],
  ];
  assertRefuses(cases.map(([flags, part]) => [flags, {}, part] as const), "option");
  assert(assertThrows(() => read({ rank: 0 }), UsageError) instanceof UserError);
});

Deno.test("readCluster() takes the rank in --hosts from srun or an indexed Job", () => {
  const flags = { hosts: "a:4000,b:4000" };
  const step = { ...slurm, SLURM_STEP_NUM_TASKS: "2" };
  assertEquals(read(flags, step), { hosts, rank: 1 });
  assertEquals(read(flags, { JOB_COMPLETION_INDEX: "1" }), { hosts, rank: 1 });
  assertEquals(read({ ...flags, rank: 0 }, { JOB_COMPLETION_INDEX: "1" }), { hosts, rank: 0 });
  // A batch script is process 0 too, but not one of several.
  assertRefuses(
    [[flags, { SLURM_PROCID: "0", SLURM_NTASKS: "2" }, "--hosts needs --rank"]],
    "option",
  );
  assertRefuses([
    [flags, { JOB_COMPLETION_INDEX: "2" }, "Cannot use JOB_COMPLETION_INDEX, 2: as --rank it must"],
    [flags, { ...step, SLURM_PROCID: "3" }, "Cannot use SLURM_PROCID, 3: as --rank it must be"],
  ], "environment");
});

Deno.test("readCluster() reads TF_CONFIG, with the chief first", () => {
  const worker = { worker: hosts };
  assertEquals(read({}, tfConfig(worker, { type: "worker", index: 1 })), { hosts, rank: 1 });
  assertEquals(read({}, tfConfig(worker, { type: "worker", index: "1" })), { hosts, rank: 1 });
  const cluster = { worker: hosts, chief: ["c:4000"] };
  const all = ["c:4000", ...hosts];
  assertEquals(read({}, tfConfig(cluster, { type: "chief", index: 0 })), { hosts: all, rank: 0 });
  assertEquals(read({}, tfConfig(cluster, { type: "worker", index: 0 })), { hosts: all, rank: 1 });
  const alone = tfConfig({ chief: ["c:4000"] }, { type: "chief", index: 0 });
  assertEquals(read({}, { ...slurm, ...alone }), undefined);
});

Deno.test("readCluster() refuses a TF_CONFIG that cannot be, and says what to do", () => {
  const first = { type: "worker", index: 0 };
  const cases: [Variables, string][] = [
    [{ TF_CONFIG: "{'cluster'" }, "Cannot use TF_CONFIG, {'cluster': it is not JSON; correct it"],
    [{ TF_CONFIG: "null" }, "it has no cluster"],
    [{ TF_CONFIG: "{}" }, "it has no cluster"],
    [tfConfig({}, first), "it has no cluster"],
    [tfConfig("a:1", first), "it has no cluster"],
    [tfConfig({ worker: hosts, ps: ["c:1"] }, first), 'its cluster has "ps", but only chief and'],
    [tfConfig({ worker: "a:1,b:1" }, first), "its cluster must hold lists of addresses"],
    [tfConfig({ worker: [1, 2] }, first), "its cluster must hold lists of addresses"],
    [tfConfig({ worker: hosts }, undefined), "it has no task with a type"],
    [tfConfig({ worker: hosts }, { type: "evaluator", index: 0 }), 'has the type "evaluator", but'],
    [tfConfig({ worker: hosts }, { type: "ps", index: 0 }), 'has the type "ps", but only'],
    [tfConfig({ worker: hosts }, { type: "chief", index: 0 }), "a chief, but its cluster has none"],
    [
      tfConfig({ worker: hosts }, { type: "worker", index: 2 }),
      "index must be a whole number from",
    ],
    [tfConfig({ worker: hosts }, { type: "worker", index: -1 }), "from 0 to 1"],
    [tfConfig({ worker: hosts }, { type: "worker" }), "from 0 to 1"],
    [tfConfig({ worker: ["a", "b:1"] }, first), '"a" is no address'],
    [tfConfig({ worker: ["a:1", "a:1"] }, first), '"a:1" is there twice'],
  ];
  assertRefuses(cases.map(([variables, part]) => [{}, variables, part] as const), "environment");
});

Deno.test("readCluster() shows little of a long or hostile TF_CONFIG", () => {
  const message = refusal({}, { TF_CONFIG: `\u001b[2J\n${"x".repeat(5000)}` }, "environment");
  assert(message.length < 300, message);
  assert(!message.includes("\u001b"));
});

Deno.test("readCluster() reads Slurm's variables in a task that srun started", () => {
  assertEquals(read({}, slurm), { hosts: slurmHosts, rank: 1 });
  const last = { ...slurm, SLURM_PROCID: "3", SLURM_NODEID: "1" };
  assertEquals(read({}, last), { hosts: slurmHosts, rank: 3 });
  // Older versions of Slurm set fewer.
  const {
    SLURM_STEP_NUM_TASKS: _tasks,
    SLURM_STEP_NODELIST: _nodes,
    SLURM_JOB_ID: SLURM_JOBID,
    ...fewer
  } = slurm;
  const older = { ...fewer, SLURM_JOBID, SLURM_JOB_NODELIST: "node[01-02]" };
  assertEquals(read({}, older), { hosts: slurmHosts, rank: 1 });
});

Deno.test("readCluster() takes a task of Slurm without partners for one process", () => {
  const { SLURM_STEP_ID: _step, ...batch } = slurm;
  const { SLURM_PROCID: _rank, ...allocated } = batch;
  const alone = [
    batch,
    allocated,
    { ...slurm, SLURM_STEP_NUM_TASKS: "1" },
    // The shell of salloc: a special step of one task, beside the number of tasks of the job.
    { ...slurm, SLURM_STEP_ID: "4294967290", SLURM_STEP_NUM_TASKS: "1" },
    { ...slurm, SLURM_STEP_ID: "4294967291" },
    { ...slurm, SLURM_STEP_NUM_TASKS: "many" },
  ];
  for (const variables of alone) assertEquals(read({}, variables), undefined);
});

Deno.test("readCluster() prefers options to TF_CONFIG, and TF_CONFIG to Slurm", () => {
  const both = { ...slurm, ...tfConfig({ worker: hosts }, { type: "worker", index: 0 }) };
  assertEquals(read({}, both), { hosts, rank: 0 });
  assertEquals(read({ workers: 2 }, both), { workers: 2 });
  assertEquals(read({ workers: 1 }, both), undefined);
  assertEquals(read({ hosts: "c:1,d:1", rank: 1 }, both), { hosts: ["c:1", "d:1"], rank: 1 });
  assertEquals(read({ workers: 2 }, { TF_CONFIG: "{" }), { workers: 2 });
});

/** The nodes of a step with one task on each. */
function nodesOf(list: string, count: number): string[] {
  const variables = {
    ...slurm,
    SLURM_STEP_NODELIST: list,
    SLURM_STEP_NUM_TASKS: String(count),
    SLURM_STEP_TASKS_PER_NODE: `1(x${count})`,
    SLURM_PROCID: "0",
    SLURM_LOCALID: "0",
  };
  return (read({}, variables) as Place).hosts.map((host) => host.replace(/:\d+$/, ""));
}

Deno.test("readCluster() expands Slurm's lists of nodes", () => {
  assertEquals(nodesOf("a,b-2", 2), ["a", "b-2"]);
  assertEquals(nodesOf("node[01-03,7],gpu-a", 5), ["node01", "node02", "node03", "node7", "gpu-a"]);
  assertEquals(nodesOf("n[9-11]", 3), ["n9", "n10", "n11"]);
  assertEquals(nodesOf("n[099-100]", 2), ["n099", "n100"]);
  assertEquals(nodesOf("r[1-2]n[3,5]-ib", 4), ["r1n3-ib", "r1n5-ib", "r2n3-ib", "r2n5-ib"]);
});

Deno.test("readCluster() follows where Slurm puts the tasks", () => {
  const uneven = {
    ...slurm,
    SLURM_STEP_NODELIST: "a,b,c",
    SLURM_STEP_TASKS_PER_NODE: "2,1(x2)",
    SLURM_PROCID: "1",
  };
  const names = (variables: Variables) =>
    (read({}, variables) as Place).hosts.map((host) => host[0]).join("");
  assertEquals(names(uneven), "aabc");
  assertEquals(names({ ...uneven, SLURM_DISTRIBUTION: "block:cyclic" }), "aabc");
  const cyclic = { ...uneven, SLURM_DISTRIBUTION: "cyclic", SLURM_NODEID: "1", SLURM_LOCALID: "0" };
  assertEquals(names(cyclic), "abca");
  assertRefuses([
    [{}, { ...uneven, SLURM_NODEID: "1" }, "Cannot use SLURM_NODEID, 1: task 1 was expected to"],
    [{}, { ...uneven, SLURM_LOCALID: "0" }, "have 1; use srun --distribution=block"],
    [{}, { ...uneven, SLURM_DISTRIBUTION: "plane" }, "Cannot use SLURM_DISTRIBUTION, plane"],
    [{}, { ...uneven, SLURM_DISTRIBUTION: "arbitrary" }, "use srun --distribution=block"],
  ], "environment");
});

Deno.test("readCluster() gives jobs and steps that may share a node ports of their own", () => {
  const portsOf = (job: number, step: number) =>
    (read({}, { ...slurm, SLURM_JOB_ID: String(job), SLURM_STEP_ID: String(step) }) as Place)
      .hosts.slice(0, 2).map((host) => Number(host.split(":")[1]));
  const ports = [1, 2, 3].flatMap((job) => [0, 1, 2].flatMap((step) => portsOf(job, step)));
  assertEquals(new Set(ports).size, ports.length);
  for (const port of [...ports, ...portsOf(4294901760, 4294901759)]) {
    assert(port >= 20_000 && port < 32_000, String(port));
  }
});

Deno.test("readCluster() refuses Slurm's variables that cannot be", () => {
  const { SLURM_STEP_TASKS_PER_NODE: _, ...uncounted } = slurm;
  const nodes = (list: string): Variables => ({ ...slurm, SLURM_STEP_NODELIST: list });
  const counts = (list: string): Variables => ({ ...slurm, SLURM_STEP_TASKS_PER_NODE: list });
  const lists = [
    "node[01-",
    "node[]",
    "node[a-b]",
    "node[3-1]",
    "n[1-2]]",
    "a,,b",
    "a,",
    "n[1-99999]",
  ]
    .map((list) =>
      [nodes(list), `Cannot use SLURM_STEP_NODELIST, ${list}: it is no list`] as const
    );
  const cases: (readonly [Variables, string])[] = [
    ...lists,
    [nodes("n[1-9999]m[1-9999]"), "it is no list of nodes"],
    [nodes("n[1-9999],m[1-9999]"), "it is no list of nodes"],
    [nodes("node01"), "must be for the 4 tasks (at most 10000) and 1 nodes of this step"],
    [nodes("a,a"), '"a:20024" is there twice'],
    [nodes("a b,c"), '"a b:20024" is no address'],
    [counts("2(x2"), "Cannot use SLURM_STEP_TASKS_PER_NODE, 2(x2: it is no list of numbers"],
    [counts("2(x99999)"), "it is no list of numbers"],
    [counts("2,1"), "it must be for the 4 tasks"],
    [uncounted, "Cannot use SLURM_STEP_TASKS_PER_NODE: srun did not set it"],
    [
      { ...slurm, SLURM_PROCID: "4" },
      "Cannot use SLURM_PROCID, 4: it must be a whole number from 0",
    ],
    [{ ...slurm, SLURM_JOB_ID: "x" }, "Cannot use SLURM_JOB_ID, x: it is no whole number"],
    [{
      ...counts("999999999(x2)"),
      SLURM_STEP_NUM_TASKS: "1999999998",
    }, "must be for the 1999999998 tasks (at most 10000)"],
  ];
  assertRefuses(cases.map(([variables, part]) => [{}, variables, part] as const), "environment");
});

Deno.test("readCluster() ends with a plan, or with one line, whatever the environment holds", () => {
  const pieces = fc.constantFrom("a", "1", "0", "[", "]", "-", ",", "(x", ")", "{", "}", ":", '"');
  const text = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 12 }).map((all) => all.join("")),
  );
  const variables = fc.dictionary(fc.constantFrom("TF_CONFIG", ...Object.keys(slurm)), text);
  fc.assert(fc.property(variables, fc.boolean(), (some, isStep) => {
    try {
      read({}, { ...(isStep ? slurm : {}), ...some });
    } catch (error) {
      assert(error instanceof UserError && !(error instanceof UsageError), String(error));
      assert(!/\p{Cc}/u.test(error.message));
    }
  }));
});
