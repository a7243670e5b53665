/**
 * The summary of `deno task bench --gpu` in Markdown, as it may go into PERFORMANCE.md.
 *
 * @module
 */
import { median } from "../../../lib/median.ts";
import { markdown } from "../context.ts";
import { byXla, opByOp } from "./halves.ts";
import { type Errors, kinds, tolerances } from "./parity.ts";
import type { Setting } from "./plan.ts";
import type { Finding, GpuReport } from "./report.ts";

/** The median of a finding's milliseconds. */
export function medianOf(finding: Finding): number {
  return median(finding.milliseconds as number[]);
}

/** The whole summary. */
export function summaryOf(report: GpuReport): string {
  const findings = Object.values(report.sections).flatMap(({ findings }) => findings);
  return [
    headOf(report),
    notDone(report),
    parityTable(findings),
    stepsTable(findings),
    ceilingsTable(findings),
    memoryTable(findings),
    firstCallsTable(findings),
    othersText(findings),
    failuresText(findings),
  ].filter((part) => part !== "").join("\n\n");
}

function headOf({ device, card, machine, seconds, smaller }: GpuReport): string {
  const where = device === "GPU" ? card ?? "a GPU" : "no GPU: all of it ran on the CPU";
  const { processor, cores, os, deno } = machine;
  return [
    `${where}; ${processor}, ${cores} processors, ${os}; Deno ${deno}; ${seconds} s in all.`,
    ...smaller.map((text) => `Smaller than on a GPU: ${text}.`),
  ].join("\n");
}

function notDone({ sections }: GpuReport): string {
  return Object.entries(sections)
    .filter(([, { state }]) => state !== "done")
    .map(([name, { state, reason }]) => `Section "${name}" was ${state}: ${reason}.`)
    .join("\n");
}

function parityTable(findings: readonly Finding[]): string {
  const compared = findings.filter(({ errors }) => errors !== undefined);
  const groups = Map.groupBy(
    compared,
    ({ program, setting }) => JSON.stringify([program, setting]),
  );
  const rows = [...groups].map(([key, group]) => {
    const [program, setting] = JSON.parse(key) as [string, Setting];
    const worst = kinds.map((kind) =>
      Math.max(...group.map(({ errors }) => (errors as Errors)[kind] ?? Infinity))
    );
    const allowed = tolerances[setting];
    const cells = kinds.map((kind, i) =>
      `${worst[i]!.toExponential(1)} (${allowed[kind].toExponential(0)})`
    );
    const ok = group.every(({ ok }) => ok);
    return [program, setting, String(group.length), ...cells, ok ? "yes" : "NO"];
  });
  if (rows.length === 0) return "";
  const head = ["parity", "setting", "cases", "forward", "loss", "gradients", "3 steps", "ok"];
  const against = compared[0]?.against;
  return `Largest errors, and in brackets what is allowed, beside ${against}:\n\n` +
    markdown(head, rows);
}

/** The goals of our faster program: of the time of PyTorch's eager mode, and of its compiler. */
const goals = { eager: 0.5, compile: 0.9 };

function stepsTable(findings: readonly Finding[]): string {
  const timed = findings.filter(({ milliseconds, step }) => step !== undefined && milliseconds);
  if (timed.length === 0) return "";
  const programs = [...new Set(timed.map(({ program }) => program as string))];
  const rows = groupsOf(timed).map(([[step, batch, precision], group]) => {
    const times = Object.fromEntries(
      group.map((finding): [string, number] => [finding.program as string, medianOf(finding)]),
    );
    const best = Math.min(times[opByOp] ?? Infinity, times[byXla] ?? Infinity);
    const ratio = (name: string) => {
      const value = best / (times[`PyTorch ${name}`] ?? NaN);
      return Number.isFinite(value) ? value.toFixed(2) : "-";
    };
    return [
      ...[step, batch, precision],
      ...programs.map((program) => numberText(times[program])),
      ...[ratio("eager"), ratio("compile")],
    ];
  });
  const head = [
    ...["median ms of a step", "batch", "precision", ...programs],
    ...Object.entries(goals).map(([name, goal]) => `ours / ${name} (goal ${goal})`),
  ];
  return markdown(head, rows);
}

type Group = [[step: string, batch: string, precision: string], Finding[]];

/** By step, batch and precision, in the order in which they were found. */
function groupsOf(findings: readonly Finding[]): Group[] {
  const groups = Map.groupBy(
    findings,
    ({ step, batch, precision }) => JSON.stringify([step, String(batch), precision]),
  );
  return [...groups].map(([key, group]) => [JSON.parse(key), group]);
}

