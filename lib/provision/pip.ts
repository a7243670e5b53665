/**
 * Python and pip as child processes: finding them, fetching pinned wheels and unpacking them.
 *
 * A wheel is a zip archive, which needs no Python. What needs pip is the way to it: only pip reads all of
 * the user's settings (configuration files, environment, keyring) of indexes, mirrors, proxies and
 * certificates, and without them nothing can be fetched behind many a company's wall.
 *
 * @module
 */
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { join } from "@std/path";
import { UserError } from "../errors.ts";
import { brokeOff } from "./explain.ts";
import type { Pin } from "./platform.ts";

/** A command line that starts Python, such as `["py", "-3"]`. */
export type Python = readonly [command: string, ...args: string[]];

/** Takes the lines that tell how far things are. */
export type Log = (line: string) => void;

/** pip or Python ran, and ended with an error, or was ended. */
export class PipError extends Error {
  override name = "PipError";

  /**
   * @param output What it wrote on standard error, line by line.
   * @param signal What ended it, such as `SIGKILL`; null where it ended by itself.
   */
  constructor(readonly output: readonly string[], readonly signal: Deno.Signal | null = null) {
    super(output.join("\n"));
  }
}

// Python looks for modules in the current folder first, where anybody's files may lie.
const ownPath = `
import sys
if sys.path[:1] == [""]:
    del sys.path[0]
`;

const pipProgram = "import runpy; runpy.run_module('pip', run_name='__main__', alter_sys=True)";

/**
 * Looks for a Python that has pip.
 *
 * @throws {UserError} If there is none.
 * @throws {PipError} If it was ended.
 */
export async function findPython(): Promise<Python> {
  const candidates: Python[] = [["python3"], ["python"]];
  if (Deno.build.os === "windows") candidates.push(["py", "-3"]);
  let withoutPip: string | undefined;
  for (const python of candidates) {
    const [command, ...args] = python;
    try {
      const probe = [...args, "-c", ownPath + pipProgram, "--version"];
      const { success, signal, stderr } = await new Deno.Command(command, { args: probe }).output();
      if (success) return python;
      if (signal) throw new PipError([], signal);
      if (new TextDecoder().decode(stderr).includes("No module named")) withoutPip ??= command;
    } catch (error) {
      const absent = error instanceof Deno.errors.NotFound ||
        error instanceof Deno.errors.PermissionDenied ||
        // Deno allows programs by name only where it finds them.
        error instanceof Deno.errors.NotCapable;
      if (!absent) throw error;
    }
  }
  throw new UserError(
    withoutPip
      ? `${withoutPip} has no pip; install pip (Debian, Ubuntu: apt install python3-pip; ` +
        `elsewhere: ${withoutPip} -m ensurepip)`
      : "no Python 3 with pip was found; install Python 3 with pip",
    { code: "not-fetched" },
  );
}

// The user's settings that say what pip is to fetch, which is decided here, and that pip's flags do
// not replace. Those that say from where and how (index, proxy, certificates, time limits) stay.
const overruled = [
  "PIP_ABI",
  "PIP_CONSTRAINT",
  "PIP_IMPLEMENTATION",
  "PIP_PLATFORM",
  "PIP_PYTHON_VERSION",
  "PIP_REQUIREMENT",
];

function childEnv(temporary: string): Record<string, string> {
  const env = Deno.env.toObject();
  for (const name of overruled) delete env[name];
  return {
    PIP_RESUME_RETRIES: "5", // what some releases of pip do anyway
    ...env,
    PIP_DISABLE_PIP_VERSION_CHECK: "1",
    PIP_NO_INPUT: "1",
    // A setting of "require-virtualenv" in pip's file can only be overruled here.
    PIP_REQUIRE_VIRTUALENV: "0",
    PYTHONUNBUFFERED: "1",
    TMPDIR: temporary,
    TEMP: temporary,
    TMP: temporary,
  };
}

async function eachLine(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  use: Log,
): Promise<void> {
  const input = Readable.from(stream.pipeThrough(new TextDecoderStream()));
  for await (const line of createInterface({ input })) if (line.trim()) use(line);
}

// Python's end of the tie: its standard input is held open by this process, and so it sees when that
// is no more, however it ended. Without it pip would fetch on beside the pip of the next start.
const tiedProgram = `
import os, threading
def watch():
    while os.read(0, 1):
        pass
    os._exit(1)
threading.Thread(target=watch, daemon=True).start()
`;

