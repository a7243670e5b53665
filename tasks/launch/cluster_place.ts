/**
 * What the readers of command line and environment share: addresses, whole numbers, refusals.
 *
 * @module
 */
import type { ClusterOptions } from "../../lib/backend/use_tensorflow.ts";
import { printable, UserError } from "../../lib/errors.ts";

/** Reads an environment variable, such as `Deno.env.get`. */
export type Env = (name: string) => string | undefined;

/** The addresses of all processes, and the place of this one among them. */
export type Place = Pick<ClusterOptions, "hosts" | "rank">;

/** Why these are not the addresses of a cluster; undefined if they are. */
export function whyNotHosts(hosts: readonly string[]): string | undefined {
  const wrong = hosts.find((host) => !isAddress(host));
  if (wrong !== undefined) {
    return `${quoted(wrong)} is no address such as node1:4000 or [fd00::1]:4000`;
  }
  const known = hosts.map((host) => host.toLowerCase());
  const twice = hosts.find((_, i) => known.indexOf(known[i] as string) < i);
  return twice === undefined ? undefined : `${quoted(twice)} is there twice`;
}

function isAddress(text: string): boolean {
  const [, port] = text.match(/^(?:\[[0-9a-f:.]+\]|[\w.-]+):([1-9]\d{0,4})$/i) ?? [];
  return port !== undefined && Number(port) < 2 ** 16;
}

/** The whole number that a text is, if it is one below a limit. */
export function wholeNumber(value: unknown, below = Infinity): number | undefined {
  const number = /^\d{1,15}$/.test(String(value)) ? Number(value) : undefined;
  return number !== undefined && number < below ? number : undefined;
}

export function quoted(value: unknown): string {
  return `"${printable(String(value), 40)}"`;
}

export function unusable(name: string, value: string | undefined, why: string): UserError {
  const shown = value === undefined ? "" : `, ${printable(value)}`;
  return new UserError(
    `Cannot use ${name}${shown}: ${why}; correct it, name the processes with --hosts and --rank, or ` +
      "train with one process with --workers 1",
  );
}
