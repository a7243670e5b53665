/**
 * That Ctrl-C ends a task whenever it comes: also while the launcher starts, and starts the task.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { inFolder } from "../folders.ts";
import { long } from "../long.ts";
import { launch } from "../tasks/command.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));

/** How often to try; `EARLY_INTERRUPTIONS=200` for many. */
const tries = Number(Deno.env.get("EARLY_INTERRUPTIONS") ?? 10);

/** A task with a group of processes of its own, as one that a terminal runs in front. */
function startInGroup(cwd: string) {
  const network = ["--dataset", "CIFAR10-sample", "--depth", "10", "--width", "0.25"];
  const args = [...network, "--epochs", "200", "--save", "run"];
  const child = new Deno.Command("setsid", {
    args: [Deno.execPath(), ...launch("cifar", ...args)],
    cwd: root,
    env: { NO_COLOR: "1", INIT_CWD: cwd },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const signal = async (name: string) =>
    (await new Deno.Command("kill", { args: [`-${name}`, "--", `-${child.pid}`], stderr: "null" })
      .output()).success;
  return { pid: child.pid, status: child.status, signal };
}

/** Whether a group has a process that lives; who is dead may wait long for a parent that asks. */
function isAlive(group: number): boolean {
  return [...Deno.readDirSync("/proc")].some(({ name }) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const stat = Deno.readTextFileSync(`/proc/${name}/stat`);
      const [state, , own] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return Number(own) === group && state !== "Z";
    } catch {
      return false; // it has just ended
    }
  });
}

/** Sends Ctrl-C at a moment, and sees that all processes end, with its exit code. */
async function interrupt(moment: (pid: number) => Promise<void>, label: string): Promise<void> {
  await inFolder(async (cwd) => {
    const { pid, status, signal } = startInGroup(cwd);
    try {
      await moment(pid);
      await signal("INT");
      const patience = Promise.withResolvers<"goes on">();
      const timer = setTimeout(() => patience.resolve("goes on"), 60_000);
      const ended = await Promise.race([status, patience.promise]);
      clearTimeout(timer);
      assert(ended !== "goes on", `${label}: it goes on`);
      assertEquals(ended.code, 130, label);
      // All were told at once; the last may end a little later.
      for (let left = 100; isAlive(pid); left--) {
        assert(left > 0, `${label}: a process is left`);
        await wait(50);
      }
    } finally {
      await signal("KILL");
      await status;
    }
  });
}

const wait = (milliseconds: number) => new Promise<void>((done) => setTimeout(done, milliseconds));

/** Waits until the process handles SIGINT itself. */
async function untilHandled(pid: number): Promise<void> {
  for (;;) {
    const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
    const caught = status.match(/^SigCgt:\s+([\da-f]+)$/m)?.[1];
    if (caught === undefined || BigInt(`0x${caught}`) & 2n) return;
    await wait(1);
  }
}

Deno.test({
  name: "deno task cifar ends on Ctrl-C at the moment from which the launcher handles it",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    for (let i = 0; i < 3; i++) await interrupt(untilHandled, "as soon as it is handled");
  },
});

long.test({
  name: "deno task cifar ends on Ctrl-C at any moment of its start, and leaves no process",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    for (let i = 0; i < tries; i++) {
      const milliseconds = 500 * Math.random();
      await interrupt(() => wait(milliseconds), `after ${milliseconds.toFixed(1)} ms`);
    }
  },
});
