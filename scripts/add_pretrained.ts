/**
 * Puts the network of a trained run into `pretrained/`, with a model card made from the run's log.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { join } from "@std/path";
import { UserError } from "../lib/errors.ts";
import { sha256 } from "../lib/files.ts";
import { parseObject } from "../lib/json.ts";
import { loadNetwork } from "../lib/networks/network.ts";
import { pretrainedFolder } from "../lib/networks/pretrained.ts";
import { startForParams } from "../tasks/cli/engine.ts";
import { runMain } from "../tasks/cli/main.ts";
import { readLog } from "../tasks/run/run_log.ts";

const usage = `usage: add_pretrained.ts RUN NAME --command TEXT [--stats LINE] [--note TEXT]

Copies RUN/model.safetensors to pretrained/NAME and writes a model card there. The text of --command
is the command that trained it; --note adds a paragraph, such as what is special about the data. A
run with --holdout has no accuracy on the test images: --stats is the line that
\`deno task cifar --evaluate --params RUN\` prints. Run deno fmt afterwards.`;

/** The lines of a log that a card needs. */
interface Facts {
  start: {
    options: { dataset: string; seed: number; holdout: number | null };
    engine: string;
    data_digest: string;
  };
  /** One of each epoch. */
  stats: (Evaluated & { epoch: number; train_time: number })[];
}

interface Evaluated {
  test_acc: number;
  test_loss: number;
}

async function readFacts(run: string): Promise<Facts> {
  const { start, stats } = await readLog(run);
  if (start === undefined || stats.length === 0) {
    throw new UserError(`Cannot add ${run}: its log has no finished epoch; train it first`);
  }
  return { start, stats } as unknown as Facts;
}

/** What the network makes of the test images: by its log, or by a line of `--evaluate`. */
function evaluated({ start, stats }: Facts, line: string | undefined): Evaluated {
  if (line !== undefined) {
    const stats = parseObject(line.replace(/^json_stats: /, ""));
    if (stats !== undefined) return stats as unknown as Evaluated;
    throw new UserError("Cannot read --stats: it must be the line json_stats: {...} of --evaluate");
  }
  if (start.options.holdout === null) return stats[stats.length - 1] as Evaluated;
  throw new UserError("Cannot take the accuracy of a run with --holdout from its log: use --stats");
}

interface CardParts extends Facts, Evaluated {
  name: string;
  network: string;
  command: string;
  note: string | undefined;
  digest: string;
  size: number;
}

/** A model card in Markdown. Its title is what `--list-pretrained` prints. */
function card(
  { name, network, start, stats, test_acc, test_loss, command, note, digest, size }: CardParts,
): string {
  const { epoch } = stats[stats.length - 1] as Facts["stats"][number];
  const { options: { dataset, seed }, engine, data_digest } = start;
  const hours = stats.reduce((sum, { train_time }) => sum + train_time, 0) / 3600;
  const paragraph = note === undefined ? "" : `\n${note}\n`;
  return `# ${network} on ${dataset}, ${test_acc}% of the test images right

Use it by its name: \`deno task cifar --teacher-id ${name} ...\`.
${paragraph}
| what | |
| --- | --- |
| trained by | \`${command}\` |
| test accuracy, test loss | ${test_acc}%, ${
    test_loss.toFixed(4)
  }, after the last of ${epoch} epochs |
| seed | ${seed} |
| SHA-256 of the data | \`${data_digest}\` |
| engine | ${engine} |
| hours in training steps | ${hours.toFixed(1)} |
| \`model.safetensors\` | ${size} bytes, SHA-256 \`${digest}\` |
| licence | MIT, like the code; the images are those of ${dataset} (Krizhevsky, 2009) |
`;
}

async function main(args: string[]): Promise<void> {
  const { _: [run, name], command, stats, note, help } = parseArgs(args, {
    boolean: ["help"],
    string: ["command", "stats", "note"],
  });
  if (help || run === undefined || name === undefined || command === undefined) {
    console.log(usage);
    Deno.exit(help ? 0 : 2);
  }
  const from = join(String(run), "model.safetensors");
  const folder = join(pretrainedFolder, String(name));
  const facts = await readFacts(String(run));
  await startForParams();
  const { name: network } = await loadNetwork(from);
  const bytes = await Deno.readFile(from);
  const text = card({
    ...facts,
    ...evaluated(facts, stats as string | undefined),
    name: String(name),
    network,
    command: String(command),
    note: note as string | undefined,
    digest: await sha256(bytes),
    size: bytes.length,
  });
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeFile(join(folder, "model.safetensors"), bytes);
  await Deno.writeTextFile(join(folder, "README.md"), text);
}

await runMain(main);
