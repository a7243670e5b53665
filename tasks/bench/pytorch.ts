/**
 * The PyTorch half of the benchmark: starts tasks/bench/pytorch.py and asks it for times.
 *
 * @module
 */
import { type Child, type Message, pythonProgram, startChild } from "./child.ts";
import { orNote } from "./in_turns.ts";

/** A running PyTorch. */
export interface PyTorch extends Pick<Child, "close"> {
  readonly versions: Readonly<Record<string, string>>;
  /** The ways in which it runs a step: eager, channels_last, compile. */
  readonly variants: readonly string[];
  /** The ways in which it loads the images of an epoch. */
  readonly loaders: readonly string[];
  /** The milliseconds of each of what is asked for. */
  times(request: Message): Promise<number[]>;
  /** The peak resident memory of its process; on Linux only. */
  peakBytes(): Promise<number>;
}

/** Where PyTorch is, and how many processor threads it may use. */
export interface PyTorchOptions {
  python: string;
  threads: number;
  /**
   * Whether it is told to ask for huge pages where our half is: they change its times and its memory.
   *
   * @default true
   */
  hugePages?: boolean;
}

/** What to do where it is not there. */
export const howToInstall =
  "pip install -r tasks/bench/requirements.txt, or name a Python that has it with --python";

/** Starts the PyTorch half of the benchmark; undefined, with a line that says so, where it cannot. */
export async function startPyTorch(
  { python, threads, hugePages = true }: PyTorchOptions,
): Promise<PyTorch | undefined> {
  const args = [pythonProgram("pytorch.py"), "--threads", String(threads)];
  const child = await orNote(
    () => startChild(python, args, hugePages ? {} : withoutHugePages()),
    (why) => `no PyTorch beside (${why}); ${howToInstall}`,
  );
  return child && {
    ...child.ready as Pick<PyTorch, "versions" | "variants" | "loaders">,
    times: async (request) => (await child.ask(request)).times as number[],
    peakBytes: async () => (await child.ask({ memory: true })).peakBytes as number,
    close: child.close,
  };
}

/** The settings of Linux's C library less the one that tasks/launch/deno.ts adds. */
function withoutHugePages(): Record<string, string> {
  const tunables = Deno.env.get("GLIBC_TUNABLES")?.split(":") ?? [];
  const others = tunables.filter((tunable) => !tunable.startsWith("glibc.malloc.hugetlb="));
  return { GLIBC_TUNABLES: others.join(":") };
}