/** Runs a Python program, which ends when this process does. */
async function run(
  python: Python,
  [program, ...args]: [string, ...string[]],
  temporary: string,
  log: Log,
): Promise<void> {
  const [command, ...first] = python;
  // pip draws its progress bar only on a terminal.
  const onTerminal = Deno.stdout.isTerminal() && Deno.stderr.isTerminal();
  const child = new Deno.Command(command, {
    args: [...first, "-c", ownPath + tiedProgram + program, ...args],
    env: childEnv(temporary),
    clearEnv: true,
    stdin: "piped",
    stdout: onTerminal ? "inherit" : "piped",
    stderr: "piped",
  }).spawn();
  const errors: string[] = [];
  const [status] = await Promise.all([
    child.status,
    onTerminal ? undefined : eachLine(child.stdout, log),
    eachLine(child.stderr, (line) => {
      errors.push(line);
      if (line.startsWith("WARNING:")) log(line);
    }),
  ]);
  await child.stdin.close().catch(() => {}); // the other end is closed already
  if (!status.success) throw new PipError(errors, status.signal);
}

/** Lines of a requirements file that allow exactly these files. */
export function requirements(pins: readonly Pin[]): string {
  const line = ({ name, version, sha256 }: Pin): string =>
    [`${name}==${version}`, ...sha256.map((digest) => `--hash=sha256:${digest}`)].join(" ");
  return pins.map((pin) => line(pin) + "\n").join("");
}

/** How often a download is begun before its failure is told. */
const tries = 3;

/**
 * Fetches pinned wheels into `folder/wheels`, anew where the connection breaks off in the middle:
 * before 25.1 pip tries again only what has not begun.
 *
 * @param flags pip's flags that choose among the wheels of a version.
 * @throws {PipError} If pip fails.
 */
export async function fetchWheels(
  python: Python,
  pins: readonly Pin[],
  flags: readonly string[],
  folder: string,
  log: Log,
): Promise<void> {
  const file = join(folder, "requirements.txt");
  await Deno.writeTextFile(file, requirements(pins));
  const what = ["--no-deps", "--only-binary=:all:", "--require-hashes", "-r", file, ...flags];
  const args = ["download", ...what, "--dest", join(folder, "wheels")];
  for (let left = tries; true; left--) {
    // What pip keeps of earlier downloads spares it some, unless that is what is wrong.
    const last = left === 1 ? ["--no-cache-dir"] : [];
    try {
      return await run(python, [pipProgram, ...args, ...last], folder, log);
    } catch (error) {
      const again = left > 1 && error instanceof PipError && brokeOff(error.output);
      if (!again) throw error;
      log("The download broke off; trying again");
    }
  }
}

// Wheels are zip archives. Python's reader checks every file's CRC, and leaves out file modes.
const unpackProgram = `
import os, re, sys, zipfile
wheels, target, keep = sys.argv[1], sys.argv[2], re.compile(sys.argv[3])
for name in sorted(os.listdir(wheels)):
    print("Unpacking", name)
    wheel = os.path.join(wheels, name)
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            if member.is_dir() or not keep.search(member.filename):
                continue
            path = archive.extract(member, target)
            with open(path, "rb+") as file:
                os.fsync(file.fileno())
            if member.external_attr >> 16 & 0o100:
                os.chmod(path, 0o755)
    os.remove(wheel)
`;

/**
 * Unpacks the files of `folder/wheels` whose path matches `keep` into `folder/files`, each of them
 * written through to the disk, and removes the wheels.
 *
 * Not `pip install`: it would write 1.2 GB for 0.8 GB that are needed, and TensorFlow's header
 * files have paths longer than Windows allows.
 *
 * @param keep A pattern that means the same in Python.
 * @throws {PipError} If Python fails.
 */
export async function unpackWheels(
  python: Python,
  folder: string,
  keep: RegExp,
  log: Log,
): Promise<void> {
  const args = [join(folder, "wheels"), join(folder, "files"), keep.source];
  await run(python, [unpackProgram, ...args], folder, log);
}

/** Copies the library of Python itself, which only Windows keeps in a file of its own, to `folder`. */
export async function copyPythonLibrary(
  python: Python,
  folder: string,
  log: Log,
): Promise<void> {
  const program = "import os, shutil, sys; shutil.copy(os.path.join(sys.base_prefix, " +
    "'python%d%d.dll' % sys.version_info[:2]), sys.argv[1])";
  await run(python, [program, join(folder, "files")], folder, log);
}
