/**
 * Runs Python and pip: finds them, fetches pinned wheels, and unpacks them.
 *
 * Unpacking a wheel, which is a zip archive, would not need Python. But only pip reads all of the
 * user's settings (configuration files, environment, keyring) for indexes, mirrors, proxies and
 * certificates. Behind many company networks, nothing can be fetched without them.
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

/** Receives progress lines. */
export type Log = (line: string) => void;

/** pip or Python failed or was killed. */
export class PipError extends Error {
  override name = "PipError";

  /**
   * @param output Its lines on standard error.
   * @param signal The signal that killed it, such as `SIGKILL`; null if there was none.
   */
  constructor(readonly output: readonly string[], readonly signal: Deno.Signal | null = null) {
    super(output.join("\n"));
  }
}

// Python first looks for modules in the current folder, which may contain untrusted files.
const ownPath = `
import sys
if sys.path[:1] == [""]:
    del sys.path[0]
`;

const pipProgram = "import runpy; runpy.run_module('pip', run_name='__main__', alter_sys=True)";

/**
 * Finds a Python with pip.
 *
 * @throws {UserError} If there is none.
 * @throws {PipError} If it was killed.
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
        // Deno only allows programs by name if it finds them.
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

// User settings that choose what pip fetches and that pip's flags do not override. This library decides
// that. Settings for source and connection (index, proxy, certificates, time limits) are kept.
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
    PIP_RESUME_RETRIES: "5", // the default of some pip releases
    ...env,
    PIP_DISABLE_PIP_VERSION_CHECK: "1",
    PIP_NO_INPUT: "1",
    // Only this overrides "require-virtualenv" in pip's configuration file.
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

// Ends Python if this process ends in any way: this process holds Python's standard input open.
// Otherwise pip would go on fetching while the next start runs pip again.
const tiedProgram = `
import os, threading
def watch():
    while os.read(0, 1):
        pass
    os._exit(1)
threading.Thread(target=watch, daemon=True).start()
`;

/** Runs a Python program, which ends when this process ends. */
async function run(
  python: Python,
  [program, ...args]: [string, ...string[]],
  temporary: string,
  log: Log,
): Promise<void> {
  const [command, ...first] = python;
  // pip only draws its progress bar on a terminal.
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
  await child.stdin.close().catch(() => {}); // the other end is already closed
  if (!status.success) throw new PipError(errors, status.signal);
}

/** Lines of a requirements file that only allow exactly these files. */
export function requirements(pins: readonly Pin[]): string {
  const line = ({ name, version, sha256 }: Pin): string =>
    [`${name}==${version}`, ...sha256.map((digest) => `--hash=sha256:${digest}`)].join(" ");
  return pins.map((pin) => line(pin) + "\n").join("");
}

/** The number of download attempts before the error is reported. */
const tries = 3;

/**
 * Fetches pinned wheels into `folder/wheels`. Retries if the connection breaks during a download: pip
 * before 25.1 only retries before a download starts.
 *
 * @param flags pip's flags that select among the wheels of a version.
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
    // pip's cache saves downloads, but skip it in the last attempt, because it may cause the error.
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

// Wheels are zip archives. Python's reader checks the CRC of every file, and ignores file modes.
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
 * Unpacks the files of `folder/wheels` whose path matches `keep` into `folder/files`, flushes them to
 * disk, and removes the wheels.
 *
 * `pip install` would write 1.2 GB instead of the 0.8 GB needed, and the paths of TensorFlow's header
 * files are too long for Windows.
 *
 * @param keep A pattern with the same meaning in Python.
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

/** Copies Python's own library to `folder`. Only Windows has it in a separate file. */
export async function copyPythonLibrary(
  python: Python,
  folder: string,
  log: Log,
): Promise<void> {
  const program = "import os, shutil, sys; shutil.copy(os.path.join(sys.base_prefix, " +
    "'python%d%d.dll' % sys.version_info[:2]), sys.argv[1])";
  await run(python, [program, join(folder, "files")], folder, log);
}
