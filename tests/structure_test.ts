/**
 * The rules of the source tree: which imports are allowed, and the form of every file.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { testedElsewhere, untested } from "./tested_elsewhere.ts";

const root = new URL("../", import.meta.url);
const folders = ["examples", "lib", "models", "scripts", "std_adapters", "tasks", "tests"];
const sources = ["mod.ts", ...folders.flatMap((folder) => sourcesIn(folder))].sort();

function sourcesIn(folder: string): string[] {
  return [...Deno.readDirSync(new URL(folder, root))].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    if (isDirectory) return sourcesIn(path);
    return /\.(ts|js)$/.test(name) ? [path] : [];
  });
}

/** The imports of each file, types and dynamic ones too: paths of files, or names of packages. */
async function readImports(): Promise<Map<string, string[]>> {
  const entry = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const lines = sources.map((path) => `import ${JSON.stringify(new URL(path, root).href)};`);
    await Deno.writeTextFile(entry, lines.join("\n"));
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      // This configuration needs no network and maps the same files.
      args: ["info", "--json", "--config", fromFileUrl(new URL("deno.nojsr.json", root)), entry],
    }).output();
    const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: Module[] };
    const known = modules.filter(({ specifier }) => specifier.startsWith(root.href));
    return new Map(
      known.map(({ specifier, dependencies = [] }) => [
        relative(specifier),
        dependencies.map(({ specifier, code, type }) =>
          isPackage(specifier) ? packageName(specifier) : relative((code ?? type)?.specifier ?? "")
        ),
      ]),
    );
  } finally {
    await Deno.remove(entry);
  }
}

interface Module {
  specifier: string;
  dependencies?: {
    specifier: string;
    code?: { specifier?: string };
    type?: { specifier?: string };
  }[];
}

function relative(href: string): string {
  return href.replace(root.href, "");
}

function isPackage(specifier: string): boolean {
  return !/^\.{0,2}\/|^file:/.test(specifier);
}

/** `@tensorflow/tfjs` from `@tensorflow/tfjs/dist/x.js`. */
function packageName(specifier: string): string {
  return specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}

const imports = await readImports();

/**
 * Files by prefix, and the prefixes that they may import besides errors, argument checks and each
 * other.
 */
const arrows: { files: string; may: string[] }[] = [
  { files: "lib/autodiff/", may: ["@tensorflow/tfjs-core"] },
  { files: "lib/losses/", may: ["lib/autodiff/", "@tensorflow/tfjs-core"] },
  {
    files: "models/",
    may: ["lib/autodiff/", "lib/params.ts", "lib/random.ts", "@tensorflow/tfjs-core"],
  },
  {
    files: "lib/data/",
    may: ["lib/files.ts", "lib/random.ts", "@std/path", "modern-tar", "node:"],
  },
  {
    files: "lib/formats/",
    may: [
      ...["lib/files.ts", "lib/params.ts"],
      ...["@std/path", "@tensorflow/tfjs-core", "@zip.js/zip.js", "h5wasm"],
    ],
  },
  {
    files: "lib/networks/",
    may: [
      ...["lib/data/", "lib/formats/", "lib/images/", "models/", "lib/files.ts", "lib/params.ts"],
      ...["@std/path", "@tensorflow/tfjs-core"],
    ],
  },
  {
    files: "lib/train/",
    may: [
      ...["lib/autodiff/", "lib/data/", "lib/formats/", "lib/losses/", "models/"],
      ...["lib/files.ts", "lib/json.ts", "lib/params.ts", "lib/tree.ts"],
      ...["@std/path", "@tensorflow/tfjs-core"],
    ],
  },
  {
    files: "lib/methods/",
    may: [
      ...["lib/jit/", "lib/losses/", "lib/train/", "models/", "lib/params.ts", "lib/random.ts"],
      "@tensorflow/tfjs-core",
    ],
  },
  { files: "lib/provision/", may: ["lib/files.ts", "@std/path", "node:"] },
  { files: "lib/tensorflow/", may: ["protobufjs"] },
  {
    files: "lib/jit/",
    may: ["lib/autodiff/", "lib/tensorflow/", "lib/tree.ts", "@tensorflow/tfjs-core"],
  },
  {
    files: "lib/backend/",
    may: [
      ...["lib/autodiff/", "lib/jit/", "lib/provision/", "lib/tensorflow/"],
      ...["@tensorflow/tfjs-core", "@tensorflow/tfjs-node-gpu", "node:"],
    ],
  },
  {
    files: "lib/images/",
    may: ["lib/data/", "lib/tensorflow/", "lib/files.ts", "lib/random.ts", "@std/path"],
  },
  {
    files: "lib/onnx/",
    may: ["lib/formats/", "models/", "lib/params.ts", "@tensorflow/tfjs-core", "protobufjs"],
  },
  { files: "lib/localization/", may: ["saxes"] },
  { files: "mod.ts", may: ["lib/", "models/"] },
  { files: "tasks/", may: ["lib/", "models/", ...packages()] },
  { files: "std_adapters/", may: ["node:"] },
  {
    files: "examples/",
    may: ["@attention-transfer/core", "@tensorflow/tfjs-core", "@tensorflow/tfjs-layers"],
  },
];

