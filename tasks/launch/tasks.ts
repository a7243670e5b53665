/**
 * What each task needs: which programs of others' making it uses, and what it may do.
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
import { imagenetCommand } from "../cli/imagenet_options.ts";
import type { Command } from "../cli/help.ts";
import type { OptionTable } from "../cli/option_kinds.ts";
import { visualizeCommand } from "../cli/visualize_options.ts";
import type { Permissions } from "./permissions.ts";
import type { Texts } from "./texts.ts";

/** The folder of the repository, and that in which the user stands. */
export interface Folders {
  readonly root: string;
  readonly cwd: string;
}

/** A task that is started with no more than it needs. */
export interface ConfinedTask {
  /** Its path in the repository. */
  readonly program: string;
  readonly options: OptionTable;
  /** Whether it will run with these arguments: nothing is fetched for those that it will refuse. */
  readonly accepts: (args: readonly string[]) => Promise<boolean>;
  /** The build of libtensorflow that it computes with; undefined where it computes without. */
  readonly build?: (texts: Texts) => Build | undefined;
  /** What it needs that has to be fetched first where it is not there. */
  readonly dataset?: (texts: Texts) => DataSet | undefined;
  /** What it uses besides what its options name. */
  readonly besides: (texts: Texts, place: Folders) => Permissions;
}

/** Which build of libtensorflow: the one with CUDA where a driver is found, unless it is said. */
export type Build = "auto" | "gpu" | "cpu";

/** A data set that is fetched where it is missing, and its folder. */
export interface DataSet {
  readonly name: CifarName;
  readonly dataroot: string;
  /** Whether the user neither named that folder nor left it at the default. */
  readonly isFromCheckpoint: boolean;
}

/** What progress bars and, under a terminal, colours depend on. */
const terminal = ["CI", "TERM"];
/** Of the echarts package, which draws curves. */
const charts = ["NODE_ENV"];
/** For the line of a log that says what a run ran on. */
const machine = ["cpus", "systemMemoryInfo"];
const engineVariables = [
  provisionedVariable,
  "TF_CPP_MIN_LOG_LEVEL",
  "TF_ENABLE_ONEDNN_OPTS",
  "TF_OVERRIDE_GLOBAL_THREADPOOL",
];

/** The code itself, which Deno wants to read again for a worker, such as HDF5's. */
function code({ root }: Folders): string {
  return join(root, "lib");
}

function sample({ root }: Folders): string {
  return join(root, "data", "cifar10-sample");
}

function engineOf({ text }: Texts): Build | undefined {
  if (text("engine") === "cpu") return undefined;
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

function trainingAccess({ text }: Texts, place: Folders): Permissions {
  const newRun = !["save", "resume"].some(text) && text("evaluate") !== "true";
  return {
    read: [code(place)],
    write: newRun ? ["logs"] : [],
    env: [...terminal, ...charts],
    sys: machine,
  };
}

/** The page that is drawn unless another is named: in the folder of the run that is shown, or here. */
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
      // Loaded only where it is asked for: it takes longer than all else here.
      const { readCommandLine } = await import("../cli/main.ts");
      try {
        await readCommandLine(command, args, { note: () => {} });
        return true;
      } catch (error) {
        if (error instanceof UserError) return false;
        throw error;
      }
    },
  };
}

/** The tasks that compute, by name. */
export const confinedTasks: Readonly<Record<string, ConfinedTask>> = {
  cifar: {
    ...commandOf(cifarCommand),
    build: engineOf,
    dataset: (texts) => dataSetOf(texts, "CIFAR10"),
    besides: (texts, place) => ({
      ...trainingAccess(texts, place),
      read: [code(place), sample(place)],
    }),
  },
  imagenet: {
    ...commandOf(imagenetCommand),
    build: engineOf,
    besides: trainingAccess,
  },
  convert: {
    ...commandOf(convertCommand),
    besides: (_, place) => ({ read: [code(place)] }),
  },
  visualize: {
    ...commandOf(visualizeCommand),
    build: engineOf,
    dataset: (texts) => texts.text("files") === undefined ? dataSetOf(texts, "CIFAR10") : undefined,
    besides: (texts, place) => {
      const { read = [], write = [] } = defaultPage(texts);
      return { read: [...read, code(place), sample(place)], write, env: terminal };
    },
  },
};

/**
 * What a task may do with a command line.
 *
 * @param library what it computes with, where it does.
 */
export function permissionsOf(
  task: ConfinedTask,
  texts: Texts,
  place: Folders,
  library?: InstalledLibrary,
): Permissions {
  const named = allOf(texts.accesses);
  const besides = task.besides(texts, place);
  const evaluates = texts.text("evaluate") === "true";
  const write = [...named.write, ...besides.write ?? []];
  return {
    ...besides,
    read: [
      ...named.read,
      ...besides.read ?? [],
      ...(evaluates ? write : []),
      // With what is opened before it.
      ...(library ? [library.path, ...library.preload] : []),
    ],
    write: evaluates ? [] : write,
    env: [...besides.env ?? [], ...(library ? engineVariables : [])],
    ffi: library !== undefined,
  };
}
