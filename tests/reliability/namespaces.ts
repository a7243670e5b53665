/**
 * Two hosts on one machine: network namespaces of Linux with a cable between them.
 *
 * @module
 */

/** Two namespaces, `10.0.0.1` and `10.0.0.2`. */
export interface TwoHosts {
  /** The words before a command that runs it on host 0 or 1. */
  on(host: number): string[];
  /** Pulls the cable out, or plugs it in again. */
  plug(state: "up" | "down"): Promise<void>;
  /** Makes the cable slow and bad in both directions. Throws where the kernel or `tc` cannot. */
  worsen(): Promise<void>;
}

/** Runs a command; its errors if it fails. */
async function run(program: string, ...args: string[]): Promise<string | undefined> {
  try {
    const { success, stderr } = await new Deno.Command(program, { args }).output();
    return success ? undefined : new TextDecoder().decode(stderr).trim() || "it failed";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function mustRun(words: string): Promise<void> {
  const [program, ...args] = words.split(" ");
  const failure = await run(program as string, ...args);
  if (failure !== undefined) throw new Error(`${words}: ${failure}`);
}

const ip = (words: string) => mustRun(`ip ${words}`);

/** Unique among all processes of the machine. */
const names = [0, 1].map((host) => `host${host}-${Deno.pid}`);

/** Why a test on two hosts cannot run here; undefined if it can. */
export async function whyNot(
  test: (hosts: TwoHosts) => Promise<void>,
): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return "they are of Linux";
  try {
    await onTwoHosts(test);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Runs a test with two hosts. Ends what still runs on them afterwards, and removes them. */
export async function onTwoHosts(test: (hosts: TwoHosts) => Promise<void>): Promise<void> {
  const on = (host: number) => ["ip", "netns", "exec", names[host] as string];
  const made: string[] = [];
  try {
    for (const name of names) {
      await ip(`netns add ${name}`);
      made.push(name);
    }
    await ip(`link add cable netns ${names[0]} type veth peer name cable netns ${names[1]}`);
    for (const [host, name] of names.entries()) {
      await ip(`-n ${name} addr add 10.0.0.${host + 1}/24 dev cable`);
      for (const link of ["lo", "cable"]) await ip(`-n ${name} link set ${link} up`);
    }
    await test({
      on,
      plug: (state) => ip(`-n ${names[0]} link set cable ${state}`),
      async worsen() {
        for (const name of names) {
          await mustRun(
            `ip netns exec ${name} tc qdisc add dev cable root netem delay 10ms loss 1%`,
          );
        }
      },
    });
  } finally {
    for (const name of made) {
      await endAllOn(name);
      await ip(`netns del ${name}`);
    }
  }
}

async function endAllOn(name: string): Promise<void> {
  const { stdout } = await new Deno.Command("ip", { args: ["netns", "pids", name] }).output();
  for (const pid of new TextDecoder().decode(stdout).split("\n").filter(Boolean)) {
    await run("kill", "-KILL", pid);
  }
}
