/**
 * The programs in README and the guides type-check and run as they are written, and the library's guide
 * has every public name.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { publicNames } from "../tasks/docs/api.ts";
import { libraryGuide } from "../tasks/docs/guides.ts";
import { nameProblems } from "../tasks/docs/names.ts";
import { long } from "./long.ts";

const root = fromFileUrl(new URL("../", import.meta.url));
const guides = [
  ...[...Deno.readDirSync(join(root, "docs"))].map(({ name }) => `docs/${name}`)
    .filter((name) => name.endsWith(".md")).sort(),
  "README.md",
];

/** The programs of a guide: its TypeScript that imports something. */
function programsIn(guide: string): string[] {
  const text = Deno.readTextFileSync(join(root, guide));
  return [...text.matchAll(/^```ts\n([^]*?)^```/gm)].map(([, code]) => code as string)
    .filter((code) => /^import /m.test(code));
}

Deno.test("docs/library.md has every public name of all doors, and no other", async () => {
  const names = await publicNames(root);
  assert(names.size > 150, `${names.size} names`);
  const text = Deno.readTextFileSync(join(root, libraryGuide));
  assertEquals(nameProblems(text, [...names.keys()]), []);
});

// Together, because the compiler needs a minute for the library.
long.test("the programs in README and the guides run as they are written", async () => {
  const folder = await Deno.makeTempDir();
  try {
    // A file of another program, under the name that a guide gives it.
    const file = "tests/fixtures/pytorch/repdistiller.pth";
    await Deno.copyFile(join(root, file), join(folder, "teacher.pth"));
    const mod = JSON.stringify(new URL("../mod.ts", import.meta.url).href);
    const programs = guides.flatMap((guide) =>
      programsIn(guide).map((code, i) => [`${guide.replace("/", "_")}.${i}.ts`, code] as const)
    );
    assert(programs.length >= 8, `${programs.length} programs`);
    for (const [name, code] of programs) {
      const program = code.replaceAll('"@attention-transfer/core"', mod);
      await Deno.writeTextFile(join(folder, name), program);
    }
    const all = programs.map(([name]) => `await import("./${name}");`).join("\n");
    await Deno.writeTextFile(join(folder, "all.ts"), all);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--allow-all", "--check", "--quiet", "--no-lock"],
        ...["--config", join(root, "deno.nojsr.json"), join(folder, "all.ts")],
      ],
      cwd: folder,
      env: { NO_COLOR: "1" },
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    assertMatch(new TextDecoder().decode(stdout), /^step 1: loss \d+\.\d+$/m); // of README
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
