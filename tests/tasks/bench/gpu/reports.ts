/**
 * Reports of `deno task bench --gpu` for tests.
 *
 * @module
 */
import type { Finding, GpuReport } from "../../../../tasks/bench/gpu/report.ts";

/** A report whose sections are done, with these findings. */
export function reportOf(findings: Readonly<Record<string, readonly Finding[]>>): GpuReport {
  const sections = Object.entries(findings).map(([name, found]) =>
    [name, { state: "done", seconds: 1, limit: 10, findings: found }] as const
  );
  return {
    started: "2026-01-31T12:00:00.000Z",
    machine: { processor: "Some CPU", cores: 4, os: "linux", deno: "2.9.6" },
    ...{ device: "GPU", card: "Some card, 1000 MiB, driver 1", budget: 345, seconds: 100 },
    smaller: [],
    sections: Object.fromEntries(sections),
  };
}
