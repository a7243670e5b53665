/**
 * A profile as a trace file, which Perfetto (ui.perfetto.dev) and chrome://tracing open.
 *
 * Format: "Trace Event Format", https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU.
 *
 * @module
 */
import type { Profile, ProfiledEvent } from "../../lib/jit/mod.ts";
import { labelNodes } from "./labels.ts";

/** A trace file, as an object for `JSON.stringify`. */
export interface ChromeTrace {
  traceEvents: TraceEvent[];
  displayTimeUnit: "ms";
  otherData: Record<string, string>;
}

/** Something that took time (`X`), or the name of a process or a thread (`M`). */
type TraceEvent =
  & { name: string; pid: number; tid: number; args: Record<string, unknown> }
  & ({ ph: "X"; cat: string; ts: number; dur: number } | { ph: "M" });

/** All rows belong to one process. */
const pid = 1;
/** The row of whole steps; the ops' lanes follow. */
const stepRow = 0;
/** Microseconds between a step and the next, for the eye. */
const gap = 1000;

/**
 * The trace file of a profile: a row for the steps, one after the other, and a row for each op that ran
 * at a time. Times are in microseconds.
 *
 * @param about what the file says of itself, such as the engine.
 */
export function chromeTrace(profile: Profile, about: Record<string, string>): ChromeTrace {
  const describe = describer(profile);
  const steps: TraceEvent[] = [];
  let begin = 0;
  profile.runs.forEach(({ duration, events }, i) => {
    const dur = duration * 1e3;
    const row = { pid, tid: stepRow };
    steps.push({ name: `step ${i + 1}`, cat: "step", ph: "X", ts: begin, dur, ...row, args: {} });
    for (const event of events) {
      const { start, duration: dur, lane } = event;
      steps.push({ ...describe(event), ph: "X", ts: begin + start, dur, pid, tid: lane + 1 });
    }
    begin += dur + gap;
  });
  const lanes = Math.max(
    0,
    ...profile.runs.flatMap(({ events }) => events.map(({ lane }) => lane + 1)),
  );
  return {
    traceEvents: [...names(lanes), ...steps],
    displayTimeUnit: "ms",
    otherData: about,
  };
}

function names(lanes: number): TraceEvent[] {
  const rows = ["steps", ...Array.from({ length: lanes }, (_, i) => `ops ${i + 1}`)];
  return [
    { name: "process_name", ph: "M", pid, tid: stepRow, args: { name: "training step" } },
    ...rows.flatMap((name, tid): TraceEvent[] => [
      { name: "thread_name", ph: "M", pid, tid, args: { name } },
      { name: "thread_sort_index", ph: "M", pid, tid, args: { sort_index: tid } },
    ]),
  ];
}

/** Gives an event's name, category and arguments: the op, its part of the step, and the rest. */
function describer({ nodes }: Profile) {
  const labels = labelNodes(nodes);
  return ({ node, name }: ProfiledEvent) => {
    if (node === undefined) return { name, cat: "TensorFlow's own", args: {} };
    const { op, inputTypes, outputTypes } = nodes[node]!;
    const { part, group, key } = labels[node]!;
    return {
      name: op,
      cat: part,
      args: {
        node: name,
        part,
        group,
        ...(key && { key }),
        inputs: inputTypes,
        outputs: outputTypes,
      },
    };
  };
}
