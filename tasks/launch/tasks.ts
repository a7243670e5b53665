/**
 * What each task needs: libraries, data sets, and permissions.
 *
 * @module
 */
import { join } from "@std/path";
import type { CifarName } from "../../lib/data/cifar_format.ts";
import { UserError } from "../../lib/errors.ts";
import { type InstalledLibrary, provisionedVariable } from "../../lib/provision/mod.ts";
import { type Access, allOf, listed, readsNetwork, writesFile } from "../cli/access.ts";
import { cifarCommand } from "../cli/cifar_options.ts";
import { convertCommand } from "../cli/convert_options.ts";
import { demoCommand, usualDemoFolder, usualDemoPort } from "../cli/demo_options.ts";
import { imagenetCommand } from "../cli/imagenet_options.ts";
import type { Command } from "../cli/help.ts";
import { type EngineName, isPortable } from "../cli/engine_names.ts";
import type { OptionTable } from "../cli/option_kinds.ts";
import { reportCommand, usualDataroot, usualFile, usualPort } from "../cli/report_options.ts";
import { scaleCommand } from "../cli/scale_options.ts";
import { visualizeCommand } from "../cli/visualize_options.ts";
import type { Permissions } from "./permissions.ts";
import type { Texts } from "./texts.ts";

/** The folder of the repository, and the user's current folder. */
export interface Folders {
  readonly root: string;
  readonly cwd: string;
}

/** A task that runs with no more permissions than it needs. */
export interface ConfinedTask {
  /** Its path in the repository. */
  readonly program: string;
  readonly options: OptionTable;
  /** True if the task accepts these arguments; otherwise nothing is downloaded for it. */
  readonly accepts: (args: readonly string[]) => Promise<boolean>;
  /** The build of libtensorflow that it uses; undefined if none. */
  readonly build?: (texts: Texts) => Build | undefined;
  /** The data set that it needs, which is downloaded if missing. */
  readonly dataset?: (texts: Texts) => DataSet | undefined;
  /** True if it puts code for browsers, and packages from npm, into one file. */
  readonly bundles?: boolean;
  /** Permissions beyond the files that its options name. */
  readonly besides: (texts: Texts, place: Folders) => Permissions;
}

/** The build of libtensorflow. `auto`: the one with CUDA if there is a driver. */
export type Build = "auto" | "cpu";

/** A data set that is downloaded if missing, and its folder. */
export interface DataSet {
  readonly name: CifarName;
  readonly dataroot: string;
  /** True if the folder comes neither from the user nor from the default. */
  readonly isFromCheckpoint: boolean;
}

/** Variables that progress bars and terminal colours depend on. */
const terminal = ["CI", "TERM"];
/** Variables of the echarts package, which draws curves. */
const charts = ["NODE_ENV"];
/** System information for the first line of a log. */
const machine = ["cpus", "systemMemoryInfo"];
const engineVariables = [
  provisionedVariable,
  "TF_CPP_MIN_LOG_LEVEL",
  "TF_ENABLE_ONEDNN_OPTS",
  "TF_OVERRIDE_GLOBAL_THREADPOOL",
];

/** What the repository has: code, which Deno reads again to start a worker, and trained networks. */
function shipped({ root }: Folders): string[] {
  return [join(root, "lib"), join(root, "pretrained")];
}

function sample({ root }: Folders): string {
  return join(root, "data", "cifar10-sample");
}

/** What the demo's page is made of, beside packages. */
function browserCode({ root }: Folders): string[] {
  return ["models", join("tasks", "demo"), join("tasks", "visualize")]
    .map((folder) => join(root, folder));
}

/** This machine alone. */
function loopback(port: string | number): string {
  return `127.0.0.1:${port}`;
}

function engineOf({ text }: Texts): Build | undefined {
  const engine = (text("engine") ?? "auto") as EngineName;
  if (isPortable(engine)) return undefined;
  return text("ngpu") === "0" ? "cpu" : "auto";
}

function dataSetOf({ text, isFromCheckpoint }: Texts, otherwise: string): DataSet | undefined {
  const name = text("dataset") ?? otherwise;
  if (name !== "CIFAR10" && name !== "CIFAR100") return undefined;
  return {
    name,
    dataroot: text("dataroot") ?? "data",
    isFromCheckpoint: isFromCheckpoint("dataroot"),
  };
}

/** True if trained networks or recipes are listed, for which nothing is needed. */
function onlyLists({ text }: Texts): boolean {
  return ["listPretrained", "listRecipes"].some((key) => text(key) === "true");
}

/** What a network of the user's own may import from here. */
function libraryCode({ text }: Texts, { root }: Folders): string[] {
  if (text("model") === undefined && text("teacherModel") === undefined) return [];
  return ["mod.ts", "models", "std_adapters"].map((path) => join(root, path));
}