/** The least time of a step at the rates that were measured, and our best time beside it. */
function ceilingsTable(findings: readonly Finding[]): string {
  const ceilings = findings.filter(({ ceiling, perSecond }) => ceiling && perSecond);
  if (ceilings.length === 0) return "";
  const rates = ceilings.map(({ ceiling, precision, perSecond }) => {
    const rate = (perSecond as number) / 1e9;
    return ceiling === "copy"
      ? `memory ${numberText(rate)} GB/s`
      : `${ceiling}, ${precision} ${numberText(rate)}`;
  });
  const lines = [`Measured ceilings, in 10^9 multiply-adds a second: ${rates.join("; ")}.`];
  const rows = floorRows(findings);
  if (rows.length > 0) {
    const head = [
      ...["step", "batch", "precision", "its arithmetic, ms", "its memory traffic, ms"],
      ...["ours, ms", "ours / the larger"],
    ];
    lines.push(markdown(head, rows));
  }
  return lines.join("\n\n");
}

/** Milliseconds at the product's rate and at the memory's, and of our faster program. */
function floorRows(findings: readonly Finding[]): string[][] {
  const rateOf = (names: string[], precision: string) => {
    const rates = findings.filter((finding) =>
      names.includes(finding.ceiling as string) && finding.perSecond &&
      finding.precision === precision
    ).map(({ perSecond }) => perSecond as number);
    return rates.length > 0 ? Math.max(...rates) : NaN;
  };
  const timed = findings.filter(({ milliseconds, program }) =>
    milliseconds && (program === opByOp || program === byXla)
  );
  return groupsOf(timed).flatMap(([name, group]) => {
    const [step, batch, precision] = name;
    const work = findings.find((f) => f.step === step && f.multiplyAdds !== undefined);
    if (!work) return [];
    const scale = Number(batch) / (work.batch as number);
    // Where the numbers are half as wide, at the least half of the bytes are moved.
    const bytes = scale * (work.bytes as number) / (precision === "bfloat16" ? 2 : 1);
    const floors = [
      1000 * scale * (work.multiplyAdds as number) /
      rateOf(["product", "product, TF32"], precision),
      1000 * bytes / rateOf(["copy"], "float32"),
    ];
    const own = Math.min(...group.map(medianOf));
    const ratio = (own / Math.max(...floors)).toFixed(2);
    return [[...name, ...[...floors, own].map(numberText), ratio]];
  });
}

function memoryTable(findings: readonly Finding[]): string {
  const measured = findings.filter(({ peakBytes }) => peakBytes !== undefined);
  if (measured.length === 0) return "";
  const megabytes = (bytes: unknown) => typeof bytes === "number" ? (bytes / 1e6).toFixed(0) : "-";
  const rows = measured.map(({ step, batch, program, gpuBytes, tensorBytes, peakBytes }) => [
    ...[String(step), String(batch), String(program)],
    ...[gpuBytes, tensorBytes, peakBytes].map(megabytes),
  ]);
  const head = [
    ...["memory in MB", "batch", "program", "of the GPU, by nvidia-smi", "its tensors there"],
    "peak of the process",
  ];
  return markdown(head, rows);
}

/** First calls with empty caches, and in new processes with the caches that they filled. */
function firstCallsTable(findings: readonly Finding[]): string {
  const called = findings.filter(({ firstCallSeconds }) => firstCallSeconds !== undefined);
  const again = called.filter(({ peakBytes }) => peakBytes !== undefined);
  const rows = again.flatMap((second) => {
    const first = called.find((finding) =>
      finding.peakBytes === undefined &&
      ["step", "batch", "precision", "program"].every((key) => finding[key] === second[key])
    );
    return first
      ? [[
        ...[String(second.step), String(second.batch), String(second.program)],
        ...[first, second].map(({ firstCallSeconds }) => numberText(firstCallSeconds as number)),
      ]]
      : [];
  });
  if (rows.length === 0) return "";
  const head = [
    "first call, s",
    "batch",
    "program",
    "empty caches",
    "a new process, caches filled",
  ];
  return markdown(head, rows);
}

function othersText(findings: readonly Finding[]): string {
  const images = findings.filter(({ imagesPerSecond }) => imagesPerSecond)
    .map(({ program, imagesPerSecond }) =>
      `${program} ${median(imagesPerSecond as number[]).toFixed(0)}`
    );
  const trainings = findings.filter(({ testAccuracy }) => testAccuracy !== undefined)
    .map((found) => {
      const planned = found.plannedEpochs ? `of ${found.plannedEpochs} ` : "";
      const limit = found.maxSteps ? `, at most ${found.maxSteps} steps` : "";
      return `Training of ${found.network} on ${found.dataset} for ${found.seconds} s ` +
        `(${found.epochs} ${planned}epochs${limit}; ${found.engine}): test accuracy ` +
        `${percent(found.testAccuracy)}, training accuracy ${percent(found.trainAccuracy)}.`;
    });
  return [
    ...(images.length > 0 ? [`Images decoded a second: ${images.join(", ")}.`] : []),
    ...trainings,
  ].join("\n");
}

function failuresText(findings: readonly Finding[]): string {
  const lines = findings.filter(({ failed }) => failed !== undefined).map((finding) => {
    const { failed, ...what } = finding;
    return `- ${Object.values(what).join(", ")}: ${failed}`;
  });
  return lines.length > 0 ? `Not measured:\n\n${lines.join("\n")}` : "";
}

function numberText(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return "-";
  return value >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

function percent(value: unknown): string {
  return `${(value as number).toFixed(2)}%`;
}
