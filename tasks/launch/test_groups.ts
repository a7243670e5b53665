/**
 * Runs the whole test suite in several processes, because most tests use one processor. Each
 * process runs a few files; when it ends, the next group starts.
 *
 * @module
 */
import { stripVTControlCharacters } from "node:util";
import { basename, dirname, join, relative } from "@std/path";
import { docExamples, needsOwnProcess } from "./doc_examples.ts";

/** Largest number of files per process. */
const groupSize = 12;

/** The same for files that train by tasks, whose tests take long. */
const taskGroupSize = 5;

/** Largest number of processes at the same time: each needs up to 3 GB of memory. */
const mostProcesses = 4;

/** Minutes after which a group is killed and fails: none takes a fifth of it. */
const longestMinutes = 30;

/** The tests of one process. */
export interface TestGroup {
  /** Paths in the repository, and flags. */
  readonly paths: readonly string[];
  /** True to load the files as one module: for each module, Deno would load tfjs anew. */
  readonly asOneModule?: boolean;
  /** Its environment variables. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a group, passes on each line of output, kills it if asked, and returns the exit code. */
export type RunGroup = (
  group: TestGroup,
  onLine: (line: string) => void,
  kill: AbortSignal,
) => Promise<number>;

/** The sources whose doc comments may have examples: to be run together, or each apart. */
export function docSources(root: string): { together: string[]; apart: string[] } {
  const sources = [
    join(root, "mod.ts"),
    ...["lib", "models"].flatMap((x) => sourcesIn(join(root, x))),
  ];
  const isApart = (path: string) => docExamples(Deno.readTextFileSync(path)).some(needsOwnProcess);
  return {
    together: sources.filter((path) => !isApart(path)).sort(),
    apart: sources.filter(isApart).sort(),
  };
}

/** The groups of the whole suite: examples that need a process, and test files by backend. */
export function testGroups(root: string, isQuick: boolean): TestGroup[] {
  const files = sourcesIn(join(root, "tests"))
    .filter((path) => path.endsWith("_test.ts"))
    .sort()
    .map((path) => ({ path: relative(root, path), backend: startedBackend(path) }));
  // On a processor without oneDNN support for bfloat16, TensorFlow has it if oneDNN is off.
  const narrow = files.map(({ path }) => path)
    .filter((path) => importsFile(join(root, path), "narrows.ts"));
  const examples = ["--doc", ...docSources(root).apart.map((path) => relative(root, path))];
  const groups: TestGroup[] = [
    ...(isQuick ? [] : [{ paths: narrow, env: { TF_ENABLE_ONEDNN_OPTS: "0" } }]),
    ...files.filter(({ backend }) => backend === "several").map(({ path }) => ({ paths: [path] })),
  ];
  for (const name of ["tasks", "tensorflow", "cpu", "none"] as const) {
    const paths = files.filter(({ backend }) => backend === name).map(({ path }) => path);
    // Dealt like cards: files that take long lie beside each other, and no group shall get them all.
    const count = Math.ceil(paths.length / (name === "tasks" ? taskGroupSize : groupSize));
    for (let i = 0; i < count; i++) {
      groups.push({ paths: paths.filter((_, j) => j % count === i), asOneModule: true });
    }
  }
  // What takes long begins early, so that no processor waits for it at the end.
  const long = new Set(
    files.map(({ path }) => path).filter((path) => importsFile(join(root, path), "long.ts")),
  );
  const longFiles = ({ paths }: TestGroup) => paths.filter((path) => long.has(path)).length;
  return [{ paths: examples }, ...groups.sort((a, b) => longFiles(b) - longFiles(a))];
}

/** What `deno test` is started with for a group. */
export function startOf(
  { paths, asOneModule, env }: TestGroup,
): { paths: readonly string[]; env: Readonly<Record<string, string>> } {
  return asOneModule
    ? { paths: ["tests/files.ts"], env: { ATTENTION_TRANSFER_TEST_FILES: paths.join(" ") } }
    : { paths, env: env ?? {} };
}

/** Tests of modules that change tfjs for the rest of the process: its gradients or backends. */
const changing = /any_backend|lib\/autodiff|backend\/inspect_test/;

/**
 * The backend that a test file starts as it is loaded. Files of one module must start the same one. A
 * file that starts several, or TensorFlow in another way, has a process of its own: one that has
 * used WebGPU may be unable to start TensorFlow.
 */
function startedBackend(path: string): "tasks" | "tensorflow" | "cpu" | "none" | "several" {
  const text = Deno.readTextFileSync(path);
  if (changing.test(path)) return "several";
  const others = /useTensorFlow\(\{ (threads|opThreads|cluster)|setBackend\("(wasm|webgpu)/;
  if (others.test(text) || /start(Engine|TensorFlow)\(/.test(text)) return "several";
  if (/^await useTensorFlow\(\)/m.test(text)) return "tasks";
  if (/^(const .* = .*)?await useTensorFlow\(|\/backends\.ts"/m.test(text)) return "tensorflow";
  if (/^(await )?(tf\.setBackend\("cpu"\)|startForParams\()/m.test(text)) return "cpu";
  return importsBackends(path) ? "tensorflow" : "none";
}

/** True if a file imports tests/backends.ts, which starts TensorFlow, itself or by another file. */
function importsBackends(path: string): boolean {
  const imported = Deno.readTextFileSync(path).matchAll(/ from "(\.{1,2}\/[^"]+)";$/gm);
  return [...imported].some(([, name]) => {
    const file = join(dirname(path), name as string);
    return /[/\\]tests[/\\]/.test(file) &&
      (basename(file) === "backends.ts" || importsBackends(file));
  });
}

/** True if a source imports a file of this name. */
export function importsFile(path: string, name: string): boolean {
  const lines = Deno.readTextFileSync(path).split("\n");
  return lines.some((line) => line.startsWith("import ") && line.endsWith(`/${name}";`));
}

/** The TypeScript files in a folder. */
export function sourcesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = join(folder, name);
    if (isDirectory) return sourcesIn(path);
    return name.endsWith(".ts") ? [path] : [];
  });
}

/**
 * Runs groups of tests and prints their output by file, then the failed tests and the totals.
 *
 * @returns 0, or the exit code of a failed group.
 */
export async function runGroups(
  groups: readonly TestGroup[],
  run: RunGroup,
  {
    // More than there are processors, because some tests wait: for time limits, for pip.
    processes = Math.min(mostProcesses, 2 * navigator.hardwareConcurrency),
    write = console.log,
    minutes: longest = longestMinutes,
  } = {},
): Promise<number> {
  const start = performance.now();
  const waiting = [...groups];
  const failures: string[] = [];
  const counts = { passed: 0, failed: 0, ignored: 0 };
  let exitCode = 0;
  const work = async () => {
    for (let group = waiting.shift(); group; group = waiting.shift()) {
      const report = readReport(write, counts, failures);
      const limit = new AbortController();
      const timer = setTimeout(() => limit.abort(), longest * 60_000);
      const code = await run(group, report.add, limit.signal);
      clearTimeout(timer);
      report.end();
      if (code === 0) continue;
      exitCode ||= code;
      const why = limit.signal.aborted ? `did not end within ${longest} min` : `exit code ${code}`;
      if (!report.hasFailures()) failures.push(`${group.paths.join(" ")} (${why})`);
    }
  };
  await Promise.all(Array.from({ length: processes }, work));
  const minutes = ((performance.now() - start) / 60_000).toFixed(1);
  if (failures.length > 0) write(`\nThese tests failed:\n${failures.join("\n")}`);
  const { passed, failed, ignored } = counts;
  write(
    `\n${exitCode === 0 ? "ok" : "FAILED"} | ${passed} passed | ${failed} failed` +
      `${ignored > 0 ? ` | ${ignored} ignored` : ""} (${minutes} min)`,
  );
  return exitCode;
}

/** Prints a file's lines together, and extracts failures and counts from them. */
function readReport(
  write: (text: string) => void,
  counts: Record<"passed" | "failed" | "ignored", number>,
  failures: string[],
) {
  let lines: string[] = [];
  let isInFailures = false;
  let found = false;
  const flush = () => {
    if (lines.length > 0) write(lines.join("\n"));
    lines = [];
  };
  return {
    add(line: string) {
      const plain = stripVTControlCharacters(line);
      const total = /^(?:ok|FAILED) \| \d+ passed/.test(plain);
      if (/^running \d+ tests? from/.test(plain)) flush();
      if (/^\s*FAILURES\s*$/.test(plain)) isInFailures = true;
      else if (isInFailures && plain !== "" && !total) {
        failures.push(plain);
        found = true;
      }
      if (total) {
        isInFailures = false;
        for (const [, count, name] of plain.matchAll(/(\d+) (passed|failed|ignored)\b/g)) {
          counts[name as keyof typeof counts] += Number(count);
        }
      }
      lines.push(line);
    },
    end: flush,
    hasFailures: () => found,
  };
}
