/**
 * The doctor's section of `deno task bench --gpu`: what `deno task doctor` finds, and the packages to
 * compare with.
 *
 * @module
 */
import { doctorCommand } from "../../cli/doctor_options.ts";
import { parseOptions } from "../../cli/options.ts";
import { examine } from "../../doctor/facts.ts";
import { judge } from "../../doctor/judge.ts";
import { noPeers, type Peers } from "./halves.ts";
import { lastLineOf, pythonProgram } from "../child.ts";
import { cardOf } from "./nvidia_smi.ts";
import type { Finding } from "./report.ts";
import type { Emit } from "./step_times.ts";

/** Emits `{ peers }`, `{ card }`, and then `{ facts }`, which is the first that may crash. */
export async function callDoctor(
  { python, threads, dataroot }: { python: string; threads: number; dataroot: string | undefined },
  emit: Emit,
): Promise<void> {
  emit({ peers: await findPeers(python) });
  emit({ card: await cardOf() });
  const given = ["--threads", String(threads), ...(dataroot ? ["--dataroot", dataroot] : [])];
  const options = parseOptions(doctorCommand.options, given);
  const facts = await examine(options);
  emit({ ...judge(facts, options), facts });
}

async function findPeers(python: string): Promise<Peers> {
  try {
    const args = [pythonProgram("python_packages.py")];
    const { success, stdout } = await new Deno.Command(python, { args, stderr: "null" }).output();
    return success ? JSON.parse(lastLineOf(stdout)) : noPeers;
  } catch {
    return noPeers; // no such Python
  }
}

/**
 * Reads the findings of the section, for the plan of the others: whether TensorFlow computes on a GPU and
 * whether it has bfloat16 there, which is taken for true where it crashed, the card, and the packages.
 *
 * @param hasDriver what to take for true where TensorFlow crashed: each section then says so.
 */
export function diagnosisOf(findings: readonly Finding[], hasDriver: boolean) {
  const found = Object.assign({}, ...findings) as {
    peers?: Peers;
    card?: string | null;
    facts?: { engine: { devices: string[]; bfloat16: unknown } };
  };
  const { devices, bfloat16 } = found.facts?.engine ?? {};
  return {
    gpu: devices?.some((name) => name.startsWith("GPU")) ?? hasDriver,
    bfloat16: bfloat16 !== null,
    card: found.card ?? null,
    peers: found.peers ?? noPeers,
  };
}
