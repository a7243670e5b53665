/**
 * Each program in the folder of examples runs as its first lines say, and the loss that it prints gets
 * smaller.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { namesIn } from "../folders.ts";
import { long } from "../long.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));
/** A module for the tasks, which tests/tasks/own_network_test.ts runs. */
const forTasks = "task_network.ts";
const programs = namesIn(`${root}/examples`)
  .filter((name) => name.endsWith(".ts") && name !== forTasks);

interface Configuration {
  imports: Record<string, string>;
  exports: Record<string, string>;
  scopes: Record<string, Record<string, string>>;
}

/** The losses that each program prints, by name. */
const printed: Record<string, string[]> = {
  "adam.ts": ["loss"],
  "gradient_attention.ts": ["gradient_attention"],
  "layers_teacher.ts": ["attention"],
  "own_data.ts": ["loss"],
  "own_method.ts": ["feature_angles"],
  "own_networks.ts": ["attention_0", "attention_1"],
};

Deno.test("each example is run by a test, and says how to run it", () => {
  assertEquals(programs, Object.keys(printed));
  for (const name of programs) {
    const text = Deno.readTextFileSync(`${root}/examples/${name}`);
    assert(text.includes(`\n *     deno run --allow-all examples/${name}\n`), name);
  }
});

Deno.test("the examples use the packages at their versions in deno.json", () => {
  const [own, main] = ["examples/deno.json", "deno.nojsr.json"].map((path) =>
    JSON.parse(Deno.readTextFileSync(`${root}/${path}`)) as Configuration
  ) as [Configuration, Configuration];
  const { "@attention-transfer/core": library, ...packages } = own.imports;
  assertEquals(library, `.${main.exports["."]}`);
  for (const [name, target] of Object.entries(packages)) assertEquals(target, main.imports[name]);
  for (const [folder, imports] of Object.entries(own.scopes)) {
    assert(Deno.statSync(`${root}/examples/${folder}`).isDirectory, folder);
    for (const [name, path] of Object.entries(imports)) {
      assertEquals(path, `.${main.imports[name]}`);
    }
  }
});

for (const [name, losses] of Object.entries(printed)) {
  long.test(`examples/${name} runs from a clone, and its losses get smaller`, async () => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", `examples/${name}`],
      cwd: root,
      env: { NO_COLOR: "1" },
    }).output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assertEquals(code, 0, err);
    for (const loss of losses) {
      const values = [...out!.matchAll(new RegExp(`\\b${loss} (\\S+?)(?:,|$)`, "gm"))]
        .map(([, value]) => Number(value));
      assert(values.length >= 10, out);
      assert(values.at(-1)! < values[0]!, out);
    }
  });
}
