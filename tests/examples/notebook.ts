/**
 * Runs the cells of a notebook, with Jupyter or as one module.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import { inFolder } from "../folders.ts";

/** A notebook file, as far as it is used here. */
export interface Notebook {
  cells: { cell_type: string; source: string[]; outputs?: unknown[] }[];
}

/** What a cell displays, by media type. */
export type Output = Record<string, string | string[]>;

/** Runs a notebook in a folder and returns what its cells display. */
export type RunNotebook = (notebook: Notebook, folder: string) => Promise<Output[]>;

/** The code of all cells. */
export function codeOf({ cells }: Notebook): string {
  return cells.filter(({ cell_type }) => cell_type === "code")
    .map(({ source }) => source.join("")).join("\n\n");
}

/** True if Python's packages for running notebooks are installed. */
export async function hasJupyter(): Promise<boolean> {
  const command = new Deno.Command("python3", { args: ["-c", "import nbclient"] });
  return await command.output().then(({ success }) => success, () => false);
}

/** Runs the cells with Jupyter, whose files stay in a temporary folder. */
export const withJupyter: RunNotebook = async (notebook, folder) => {
  let outputs: Output[] = [];
  await inFolder(async (temporary) => {
    // Deno installs its kernel in the user's folders, wherever Jupyter's are.
    const home = { HOME: temporary, XDG_DATA_HOME: temporary };
    await succeed(Deno.execPath(), ["jupyter", "--install"], { env: home });
    const env = { JUPYTER_PATH: join(temporary, "jupyter"), JUPYTER_DATA_DIR: temporary };
    const [path, out] = [join(temporary, "notebook.ipynb"), join(temporary, "outputs.json")];
    await Deno.writeTextFile(path, JSON.stringify(notebook));
    const program = join(import.meta.dirname as string, "run_notebook.py");
    await succeed("python3", [program, path, folder, out], { env });
    outputs = JSON.parse(await Deno.readTextFile(out));
  });
  return outputs;
};

/** What stands in for the kernel's functions: they keep what would be displayed. */
const standIn = `
const outputs = [];
const keep = (type) => (parts, ...values) => {
  outputs.push({ [type]: String.raw({ raw: parts }, ...values) });
};
const Deno = Object.create(globalThis.Deno, {
  jupyter: { value: { svg: keep("image/svg+xml"), md: keep("text/markdown") } },
});
`;

/** Runs the cells as one module in the folder, whose configuration Deno then finds. */
export const asModule: RunNotebook = async (notebook, folder) => {
  let outputs: Output[] = [];
  await inFolder(async (temporary) => {
    const out = join(temporary, "outputs.json");
    const keep = "await Deno.writeTextFile(Deno.args[0], JSON.stringify(outputs));";
    const module = [standIn, codeOf(notebook), keep].join("\n\n");
    const args = ["run", "--allow-all", "--quiet", "--ext=ts", "-", out];
    await succeed(Deno.execPath(), args, { cwd: folder, input: module });
    outputs = JSON.parse(await Deno.readTextFile(out));
  });
  return outputs;
};

interface CommandStart {
  cwd?: string;
  env?: Record<string, string>;
  input?: string;
}

/** Runs a program. Throws what it printed unless its exit code is 0. */
async function succeed(
  program: string,
  args: string[],
  { cwd = dirname(import.meta.dirname as string), env = {}, input = "" }: CommandStart,
): Promise<void> {
  const child = new Deno.Command(program, {
    args,
    cwd,
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const printed = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
  if (!success) throw new Error(`${program} ${args[0]} failed:\n${printed}`);
}
