/**
 * Puts the network of a trained run into `pretrained/`, with a model card made from the run's log.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { join } from "@std/path";
import { UserError } from "../lib/errors.ts";
import { sha256 } from "../lib/files.ts";
import { loadNetwork } from "../lib/networks/network.ts";
import { pretrainedFolder } from "../lib/networks/pretrained.ts";
import { describeFailure } from "../tasks/cli/failure.ts";

const usage = `usage: add_pretrained.ts RUN NAME --command TEXT [--note TEXT]

Copies RUN/model.safetensors to pretrained/NAME and writes a model card there. The text of --command
is the command that trained it; --note adds a paragraph, such as what is special about the data.
Run deno fmt afterwards.`;

/** The lines of a log that a card needs. */
interface Facts {
  start: {
    options: { dataset: string; seed: number };
    engine: string;
    data_digest: string;
    machine: { processor: string };
  };
  /** One of each epoch. */
  stats: { epoch: number; test_acc: number; test_loss: number; train_time: number }[];
}

async function readFacts(run: string): Promise<Facts> {
  const lines = (await Deno.readTextFile(join(run, "log.txt"))).split("\n");
  const all = (key: string) =>
    lines.filter((line) => line.startsWith(`${key}: `)).map((line) =>
      JSON.parse(line.slice(key.length + 2))
    );
  const [start] = all("json_start");
  const stats = all("json_stats");
  if (start === undefined || stats.length === 0) {
    throw new UserError(`Cannot add ${run}: its log has no finished epoch; train it first`);
  }
  return { start, stats };
}

interface CardParts extends Facts {
  name: string;
  network: string;
  command: string;
  note: string | undefined;
  digest: string;
  size: number;
}

/** A model card in Markdown. Its title is what `--list-pretrained` prints. */
function card({ name, network, start, stats, command, note, digest, size }: CardParts): string {
  const last = stats[stats.length - 1] as Facts["stats"][number];
  const { options: { dataset, seed }, machine, engine, data_digest } = start;
  const hours = stats.reduce((sum, { train_time }) => sum + train_time, 0) / 3.6e6;
  const paragraph = note === undefined ? "" : `\n${note}\n`;
  return `# ${network} on ${dataset}, ${last.test_acc}% of the test images right

Use it by its name: \`deno task cifar --teacher-id ${name} ...\`.
${paragraph}
| what | |
| --- | --- |
| trained by | \`${command}\` |
| test accuracy, test loss | ${last.test_acc}%, ${
    last.test_loss.toFixed(4)
  }, after the last of ${last.epoch} epochs |
| seed | ${seed} |
| SHA-256 of the data | \`${data_digest}\` |
| engine, processor | ${engine}; ${machine.processor} |
| hours in training steps | ${hours.toFixed(1)} |
| \`model.safetensors\` | ${size} bytes, SHA-256 \`${digest}\` |
| licence | MIT, like the code; the images are CIFAR-10's (Krizhevsky, 2009) |
`;
}

async function main(args: string[]): Promise<void> {
  const { _: [run, name], command, note, help } = parseArgs(args, {
    boolean: ["help"],
    string: ["command", "note"],
  });
  if (help || run === undefined || name === undefined || command === undefined) {
    console.log(usage);
    Deno.exit(help ? 0 : 2);
  }
  const from = join(String(run), "model.safetensors");
  const folder = join(pretrainedFolder, String(name));
  const facts = await readFacts(String(run));
  const { name: network } = await loadNetwork(from);
  const bytes = await Deno.readFile(from);
  const text = card({
    ...facts,
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

try {
  await main(Deno.args);
} catch (error) {
  const { text, exitCode } = describeFailure(error);
  console.error(text);
  Deno.exit(exitCode);
}