function trainingAccess(texts: Texts, place: Folders): Permissions {
  const { text } = texts;
  const newRun = !["save", "resume"].some(text) && text("evaluate") !== "true";
  return {
    read: [...shipped(place), ...libraryCode(texts, place)],
    write: newRun ? ["logs"] : [],
    env: [...terminal, ...charts],
    sys: machine,
  };
}

/** True if a report evaluates networks. */
function evaluates({ text }: Texts): boolean {
  return ["dataset", "imagenetpath"].some((key) => text(key) !== undefined);
}

/** The default output page: in the run's folder if only one is shown, or in the current folder. */
function defaultPage({ text }: Texts): Access {
  if (text("out") !== undefined) return {};
  const [id = "", ...others] = listed(text("networks") ?? "");
  const folders = others.length === 0 ? readsNetwork(id).read ?? [] : [];
  return allOf([...folders, "."].map((folder) => writesFile(join(folder, "attention.html"))));
}

function commandOf<T extends OptionTable>(
  command: Command<T>,
): Pick<ConfinedTask, "program" | "options" | "accepts"> {
  return {
    program: `tasks/${command.name}.ts`,
    options: command.options,
    accepts: async (args) => {
      // Imported only if needed: this takes longer than everything else here.
      const { readCommandLine } = await import("../cli/main.ts");
      try {
        await readCommandLine(command, args, () => {});
        return true;
      } catch (error) {
        if (error instanceof UserError) return false;
        throw error;
      }
    },
  };
}

/** The tasks that run with limited permissions, by name. */
export const confinedTasks: Readonly<Record<string, ConfinedTask>> = {
  cifar: {
    ...commandOf(cifarCommand),
    build: (texts) => onlyLists(texts) ? undefined : engineOf(texts),
    dataset: (texts) => onlyLists(texts) ? undefined : dataSetOf(texts, "CIFAR10"),
    besides: (texts, place) => {
      const { read = [], ...others } = trainingAccess(texts, place);
      return { ...others, read: [...read, sample(place)] };
    },
  },
  imagenet: {
    ...commandOf(imagenetCommand),
    build: engineOf,
    besides: trainingAccess,
  },
  convert: {
    ...commandOf(convertCommand),
    besides: (_, place) => ({ read: shipped(place) }),
  },
  visualize: {
    ...commandOf(visualizeCommand),
    build: engineOf,
    dataset: (texts) => texts.text("files") === undefined ? dataSetOf(texts, "CIFAR10") : undefined,
    besides: (texts, place) => {
      const { read = [], write = [] } = defaultPage(texts);
      return { read: [...read, ...shipped(place), sample(place)], write, env: terminal };
    },
  },
  demo: {
    ...commandOf(demoCommand),
    bundles: true,
    besides: ({ text }, place) => ({
      read: [...shipped(place), ...browserCode(place), sample(place)],
      ...(text("serve") === "true" ? { net: [loopback(text("port") ?? usualDemoPort)] } : {
        write: text("out") === undefined ? [usualDemoFolder] : [],
      }),
    }),
  },
  scale: {
    ...commandOf(scaleCommand),
    besides: () => ({}),
  },
  report: {
    ...commandOf(reportCommand),
    build: (texts) => evaluates(texts) ? engineOf(texts) : undefined,
    dataset: (texts) => dataSetOf(texts, "none"),
    besides: (texts, place) => {
      const { text } = texts;
      if (text("live") === "true") return { net: [loopback(text("port") ?? usualPort)] };
      const dataset = [text("dataroot") ?? usualDataroot, sample(place)];
      return {
        write: text("out") === undefined ? writesFile(usualFile).write ?? [] : [],
        ...(evaluates(texts) && {
          read: [...shipped(place), ...(text("dataset") === undefined ? [] : dataset)],
          env: terminal,
        }),
      };
    },
  },
};

/** What a task's engine reads. */
export interface EngineFiles {
  /** Of TensorFlow. */
  readonly library?: InstalledLibrary | undefined;
  /** The folder of the npm packages, for an engine that reads its package, or a bundle. */
  readonly packages?: string | undefined;
}

/** The permissions of a task for a command line. */
export function permissionsOf(
  task: ConfinedTask,
  texts: Texts,
  place: Folders,
  { library, packages }: EngineFiles = {},
): Permissions {
  const named = allOf(texts.accesses);
  const besides = task.besides(texts, place);
  const onlyReads = texts.text("evaluate") === "true";
  const write = [...named.write, ...besides.write ?? []];
  return {
    ...besides,
    read: [
      ...named.read,
      ...besides.read ?? [],
      ...(onlyReads ? write : []),
      // And the libraries that must be opened before it.
      ...(library ? [library.path, ...library.preload] : []),
      ...(packages === undefined ? [] : [packages]),
    ],
    write: onlyReads ? [] : write,
    env: [...besides.env ?? [], ...(library ? engineVariables : [])],
    ffi: library !== undefined,
  };
}
