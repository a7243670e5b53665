/**
 * Finds a network in a file by its keys, with any prefix and next to any other tensors.
 *
 * @module
 */
import { printable } from "../errors.ts";
import { type Naming, namingOf } from "./namings.ts";

/** The tensors selected from a file. */
export interface Selection<T> {
  /** The network's tensors, with this library's keys. */
  tensors: Map<string, T>;
  /** Describes for the user what was selected, left out and renamed; undefined if nothing was. */
  note: string | undefined;
  /** How the file names the network's tensors, if not as here. */
  naming?: Naming | undefined;
}

/** The shape of a tensor, if known. */
export type ShapeOf<T> = (tensor: T) => readonly number[] | undefined;

/** A possible network, given by the prefix of its keys. */
interface Candidate {
  prefix: string;
  /** The number of tensors in its blocks. */
  size: number;
  role: number;
}

/** Matches keys of parameters in a block, in the naming of this library and similar ones. */
const inBlock =
  /(^|[^A-Za-z0-9])(?:group\d{1,4}\.block\d{1,6}\.|layer\d{1,4}\.\d{1,6}\.|block\d{1,4}\.(?:layer\.)?\d{1,6}\.)/;

/** Matches a network's keys outside its blocks. */
const outsideBlocks = /^(conv[01]|bn1?|fc|linear|classifier)(\.|$)/;

/** Matches other modules that training programs save with a network. */
const bystander =
  /^(criterion|loss|losses|metric|queue|memory|centers?|projector|projection|predictor|prototypes?)(_|\.|$)/;

/** Longer than any network's keys. */
const maxKey = 1024;

/** More networks than any file has. */
const maxNetworks = 256;

/**
 * Finds the network in a file: all of its keys have the same prefix, such as `module.encoder_q.`. Of
 * several networks, takes the student, or else the one that is neither an average (EMA, SWA) nor a
 * teacher.
 *
 * @param shapeOf used to see if unknown tensors are layers, which would make it another network.
 * @returns undefined if there is no network similar to a known one.
 * @throws {SyntaxError} If there are several, and it is not clear which one to take.
 */
