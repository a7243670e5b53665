/**
 * `deno task bench --gpu`: checks a GPU, section by section, and writes all that it finds to one file.
 *
 * @module
 */
import { findNvidiaDriver, provision } from "../../../lib/provision/mod.ts";
import { cannotWrite, checkWritable } from "../../../lib/files.ts";
import { describeMachine } from "../../run/run_log.ts";
import { cifarFolder } from "../epoch.ts";
import type { BenchOptions } from "../options.ts";
import { diagnosisOf } from "./doctor.ts";
import { noPeers, opByOp } from "./halves.ts";
import { budget, doctor, leastUseful, limitOf, planFor, type Section } from "./plan.ts";
import { type GpuReport, type SectionReport, writeReport } from "./report.ts";
import { sectionCommand, startSection } from "./section_process.ts";
import type { SectionRequest } from "./section.ts";
import { medianOf, summaryOf } from "./summary.ts";

type Options = Pick<BenchOptions, "dataroot" | "out" | "python" | "quick" | "threads">;

const usualFile = "gpu.json";

/**
 * Runs all sections, each in a process of its own, and rewrites the file after each. What fails or takes
 * too long is written down, and the rest goes on. Prints a summary at the end.
 *
 * @throws {UserError} If the file cannot be written, there is no libtensorflow, or no CIFAR-10 where
 * --dataroot says.
 */
export async function checkGpu({ dataroot, out = usualFile, ...options }: Options): Promise<void> {
  await checkWritable(out).catch((error) => {
    throw cannotWrite(out, error);
  });
  if (dataroot !== undefined) await cifarFolder(dataroot);
  await provision(); // what must be fetched takes none of the time
  const caches = await Deno.makeTempDir();
  const check = new Check(out, { ...options, dataroot, caches });
  const stop = (code: number) => () => {
    check.kill();
    Deno.removeSync(caches, { recursive: true });
    Deno.exit(code);
  };
  Deno.addSignalListener("SIGINT", stop(130));
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", stop(143));
  try {
    console.log(`\n${summaryOf(await check.run())}\n\nAll of it is in ${out}`);
  } finally {
    await Deno.remove(caches, { recursive: true });
  }
}

/** A check that is running. */
class Check {
  readonly #start = performance.now();
  readonly #report: GpuReport;
  #request: Omit<SectionRequest, "task" | "limit">;
  #kill = () => {};

  constructor(
    readonly out: string,
    readonly options: Omit<Options, "out"> & { caches: string },
  ) {
    const { dataroot, python, threads, caches } = options;
    this.#request = {
      surroundings: { gpu: false, python, threads, caches, peers: noPeers },
      ...(dataroot !== undefined && { dataroot }),
    };
    this.#report = {
      started: new Date().toISOString(),
      machine: describeMachine(),
      device: "not known yet",
      card: null,
      ...{ budget, seconds: 0, smaller: [], sections: {} },
    };
  }

  /** Ends the section that runs. */
  kill(): void {
    this.#kill();
  }

  async run(): Promise<GpuReport> {
    await this.#runSection(doctor, []);
    const findings = this.#report.sections[doctor.name]?.findings ?? [];
    const { gpu, bfloat16, card, peers } = diagnosisOf(findings, findNvidiaDriver());
    Object.assign(this.#report, { device: gpu ? "GPU" : "CPU", card });
    Object.assign(this.#request.surroundings, { gpu, peers });
    const { sections, smaller } = planFor({ gpu, bfloat16, quick: this.options.quick });
    this.#report.smaller = smaller;
    this.#request.counted = countedSteps(sections);
    for (const [i, section] of sections.entries()) {
      await this.#runSection(section, sections.slice(i + 1));
    }
    return this.#report;
  }

  get #seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }

  async #runSection(section: Section, later: readonly Section[]): Promise<void> {
    const limit = limitOf(section, budget - this.#seconds, later);
    console.error(`${section.name}: at most ${Math.round(limit)} s`);
    const report = limit < leastUseful ? leftOut(limit) : await this.#runProcess(section, limit);
    const { state, reason, seconds } = report;
    if (state !== "done") {
      console.error(`note: ${section.name}: ${state} after ${seconds} s: ${reason}`);
    }
    this.#report.sections[section.name] = report;
    this.#report.seconds = Math.round(this.#seconds);
    await writeReport(this.out, this.#report);
  }

  async #runProcess({ task }: Section, limit: number): Promise<SectionReport> {
    const stepMilliseconds = plainMilliseconds(this.#report);
    const request: SectionRequest = {
      ...{ ...this.#request, task, limit },
      ...(stepMilliseconds !== undefined && { stepMilliseconds }),
    };
    const { report, kill } = startSection(sectionCommand(request), limit);
    this.#kill = kill;
    return await report;
  }
}

function leftOut(limit: number): SectionReport {
  const reason = "there was no time for it";
  return { state: "left out", reason, seconds: 0, limit: Math.round(limit), findings: [] };
}

/** The steps of all sections, each once. */
function countedSteps(sections: readonly Section[]): string[] {
  const steps = sections.flatMap(({ task }) => task.kind === "steps" ? task.cases : []);
  return [...new Set(steps)];
}

/** Our plain step on 128 images, from that on the batch that was timed. */
function plainMilliseconds({ sections }: GpuReport): number | undefined {
  const found = Object.values(sections).flatMap(({ findings }) => findings).find((finding) =>
    finding.step === "WRN-16-1" && finding.program === opByOp && finding.precision === "float32" &&
    Array.isArray(finding.milliseconds) && finding.milliseconds.length > 0
  );
  if (!found) return undefined;
  return medianOf(found) * 128 / (found.batch as number);
}
