/**
 * The two configurations are equal except for the JSR modules, and the stand-ins for those modules
 * behave as needed. With `deno.json` the same tests check the real modules.
 *
 * @module
 */
import * as assertions from "@std/assert";
import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";
import {
  basename,
  dirname,
  extname,
  fromFileUrl,
  isAbsolute,
  join,
  resolve,
  toFileUrl,
} from "@std/path";

interface Configuration {
  imports: Record<string, string>;
  lock?: unknown;
  tasks?: unknown;
  publish: { include: string[] };
}

interface Lock {
  specifiers: Record<string, string>;
}

function readJson<T>(name: string): T {
  return JSON.parse(Deno.readTextFileSync(new URL(`../${name}`, import.meta.url)));
}

const main = readJson<Configuration>("deno.json");
const second = readJson<Configuration>("deno.nojsr.json");

/** A configuration without the entries that may differ. */
function shared({ lock: _, tasks: __, imports, publish, ...others }: Configuration): unknown {
  return {
    ...others,
    imports: Object.entries(imports).filter(([name]) => !isStd(name)),
    publish: {
      ...publish,
      include: publish.include.filter((name) => !name.startsWith("std_adapters/")),
    },
  };
}

function isStd(name: string): boolean {
  return name.startsWith("@std/");
}

Deno.test("deno.nojsr.json differs from deno.json in the standard modules, the lock and the tasks only", () => {
  assertEquals(shared(second), shared(main));
  assertEquals([main.lock, second.tasks], [undefined, undefined]);
  assertEquals(second.lock, { path: "./deno.nojsr.lock" });
  assertEquals(Object.keys(main.imports).filter(isStd), ["@std/assert", "@std/cli", "@std/path"]);
  assertEquals(Object.entries(second.imports).filter(([name]) => isStd(name)), [
    ["@std/assert", "./std_adapters/assert.ts"],
    ["@std/cli/parse-args", "./std_adapters/parse_args.ts"],
    ["@std/path", "./std_adapters/path.ts"],
  ]);
});