export function selectNetwork<T>(
  given: ReadonlyMap<string, T>,
  shapeOf: ShapeOf<T>,
): Selection<T> | undefined {
  const tensors = withoutInnerWrappers(given);
  const candidates = findCandidates(tensors.keys());
  const chosen = choose(candidates);
  if (!chosen) return undefined;
  const { prefix } = chosen;
  const others = candidates.filter((other) => other !== chosen);
  const inside = others.map((other) => other.prefix).filter((other) => other.startsWith(prefix));
  const taken = new Map<string, T>();
  const left: string[] = [];
  for (const [key, tensor] of tensors) {
    if (key.length > maxKey) {
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
  const naming = namingOf([...taken.keys()]);
  const renamed = naming && new Map([...taken].map(([key, value]) => [naming.ours(key), value]));
  const took = describe(prefix, taken.size, others, left, (key) => shapeOf(tensors.get(key) as T));
  return {
    tensors: renamed ?? taken,
    note: [took, naming && `the keys are ${naming.says}`].filter(Boolean).join("; ") || undefined,
    naming,
  };
}

/** What PyTorch inserts into keys, at any place, for each module that it compiles, shards or recomputes. */
const innerWrapper =
  /(^|\.)_(orig_mod|fsdp_wrapped_module|checkpoint_wrapped_module|fpw_module)(?=\.)/g;

/** The same tensors by their keys without wrappers, unless two of them would have the same key. */
function withoutInnerWrappers<T>(tensors: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  const plain = new Map<string, T>();
  for (const [key, tensor] of tensors) {
    plain.set(
      key.length > maxKey ? key : key.replace(innerWrapper, "").replace(/^\./, ""),
      tensor,
    );
  }
  return plain.size === tensors.size ? plain : tensors;
}

function findCandidates(keys: Iterable<string>): Candidate[] {
  const sizes = new Map<string, number>();
  for (const key of keys) {
    const found = key.length > maxKey || isCounter(key) ? null : inBlock.exec(key);
    if (!found) continue;
    const prefix = key.slice(0, found.index + (found[1] as string).length);
    sizes.set(prefix, (sizes.get(prefix) ?? 0) + 1);
    if (sizes.size > maxNetworks) {
      throw new SyntaxError(`it holds more than ${maxNetworks} networks; save one alone`);
    }
  }
  return [...sizes].map(([prefix, size]) => ({ prefix, size, role: roleOf(prefix) }));
}

/** Words in a prefix and what they say about a network, in order of preference. */
const roles = [
  /student|online|encoder_q|query/,
  /^/, // no such word
  /ema|swa|avg|averaged?|polyak|shadow|momentum|target|slow/,
  /teacher|encoder_k|key/,
  /optimi[sz]er|optim|exp_avg(_sq)?|grads?|buffers|momentum_buffer/,
];

const plain = 1;
const average = 2;

function roleOf(prefix: string): number {
  const words = prefix.replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase();
  const says = (role: RegExp) => new RegExp(`(^|[^a-z])(${role.source})([^a-z]|$)`).test(words);
  // Check from the last: a teacher's average is a teacher, and nothing of an optimizer is a network.
  const last = roles.findLastIndex((role, i) => i > plain && says(role));
  if (last > plain) return last;
  return says(roles[0] as RegExp) ? 0 : plain;
}

/** Where training programs put the trained network. */
export const usualPlaces = ["state_dict", "model_state_dict", "model", "net", "network", "module"];

function choose(candidates: readonly Candidate[]): Candidate | undefined {
  const best = Math.min(...candidates.map(({ role }) => role));
  const equals = candidates.filter(({ role }) => role === best);
  const place = ({ prefix }: Candidate) => {
    if (prefix === "") return -1;
    const index = usualPlaces.indexOf(prefix.split(".")[0] as string);
    return index < 0 ? usualPlaces.length : index;
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

/** True if an unknown tensor looks like a layer. Then this is another network. */
function isLayer(own: string, shape: readonly number[] | undefined): boolean {
  if (bystander.test(own)) return false;
  const rank = shape?.length ?? 0;
  return rank > 3 || rank > 1 && /(^|\.)weight$/.test(own) || /(^|\.)running_(mean|var)$/.test(own);
}

/** True for batch norm's batch counter, which the networks here do not use. */
export function isCounter(key: string): boolean {
  return /(^|\.)num_batches_tracked$/.test(key);
}

const wrapperPrefixes = ["module.", "model.", "_orig_mod."];

/** Removes wrapper prefixes, which may be nested in any order. */
export function withoutWrappers<T>(tensors: ReadonlyMap<string, T>): Map<string, T> {
  const keys = [...tensors.keys()];
  const wrapperAt = (start: number) =>
    wrapperPrefixes.find((prefix) =>
      keys.every((key) => key.startsWith(prefix, start) && key.length > start + prefix.length)
    );
  let length = 0;
  let wrapper = keys.length > 0 ? wrapperAt(length) : undefined;
  while (wrapper !== undefined) {
    length += wrapper.length;
    wrapper = wrapperAt(length);
  }
  return new Map([...tensors].map(([key, tensor]) => [key.slice(length), tensor]));
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
  const tensors = strangers.slice(0, maxNames)
    .map((key) => `${printable(key)} [${printable(String(shapeOf(key) ?? "?"))}]`);
  const left = list([...networks, ...tensors], others.length + strangers.length);
  if (prefix === "" && left === "") return undefined;
  const isAverage = roleOf(prefix) === average;
  const taken = prefix === "" ? "" : `, which lie${isAverage ? ", an average (EMA)," : ""} under ` +
    printable(prefix);
  return `took ${size} tensors${taken}${left === "" ? "" : `; left ${left}`}`;
}

/** The maximum number of names in a message. */
const maxNames = 5;

function list(names: readonly string[], count = names.length): string {
  const first = names.slice(0, maxNames);
  return first.join(", ") + (count > first.length ? ` and ${count - first.length} more` : "");
}