/** The files directly in `lib`. */
function libraryFiles(): string[] {
  return sources.filter((path) => /^lib\/[^/]+$/.test(path));
}

function packages(): string[] {
  return [...new Set([...imports.values()].flat().filter((name) => !sources.includes(name)))];
}

for (const { files, may } of arrows) {
  Deno.test(`structure: ${files} imports only what lies below it`, () => {
    const importing = [...imports].filter(([path]) => path.startsWith(files));
    assert(importing.length > 0, `there are no ${files}`);
    const allowed = [files, "lib/errors.ts", "lib/arguments.ts", "lib/need_backend.ts", ...may];
    const wrong = importing.flatMap(([path, targets]) =>
      targets
        .filter((target) => !allowed.some((prefix) => target.startsWith(prefix)))
        .map((target) => `${path} imports ${target}`)
    );
    assertEquals(wrong, []);
  });
}

Deno.test("ARCHITECTURE.md says what each folder of the library may import", () => {
  const document = Deno.readTextFileSync(new URL("ARCHITECTURE.md", root));
  const rows = [...document.matchAll(/^\| `(lib\/\w+|models)` .*\| ([^|]+?) +\|$/gm)];
  const stated = rows.map(([, folder, names]) =>
    [`${folder}/`, names!.replaceAll("`", "").split(", ").sort()] as const
  );
  const allowed = arrows
    .filter(({ files }) => /^(lib|models)\//.test(files))
    .map(({ files, may }) => [files, may.map((name) => name.replace(/\/$/, "")).sort()] as const);
  assertEquals(Object.fromEntries(stated), Object.fromEntries(allowed));
});

Deno.test("structure: the files of lib itself import each other and what reads files, no more", () => {
  const packages = ["@std/path", "@tensorflow/tfjs-core", "leven", "pure-rand"];
  const may = [...libraryFiles(), ...packages];
  const wrong = libraryFiles().flatMap((path) =>
    (imports.get(path) ?? []).filter((target) => !may.some((prefix) => target.startsWith(prefix)))
      .map((target) => `${path} imports ${target}`)
  );
  assertEquals(wrong, []);
});

Deno.test("structure: tensorflow, jit, provision and backend are entered by the files that are meant for it", () => {
  const rooms: Record<string, { entrances: RegExp; insiders: RegExp }> = {
    "lib/tensorflow/": { entrances: /mod/, insiders: /^lib\/(tensorflow|jit|backend)\// },
    "lib/jit/": { entrances: /mod/, insiders: /^lib\/(jit|backend)\// },
    "lib/provision/": { entrances: /mod/, insiders: /^lib\/provision\// },
    "lib/backend/": {
      entrances: /mod|engine|use_tensorflow|inspect|summaries|thread_numbers/,
      insiders: /^lib\/backend\//,
    },
  };
  const wrong = Object.entries(rooms).flatMap(([room, { entrances, insiders }]) =>
    [...imports].filter(([path]) =>
      !insiders.test(path) && !/^(tests|scripts|tasks\/bench)\//.test(path)
    )
      .flatMap(([path, targets]) =>
        targets.filter((target) => target.startsWith(room) && !entrances.test(target))
          .map((target) => `${path} imports ${target}`)
      )
  );
  assertEquals(wrong, []);
});

Deno.test("structure: nothing but the backend and its tests imports tfjs-node", () => {
  const importing = [...imports]
    .filter(([, targets]) => targets.includes("@tensorflow/tfjs-node-gpu"))
    .map(([path]) => path);
  assert(importing.length > 0);
  assertEquals(importing.filter((path) => !/^(tests|lib\/backend)\//.test(path)), []);
});

Deno.test("structure: every import of a source leads to a file that is there", () => {
  assertEquals([...imports.keys()].filter((path) => sources.includes(path)).sort(), sources);
});

Deno.test("structure: there are no import cycles", () => {
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    assert(!trail.includes(path), `a cycle: ${[...trail, path].join(" -> ")}`);
    if (done.has(path)) return;
    for (const target of imports.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of sources) visit(path, []);
});

Deno.test("structure: every file opens with a comment that says what it is for", () => {
  const without = sources.filter((path) =>
    !/^\/\*\*((?!\*\/)[^])+@module\s*\*\/\n/.test(Deno.readTextFileSync(new URL(path, root)))
  );
  assertEquals(without, []);
});

Deno.test("structure: no file has more than 350 lines", () => {
  const long = sources
    .map((path) => [path, Deno.readTextFileSync(new URL(path, root)).split("\n").length] as const)
    .filter(([, lines]) => lines > 350);
  assertEquals(long, []);
});

/** Sources without a test of the same name: `NAME_test.ts`, or several, `NAME_PART_test.ts`. */
function withoutOwnTest(): string[] {
  return sources.filter((path) => /^(lib|models|scripts|tasks)\//.test(path)).filter((path) => {
    const start = `tests/${path.replace(/\.[tj]s$/, "")}_`;
    return !sources.some((test) =>
      test.startsWith(start) && test.endsWith("_test.ts") ||
      test === `${start}test.ts`
    );
  });
}

Deno.test("structure: every source has a test of its own name, or stands in tested_elsewhere.ts", () => {
  const excused = [...Object.values(testedElsewhere).flat(), ...Object.keys(untested)].sort();
  assertEquals(withoutOwnTest(), excused);
});

Deno.test("structure: tests that are named for a source of the library use it", () => {
  /** The files that a file imports or starts by path, and recursively theirs. */
  const reach = (path: string, seen = new Set<string>()): Set<string> => {
    const here = new URL(path, root);
    const started = sources.includes(path)
      ? [...Deno.readTextFileSync(here).matchAll(/"([\w./]+\.ts)"/g)]
        .map(([, target]) => relative(new URL(target as string, here).href))
      : [];
    for (const target of [...imports.get(path) ?? [], ...started]) {
      if (seen.has(target)) continue;
      seen.add(target);
      reach(target, seen);
    }
    return seen;
  };
  const wrong = Object.entries(testedElsewhere).flatMap(([name, tested]) => {
    const test = `tests/${name}_test.ts`;
    assert(sources.includes(test), `there is no ${test}`);
    if (/^(tasks|reliability)\//.test(name)) return []; // the launcher starts commands
    const used = reach(test);
    return tested.filter((path) => !used.has(path))
      .map((path) => `${test} does not use ${path}`);
  });
  assertEquals(wrong, []);
});
