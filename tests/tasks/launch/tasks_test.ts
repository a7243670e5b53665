/** Tests that SECURITY.md describes the tasks correctly. @module */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { cifarSource } from "../../../lib/data/cifar.ts";
import type { InstalledLibrary } from "../../../lib/provision/provision.ts";
import { dataHost } from "../../../tasks/launch/fetch.ts";
import { confinedTasks, permissionsOf } from "../../../tasks/launch/tasks.ts";
import { readTexts } from "../../../tasks/launch/texts.ts";

const root = fromFileUrl(new URL("../../../", import.meta.url));
const document = Deno.readTextFileSync(join(root, "SECURITY.md"));
const library: InstalledLibrary = {
  path: "/library",
  preload: [],
  version: "",
  gpu: false,
  source: "cache",
};

function quoted(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word!);
}

/** The row of a task in SECURITY.md, by heading. */
function rowOf(task: string): Record<string, string> {
  const lines = document.split("\n").filter((line) => line.startsWith("|"));
  const cells = (line: string) => line.split("|").slice(1, -1).map((cell) => cell.trim());
  const headings = cells(lines.find((line) => line.startsWith("| task"))!);
  const row = cells(lines.find((line) => line.startsWith(`| \`${task}\``))!);
  return Object.fromEntries(headings.map((heading, i) => [heading, row[i]!]));
}

/** The names in a cell, which may refer to another task's cell, with exceptions. */
function namesIn(cell: string, heading: string): string[] {
  const [, other, without = ""] = cell.match(/^as `(\w+)`(?:, without (.*))?$/) ?? [];
  if (other === undefined) return quoted(cell);
  return namesIn(rowOf(other)[heading]!, heading).filter((name) => !quoted(without).includes(name));
}

for (const [name, task] of Object.entries(confinedTasks)) {
  Deno.test(`SECURITY.md says what ${name} may do`, async () => {
    const named: Record<string, string[]> = {
      convert: ["in", "out"],
      demo: ["run"],
      report: ["runs"],
    };
    const args = named[name] ?? [];
    const texts = await readTexts(task.options, args);
    const computes = task.build?.(texts) !== undefined;
    const place = { root: "/repository", cwd: "/" };
    const permissions = permissionsOf(task, texts, place, computes ? { library } : {});
    const row = rowOf(name);
    const sorted = (names: readonly string[]) => [...names].sort();
    const documented = sorted(namesIn(row.environment!, "environment"));
    assertEquals(documented, sorted(permissions.env as string[]));
    assertEquals(sorted(namesIn(row.system!, "system")), sorted(permissions.sys ?? []));
    assertEquals(row["native code"], permissions.ffi ? "yes" : "no");
    assertEquals(permissions.run, undefined);
    assertEquals(permissions.net, undefined);
    const readsCode = (permissions.read ?? []).includes(join("/repository", "lib"));
    assertEquals(readsCode, name !== "scale" && name !== "report"); // these start no workers
  });
}

Deno.test("SECURITY.md names the host that data are fetched from", () => {
  assertEquals(dataHost, `${new URL(cifarSource).hostname}:443`);
  assertStringIncludes(document, dataHost.replace(":443", ""));
});
