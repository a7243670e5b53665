/**
 * Explains a failed installation, with advice for the user.
 *
 * @module
 */
import { cacheVariable } from "./cache_dir.ts";

interface Explanation {
  signs: RegExp;
  reason: string;
  advice: string;
}

const explanations: readonly Explanation[] = [
  {
    signs: /no space left|not enough space|quota exceeded/i,
    reason: "the disk is full",
    advice: `free some space, or set ${cacheVariable} to a folder on another disk`,
  },
  {
    signs: /do not match the hashes/i,
    reason: "a file from the package index is not the pinned one, or not the whole of it",
    advice: "run it again, and check pip's index and proxy settings",
  },
  {
    signs: /http error/i,
    reason: "the package index does not give the pinned file",
    advice: "check pip's index and proxy settings",
  },
  {
    signs: /permission denied|access is denied|read-only file system|not a directory|file exists/i,
    reason: "the cache folder cannot be written",
    advice: `set ${cacheVariable} to another one`,
  },
  {
    signs: /no locks available|operation not supported/i,
    reason: "the file system of the cache folder has no locks",
    advice: `set ${cacheVariable} to a folder on another disk`,
  },
  {
    signs:
      /from versions: none|retrying|connection|timed out|not enough bytes|name resolution|ssl/i,
    reason: "pip cannot reach its package index",
    advice: "check the network and pip's index and proxy settings",
  },
  {
    signs: /no matching distribution|no such option/i,
    reason: "none of the pinned files fits this pip or this Python",
    advice: "upgrade pip (python3 -m pip install --upgrade pip), or use another Python 3",
  },
];

const lengthLimit = 160;

/** The most informative line of a failed run's output. */
export function tellingLine(output: readonly string[]): string {
  // pip indents the details of an error or puts them below it. Python indents the stack trace.
  const line = output.findLast((line) => !/^(\s|╰|hint:|note:)/.test(line)) ?? "";
  const text = line.replace(/^(ERROR:|×)\s*/, "").replace(/(?<=[A-Za-z]\.) [A-Z].*$/, "").trim();
  return text.length > lengthLimit ? text.slice(0, lengthLimit) + "..." : text;
}

/** True if a download broke off. For a cut-off file, pip before 25.1 reports a wrong hash. */
export function brokeOff(output: readonly string[]): boolean {
  const signs =
    /timed out|not enough bytes|connection (broken|reset|aborted)|do not match the hashes/i;
  return signs.test(tellingLine(output));
}

/**
 * Two clauses: why pip or the file system failed, and what to do.
 *
 * @param unknown the reason to give for an unknown error.
 */
export function explain(
  output: readonly string[],
  unknown = "pip failed",
): { reason: string; advice: string } {
  const text = output.join("\n");
  const known = explanations.find(({ signs }) => signs.test(text));
  const reason = known?.reason ?? unknown;
  return {
    reason: `${reason} ("${tellingLine(output)}")`,
    advice: known?.advice ?? "run it again",
  };
}
