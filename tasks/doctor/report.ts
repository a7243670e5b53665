/**
 * Formats the facts of `deno task doctor` as text: one row per fact, under headings.
 *
 * @module
 */
import { libraryVariable } from "../../lib/provision/mod.ts";
import { isPortable } from "../cli/engine_names.ts";
import type { ConvolutionTime } from "./convolution.ts";
import type { DataSetFacts } from "./data_sets.ts";
import type { EngineFacts } from "./engine.ts";
import type { Facts, FolderFacts } from "./facts.ts";
import { bytesText } from "./judge.ts";
import type { MachineFacts } from "./machine.ts";

type Row = readonly [label: string, ...lines: string[]];

/** The report without the conclusions. `bold` formats a heading. */
export function reportText(facts: Facts, bold: (text: string) => string): string {
  const { engine, machine, folders, dataSets } = facts;
  const sections: [heading: string, rows: Row[]][] = [
    ["Engine", engineRows(engine, machine)],
    ["Machine", machineRows(machine)],
    ["Folders", [
      ...(folders.cache ? [folderRow("cache", folders.cache)] : []),
      folderRow("data", folders.data),
      folderRow("logs", folders.logs),
    ]],
    ["Data sets", dataSets.map(dataSetRow)],
  ];
  const width = Math.max(...sections.flatMap(([, rows]) => rows.map(([label]) => label.length)));
  return sections
    .map(([heading, rows]) =>
      [bold(heading), ...rows.flatMap((row) => rowLines(row, width))].join("\n")
    )
    .join("\n\n");
}

function rowLines([label, ...lines]: Row, width: number): string[] {
  return lines.map((line, i) => `  ${(i === 0 ? label : "").padEnd(width)}  ${line}`);
}

function engineRows(engine: EngineFacts, { nvidiaDriver }: MachineFacts): Row[] {
  const { asked, used, why, library, devices, threads, fusedOps, float32 } = engine;
  const rows: (Row | false)[] = [
    ["engine", used ?? "none could be started", ...why],
    !isPortable(asked) && libraryRow(library),
    used !== null && ["devices", devices.join(", ")],
    ["NVIDIA driver", driverText(nvidiaDriver)],
    threads !== null && ["threads", String(threads)],
    fusedOps !== null && ["fused ops", fusedOps ? "there (oneDNN)" : "not there"],
    ...(float32 === null ? [] : timeRows(engine, float32)),
  ];
  return rows.filter((row) => row !== false);
}

function libraryRow(library: EngineFacts["library"]): Row {
  if (library === null) return ["library", "not there"];
  const { path, source, megabytes, version } = library;
  const origin = source === "environment" ? `named by ${libraryVariable}` : "from the cache";
  return ["library", `${version ?? "not opened"}, ${origin}, ${megabytes.toFixed(0)} MB`, path];
}

function driverText(driver: string | null): string {
  if (driver === null) return "none seen";
  return driver === "unknown" ? "there" : `there, version ${driver}`;
}

function timeRows({ asked, batch, bfloat16 }: EngineFacts, float32: ConvolutionTime): Row[] {
  const rows: Row[] = [
    ["convolution", `3x3 from 16 to 16 channels, ${batch} images of 32x32`],
    ["  float32", timeText(float32)],
  ];
  if (isPortable(asked)) return rows;
  return [...rows, [
    "  bfloat16",
    bfloat16 ? `${timeText(bfloat16)}: ${gainText(float32, bfloat16)}` : "not there",
  ]];
}

function gainText(float32: ConvolutionTime, bfloat16: ConvolutionTime): string {
  const gain = float32.milliseconds / bfloat16.milliseconds;
  const advice = gain > 1.1 ? "try --precision bfloat16" : "--precision bfloat16 does not pay";
  return `${gain.toFixed(1)} times as fast, so ${advice}`;
}

function timeText({ milliseconds, gigaflops }: ConvolutionTime): string {
  const speed = gigaflops >= 1000
    ? `${(gigaflops / 1000).toFixed(1)} TFLOP/s`
    : `${Number(gigaflops.toPrecision(3))} GFLOP/s`;
  return `${Number(milliseconds.toPrecision(3))} ms, ${speed}`;
}

function machineRows(machine: MachineFacts): Row[] {
  const { processor, processors, arch, os, instructions, memory } = machine;
  const known = instructions ? [`with ${instructions.join(", ") || "no AVX"}`] : [];
  const isJsr = machine.standardModules === "JSR";
  return [
    ["processors", `${processors} x ${processor ?? arch}`, ...known],
    ["memory", `${bytesText(memory.total)}, ${bytesText(memory.available)} free`],
    ["system", `${os} ${arch}`],
    ["Deno", `${machine.deno}, V8 ${machine.v8}`],
    [
      "JSR",
      isJsr ? "used" : "not reachable: stand-ins for its modules are used, and nothing is missing",
    ],
  ];
}

function folderRow(label: string, { path, exists, free, writable }: FolderFacts): Row {
  const remarks = [
    free === null ? "" : `${bytesText(free)} free`,
    exists ? "" : "made when it is needed",
    writable ? "" : "cannot be written",
  ].filter((remark) => remark !== "");
  return [label, `${path} (${remarks.join(", ")})`];
}

function dataSetRow({ name, folder, state }: DataSetFacts): Row {
  if (state !== "missing") return [name, `${state}: ${folder}`];
  const fetched = name !== "CIFAR10-sample";
  const how = fetched ? `; deno task cifar --dataset ${name} fetches it (about 170 MB)` : "";
  return [name, `not there${how}`];
}
