/**
 * What becomes of the output of `deno pack`.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import { npmManifest, npmPackage } from "../../../tasks/npm/package.ts";

const manifest = {
  name: "@a/b",
  version: "1.2.3",
  type: "module",
  exports: {
    ".": { types: "./mod.d.ts", import: "./mod.js" },
    "./engine": { types: "./lib/backend/mod.d.ts", import: "./lib/backend/mod.js" },
  },
  dependencies: {
    "@tensorflow/tfjs-core": "^4.22.0",
    "@tensorflow/tfjs-node-gpu": "^4.22.0",
    "h5wasm": "^0.10.3",
    "leven": "^4.1.0",
  },
};

Deno.test("npmManifest() leaves tfjs-core to the program, and what only Deno uses out", () => {
  const { name, version, dependencies, peerDependencies, engines, exports } = npmManifest(manifest);
  assertEquals([name, version], ["@a/b", "1.2.3"]);
  assertEquals(dependencies, { leven: "^4.1.0" });
  assertEquals(peerDependencies, { "@tensorflow/tfjs-core": "^4.22.0" });
  assertEquals(engines, { node: ">=20" });
  assertEquals(exports["./engine"], {
    types: "./lib/backend/engine.d.ts",
    import: "./lib/backend/engine.js",
  });
  assertEquals(exports["."], manifest.exports["."]);
});

Deno.test("npmManifest() refuses a package without tfjs-core", () => {
  const message = "deno pack lists no @tensorflow/tfjs-core";
  assertThrows(() => npmManifest({ ...manifest, dependencies: {} }), Error, message);
});

Deno.test("npmPackage() leaves Deno's files out, and gives modules from JSR their stand-ins", () => {
  const encode = (text: string) => new TextEncoder().encode(text);
  const files = npmPackage(
    new Map([
      ["package.json", encode(JSON.stringify(manifest))],
      ["deno.json", encode("{}")],
      ["mod.js", encode('import { join } from "@std/path";')],
      ["lib/data/cifar.js", encode('import { join } from "@std/path";')],
      ["lib/backend/mod.js", encode("")],
      ["lib/backend/engine.js", encode('import util from "node:util"; import("node:crypto");')],
      ["README.md", Uint8Array.of(0xff)],
    ]),
  );
  const text = (path: string) => new TextDecoder().decode(files.get(path));
  assertEquals(JSON.parse(text("package.json")).browser, {
    "node:crypto": false,
    "node:util": false,
  });
  assertEquals([...files.keys()], [
    "package.json",
    "mod.js",
    "lib/data/cifar.js",
    "lib/backend/engine.js",
    "README.md",
  ]);
  assertEquals(text("mod.js"), 'import { join } from "./std_adapters/path.js";');
  assertEquals(text("lib/data/cifar.js"), 'import { join } from "../../std_adapters/path.js";');
  assertEquals(files.get("README.md"), Uint8Array.of(0xff));
});
