/**
 * The network among the tensors of a file, found by its keys, whatever stands before them and beside it.
 *
 * @module
 */
import { printable } from "../errors.ts";

/** What was taken of a file, and what was not. */
export interface Selection<T> {
  /** The network's tensors, by the keys that it has here. */
  tensors: Map<string, T>;
  /** What was taken and what was left, for the user; undefined where the file holds that alone. */
  note: string | undefined;
}

/** The shape of a tensor, as far as it is known. */
export type ShapeOf<T> = (tensor: T) => readonly number[] | undefined;

/** A network, by what stands before its keys. */
interface Candidate {
  prefix: string;
  /** How many tensors lie in its blocks. */
  size: number;
  role: number;
}

/** The key of a parameter of a block, as the networks here and their like have it. */
const inBlock =
  /(^|[^A-Za-z0-9])(?:group\d{1,4}\.block\d{1,6}\.|layer\d{1,4}\.\d{1,6}\.|block\d{1,4}\.layer\.\d{1,6}\.)/;

/** A network's keys outside of its blocks. */
const outsideBlocks = /^(conv[01]|bn1?|fc)(\.|$)/;

/** What training programs keep beside a network's own layers. */
const bystander =
  /^(criterion|loss|losses|metric|queue|memory|centers?|projector|projection|predictor|prototypes?)(_|\.|$)/;

/** Longer than the key of any network. */
const MAX_KEY = 1024;

/** More than any file of several networks has. */
const MAX_NETWORKS = 256;

/**
 * Finds the network in a file: its keys stand behind one prefix, such as `module.encoder_q.`. Of
 * several the student is taken, else the one that is neither an average (EMA, SWA) nor a teacher.
 *
 * @param shapeOf tells a layer that is unknown, and so makes another network, from what only lies there.
 * @returns undefined where there is nothing like a network that is known here.
 * @throws {SyntaxError} If there are several, and nothing says which is meant.
 */
export function selectNetwork<T>(
  tensors: ReadonlyMap<string, T>,
  shapeOf: ShapeOf<T>,
): Selection<T> | undefined {
  const candidates = findCandidates(tensors.keys());
  const chosen = choose(candidates);
  if (!chosen) return undefined;
  const { prefix } = chosen;
  const others = candidates.filter((other) => other !== chosen);
  const inside = others.map((other) => other.prefix).filter((other) => other.startsWith(prefix));
  const taken = new Map<string, T>();
  const left: string[] = [];
  for (const [key, tensor] of tensors) {
    if (key.length > MAX_KEY) {
      left.push(key);
      continue;
    }
    if (isCounter(key)) continue;
    const own = key.slice(prefix.length);
    const isOwn = key.startsWith(prefix) && !inside.some((other) => key.startsWith(other)) &&
      (isKey(own) || isLayer(own, shapeOf(tensor)));
    if (isOwn) taken.set(own, tensor);
    else if (!others.some((other) => key.startsWith(other.prefix))) left.push(key);
  }
  return {
    tensors: withOurNames(taken),
    note: describe(prefix, taken.size, others, left, (key) => shapeOf(tensors.get(key) as T)),
  };
}

function findCandidates(keys: Iterable<string>): Candidate[] {
  const sizes = new Map<string, number>();
  for (const key of keys) {
    const found = key.length > MAX_KEY || isCounter(key) ? null : inBlock.exec(key);
    if (!found) continue;
    const prefix = key.slice(0, found.index + (found[1] as string).length);
    sizes.set(prefix, (sizes.get(prefix) ?? 0) + 1);
    if (sizes.size > MAX_NETWORKS) {
      throw new SyntaxError(`it holds more than ${MAX_NETWORKS} networks; save one alone`);
    }
  }
  return [...sizes].map(([prefix, size]) => ({ prefix, size, role: roleOf(prefix) }));
}

/** What a prefix says of a network, the ones that are rather meant first. */
const roles = [
  /student|online|encoder_q|query/,
  /^/, // nothing
  /ema|swa|avg|averaged?|polyak|shadow|momentum|target|slow/,
  /teacher|encoder_k|key/,
  /optimi[sz]er|optim|exp_avg(_sq)?|grads?|buffers|momentum_buffer/,
];

const plain = 1;
const average = 2;

