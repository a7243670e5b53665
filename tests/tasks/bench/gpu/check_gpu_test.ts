/**
 * Tests of `deno task bench --gpu` as a user runs it, as small as it gets and without PyTorch.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import type { GpuReport } from "../../../../tasks/bench/gpu/report.ts";
import { inFolder } from "../../../folders.ts";
import { long } from "../../../long.ts";
import { taskRunner } from "../../command.ts";

const { refuse, succeed } = taskRunner("bench");

long.test("deno task bench --gpu runs every section, and writes all of it to one file", () =>
  inFolder(async (cwd) => {
    const { out } = await succeed(cwd, "--gpu", "--quick", "--python", "no-such-python");
    assertStringIncludes(out, "All of it is in gpu.json");
    const { sections }: GpuReport = JSON.parse(await Deno.readTextFile(join(cwd, "gpu.json")));
    assertEquals(Object.entries(sections).map(([name, { state }]) => `${name}: ${state}`), [
      ...["doctor: done", "ceilings: done", "parity: done", "steps, batch 4: done"],
      ...["memory: done", "images: done", "training: done"],
    ]);
    assert(sections.parity!.findings.length > 0);
    assertEquals(sections.parity!.findings.filter(({ ok }) => ok === false), []);
    assert(sections.parity!.findings.some(({ ok }) => ok === true));
  }));

Deno.test("deno task bench --gpu refuses at once a file that it cannot write", () =>
  inFolder((cwd) =>
    refuse(cwd, 1, /Cannot write here\/gpu\.json/, "--gpu", "--out", "here/gpu.json")
  ));
