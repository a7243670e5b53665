/**
 * The report of `deno task scale`: a table, and the assumptions behind it.
 *
 * @module
 */
import { count } from "../cli/count.ts";
import { table } from "../profile/tables.ts";
import type { Inputs } from "./inputs.ts";
import type { Measured } from "./measured.ts";
import { predict, type Prediction, type Setting } from "./predict.ts";

/** A prediction, beside what was measured with as many workers. */
export interface Row extends Prediction {
  readonly measuredStepMs?: number;
  /** By how much the predicted step is longer than the measured one, in percent of the latter. */
  readonly errorPercent?: number;
}

/** Predictions for numbers of workers, beside what was measured. */
export function predictRows(
  setting: Setting,
  counts: readonly number[],
  measured: Measured,
): Row[] {
  return counts.map((workers) => {
    const row = predict(setting, workers);
    const measuredStepMs = measured.get(workers);
    if (measuredStepMs === undefined) return row;
    const errorPercent = 100 * (row.stepMs - measuredStepMs) / measuredStepMs;
    return { ...row, measuredStepMs, errorPercent };
  });
}

/** The rows as a table in plain text. */
export function tableText(rows: readonly Row[]): string {
  const isMeasured = rows.some(({ measuredStepMs }) => measuredStepMs !== undefined);
  return table(
    [
      ...["workers", "step ms", "exchange ms", "images/s", "speed-up", "efficiency"],
      ...(isMeasured ? ["measured ms", "error"] : []),
    ],
    rows.map((row) => [...predictedCells(row), ...(isMeasured ? measuredCells(row) : [])]),
    0,
  );
}

function predictedCells(row: Row): string[] {
  return [
    String(row.workers),
    row.stepMs.toFixed(1),
    row.exchangeMs.toFixed(2),
    row.imagesPerSecond.toFixed(0),
    row.speedUp.toFixed(2),
    `${(100 * row.efficiency).toFixed(1)}%`,
  ];
}

function measuredCells({ measuredStepMs, errorPercent }: Row): string[] {
  if (measuredStepMs === undefined || errorPercent === undefined) return ["", ""];
  const sign = errorPercent > 0 ? "+" : "";
  return [measuredStepMs.toFixed(1), `${sign}${errorPercent.toFixed(1)}%`];
}

/** What the table takes for granted, a sentence each. */
export function assumptionsOf({ setting, stepFrom, exchanged }: Inputs): string[] {
  const { stepMs, batch, bytes, bandwidthGbps, latencyUs } = setting;
  const link = `a link of ${bandwidthGbps} Gbit/s in each direction and ${latencyUs} µs of latency`;
  return [
    `A step of one worker takes ${short(stepMs)} ms for ${count(batch, "image")} (${stepFrom}).`,
    ...scalingText(setting),
    `In each step ${short(bytes / 1e6)} MB are exchanged (${exchanged}).`,
    `Each worker is on a host of its own, with ${link}.`,
    "The exchange is a ring all-reduce: 2 (N-1)/N * bytes / bandwidth + 2 (N-1) * latency " +
    "(Patarasuk and Yuan 2009; Thakur et al. 2005). Adding takes no time.",
    overlapText(setting),
    "All workers are equally fast, and none waits for data.",
  ];
}

function scalingText({ batch, totalBatch, fixedMs }: Setting): string[] {
  if (totalBatch === undefined) {
    return [`Each worker has ${count(batch, "image")}, so the whole batch grows (weak scaling).`];
  }
  return [
    `All workers share ${count(totalBatch, "image")} (strong scaling). ` +
    "The one with the most decides.",
    `Of the step of one worker, ${short(fixedMs)} ms stay for any batch (--fixed-ms); ` +
    "the rest is proportional to its images.",
  ];
}

function overlapText({ overlap }: Setting): string {
  return overlap === 0
    ? "The exchange comes after the backward pass, as in this library."
    : `${short(100 * overlap)}% of the exchange run beside the backward pass (--overlap), ` +
      "at most as long as the worker computes. This library does not do so.";
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