function roleOf(prefix: string): number {
  const words = prefix.replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase();
  const says = (role: RegExp) => new RegExp(`(^|[^a-z])(${role.source})([^a-z]|$)`).test(words);
  // From the last: a teacher's average is a teacher, an optimizer's anything is nothing.
  const last = roles.findLastIndex((role, i) => i > plain && says(role));
  if (last > plain) return last;
  return says(roles[0] as RegExp) ? 0 : plain;
}

/** Where training programs put the network that they are about. */
const usual = ["state_dict", "model_state_dict", "model", "net", "network", "module"];

function choose(candidates: readonly Candidate[]): Candidate | undefined {
  const best = Math.min(...candidates.map(({ role }) => role));
  const equals = candidates.filter(({ role }) => role === best);
  const place = ({ prefix }: Candidate) => {
    if (prefix === "") return -1;
    const index = usual.indexOf(prefix.split(".")[0] as string);
    return index < 0 ? usual.length : index;
  };
  const first = Math.min(...equals.map(place));
  const chosen = equals.filter((candidate) => place(candidate) === first);
  if (chosen.length > 1) {
    throw new SyntaxError(
      `it holds several networks, under ${list(chosen.map(({ prefix }) => printable(prefix)))}; ` +
        "save one alone",
    );
  }
  return chosen[0];
}

function isKey(own: string): boolean {
  return inBlock.exec(own)?.index === 0 || outsideBlocks.test(own);
}

/** Whether an unknown tensor looks like that of a layer: what has it is another network. */
function isLayer(own: string, shape: readonly number[] | undefined): boolean {
  if (bystander.test(own)) return false;
  const rank = shape?.length ?? 0;
  return rank > 3 || rank > 1 && /(^|\.)weight$/.test(own) || /(^|\.)running_(mean|var)$/.test(own);
}

/** Whether the key is of batch norm's count of batches, which no network here has. */
export function isCounter(key: string): boolean {
  return /(^|\.)num_batches_tracked$/.test(key);
}

function describe(
  prefix: string,
  size: number,
  others: readonly Candidate[],
  strangers: readonly string[],
  shapeOf: (key: string) => readonly number[] | undefined,
): string | undefined {
  const networks = others.map(({ prefix, role, size }) => {
    const what = role === average ? "an average (EMA)" : "the network";
    return `${what} under ${
      prefix === "" ? "no prefix" : printable(prefix)
    } (${size} tensors in its blocks)`;
  });
  const tensors = strangers.slice(0, MAX_NAMES)
    .map((key) => `${printable(key)} [${printable(String(shapeOf(key) ?? "?"))}]`);
  const left = list([...networks, ...tensors], others.length + strangers.length);
  if (prefix === "" && left === "") return undefined;
  const isAverage = roleOf(prefix) === average;
  const taken = prefix === "" ? "" : `, which lie${isAverage ? ", an average (EMA)," : ""} under ` +
    printable(prefix);
  return `took ${size} tensors${taken}${left === "" ? "" : `; left ${left}`}`;
}

/** As many names as a message has room for. */
const MAX_NAMES = 5;

function list(names: readonly string[], count = names.length): string {
  const first = names.slice(0, MAX_NAMES);
  return first.join(", ") + (count > first.length ? ` and ${count - first.length} more` : "");
}

/**
 * The same under the keys of the original's WideResNet where they are those of another program's for
 * the same network: RepDistiller's (https://github.com/HobbitLong/RepDistiller), mdistiller's and
 * others have `conv1`, `blockG.layer.B.{bn1, conv1, bn2, conv2, convShortcut}`, `bn1` and `fc`.
 */
function withOurNames<T>(tensors: Map<string, T>): Map<string, T> {
  if (![...tensors.keys()].some((key) => /^block\d+\.layer\.\d+\./.test(key))) return tensors;
  const renamed = new Map([...tensors].map(([key, tensor]) => [ourName(key), tensor]));
  return renamed.size === tensors.size ? renamed : tensors; // it had some of ours already
}

function ourName(key: string): string {
  const inBlock = /^block([1-9]\d*)\.layer\.(\d+)\.(.*)$/s.exec(key);
  if (!inBlock) return key === "conv1.weight" ? "conv0" : key.replace(/^bn1\./, "bn.");
  const [, group, block, layer] = inBlock as unknown as [string, string, string, string];
  const name = layer
    .replace(/^conv([12])\.weight$/, (_, i) => `conv${i - 1}`)
    .replace(/^bn([12])\./, (_, i) => `bn${i - 1}.`)
    .replace(/^convShortcut\.weight$/, "convdim");
  return `group${Number(group) - 1}.block${block}.${name}`;
}