Deno.test("deno.json pins every dependency to an exact version, under its own name", () => {
  for (const [name, target] of Object.entries(main.imports)) {
    assertMatch(target, /^(npm|jsr):(@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+$/);
    assertEquals(target.replace(/^(npm|jsr):/, "").replace(/@[\d.]+$/, ""), name);
  }
});

Deno.test("the locks hold the packages from npm at their versions", () => {
  for (const file of ["deno.lock", "deno.nojsr.lock"]) {
    const { specifiers } = readJson<Lock>(file);
    for (const target of Object.values(main.imports)) {
      if (!target.startsWith("npm:")) continue; // JSR cannot be reached from everywhere
      // The versions of peer dependencies may follow the version.
      const locked = specifiers[target]?.split("_")[0];
      assertEquals(locked, target.split("@").at(-1), `${file}: ${target}`);
    }
  }
});

/** Parses as the commands do: all flags and arguments are strings. */
function parse(...args: string[]): Record<string, unknown> {
  return parseArgs(args, { string: ["lr", "save", "epoch-step", "nesterov", "_"] });
}

Deno.test("parseArgs() reads what the commands give it", () => {
  const cases: [args: string[], expected: Record<string, unknown>][] = [
    [[], { _: [] }],
    [["--lr=0.1"], { _: [], lr: "0.1" }],
    [["--lr=-0.1"], { _: [], lr: "-0.1" }],
    [["--lr=1e+3", "--nesterov=true"], { _: [], lr: "1e+3", nesterov: "true" }],
    [["--lr=1", "--lr=2"], { _: [], lr: "2" }],
    [["--save=logs/a=b"], { _: [], save: "logs/a=b" }],
    [["--save=a b --lr=2"], { _: [], save: "a b --lr=2" }],
    [["--save=true"], { _: [], save: "true" }],
    [["--save=--"], { _: [], save: "--" }],
    [["--epoch-step=[60,120]"], { _: [], "epoch-step": "[60,120]" }],
    [["a", "7", "b c"], { _: ["a", "7", "b c"] }],
    [["a", "--lr=1", "b"], { _: ["a", "b"], lr: "1" }],
    [["a", "--", "--lr=1", "-x", "--"], { _: ["a", "--lr=1", "-x", "--"] }],
  ];
  for (const [args, expected] of cases) {
    assertEquals({ ...parse(...args) }, expected, args.join(" "));
  }
});

Deno.test("assertions pass on what holds", async () => {
  assertions.assert(1);
  assertions.assertEquals({ a: [1, NaN, new Float32Array([1])] }, {
    a: [1, NaN, new Float32Array([1])],
  });
  assertions.assertNotEquals([1], [2]);
  assertions.assertAlmostEquals(1, 1 + 1e-8);
  assertions.assertAlmostEquals(1, 1.5, 0.5);
  assertions.assertAlmostEquals(Infinity, Infinity);
  assertions.assertStringIncludes("abc", "b");
  assertions.assertMatch("abc", /^a/);
  const fail = () => {
    throw new RangeError("too far");
  };
  assertEquals(assertions.assertThrows(fail, RangeError, "far").message, "too far");
  assertEquals(
    (await assertions.assertRejects(() => Promise.reject(new TypeError("no")), TypeError)).message,
    "no",
  );
});

const failing: Record<string, () => unknown> = {
  "assert() of 0": () => assertions.assert(0),
  "assert() of an empty string": () => assertions.assert(""),
  "assertEquals() of other values": () => assertions.assertEquals({ a: [1, 2] }, { a: [1, 3] }),
  "assertEquals() of a missing key": () =>
    assertions.assertEquals<unknown>({ a: 1 }, { a: 1, b: 2 }),
  "assertEquals() of an undefined key": () =>
    assertions.assertEquals<unknown>({}, { a: undefined }),
  "assertEquals() of a number as text": () => assertions.assertEquals<unknown>(1, "1"),
  "assertEquals() of other typed arrays": () =>
    assertions.assertEquals(new Float32Array([1]), new Float32Array([2])),
  "assertNotEquals() of equal values": () => assertions.assertNotEquals([1], [1]),
  "assertAlmostEquals() beyond the default": () => assertions.assertAlmostEquals(1, 1 + 1e-6),
  "assertAlmostEquals() beyond a tolerance": () => assertions.assertAlmostEquals(1, 2, 0.5),
  "assertAlmostEquals() of NaN": () => assertions.assertAlmostEquals(NaN, 1, 10),
  "assertStringIncludes() of another text": () => assertions.assertStringIncludes("abc", "d"),
  "assertMatch() of another text": () => assertions.assertMatch("abc", /^b/),
  "assertThrows() where nothing is thrown": () => assertions.assertThrows(() => {}),
  "assertThrows() of another class": () =>
    assertions.assertThrows(() => {
      throw new Error("a");
    }, TypeError),
  "assertThrows() of another message": () =>
    assertions.assertThrows(
      () => {
        throw new TypeError("a");
      },
      TypeError,
      "b",
    ),
};

for (const [name, fails] of Object.entries(failing)) {
  Deno.test(`${name} fails`, () => {
    let thrown: unknown;
    try {
      fails();
    } catch (error) {
      thrown = error;
    }
    assertEquals((thrown as Error | undefined)?.name, "AssertionError");
  });
}

const rejecting: Record<string, () => Promise<unknown>> = {
  "assertRejects() where nothing is rejected": () =>
    assertions.assertRejects(() => Promise.resolve()),
  "assertRejects() of another class": () =>
    assertions.assertRejects(() => Promise.reject(new Error("a")), TypeError),
  "assertRejects() of another message": () =>
    assertions.assertRejects(() => Promise.reject(new TypeError("a")), TypeError, "b"),
  "assertRejects() of what throws before it gives a promise": () =>
    assertions.assertRejects(() => {
      throw new TypeError("a");
    }, TypeError),
};

for (const [name, rejects] of Object.entries(rejecting)) {
  Deno.test(`${name} fails`, async () => {
    const thrown: unknown = await rejects().then(() => undefined, (error) => error);
    assertEquals((thrown as Error | undefined)?.name, "AssertionError");
  });
}

Deno.test("paths are joined, taken apart and turned into addresses", () => {
  const windows = Deno.build.os === "windows";
  const path = windows ? "C:\\a b\\100%.txt" : "/a b/100%.txt";
  assertEquals(fromFileUrl(toFileUrl(path)), path);
  assertEquals(toFileUrl(path).href.endsWith("/a%20b/100%25.txt"), true);
  assertThrows(() => fromFileUrl("https://example.org/a"), TypeError);
  assertEquals(join("a", "..", "b", "c.txt"), windows ? "b\\c.txt" : "b/c.txt");
  assertEquals([basename(path), dirname("a/b"), extname(path)], ["100%.txt", "a", ".txt"]);
  assertEquals([isAbsolute(path), isAbsolute("a")], [true, false]);
  assertEquals(resolve("a"), join(Deno.cwd(), "a"));
});
