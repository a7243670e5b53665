/**
 * Turns what `deno pack` makes into the package for npm.
 *
 * `deno pack` writes JavaScript and declarations and lists every package that a source names. On Node
 * and Bun there is no TensorFlow and no HDF5, so their packages are left out; tfjs-core belongs to the
 * program, because two copies of it do not know each other's tensors.
 *
 * @module
 */

/** The files of a package by path. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** A package.json, as far as it is changed here. */
export interface Manifest {
  name: string;
  version: string;
  description?: string;
  exports: Record<string, Record<string, string>>;
  dependencies: Record<string, string>;
  [field: string]: unknown;
}

const core = "@tensorflow/tfjs-core";
/** Packages that only Deno uses. */
const onlyInDeno = ["@tensorflow/tfjs-node-gpu", "h5wasm"];
/** Files for Deno: its settings, and the door that names tfjs-node. */
const left = /^(deno\.json|lib\/backend\/mod\.(js|d\.ts))$/;

/** Modules from JSR, and the files that stand in for them. `deno pack` leaves these imports alone. */
const standIns = { "@std/path": "std_adapters/path.js" };

/** The files of the package for npm. */
export function npmPackage(packed: Files): Files {
  const kept = [...packed.keys()].filter((path) => !left.test(path));
  const ofNode = new Set(
    kept.filter((path) => path.endsWith(".js")).flatMap((path) => {
      const named = textOf(packed, path).matchAll(/(?:from |import\()"(node:[^"]+)"/g);
      return [...named].map(([, name]) => name as string);
    }),
  );
  return new Map(kept.map((path) => {
    const text = () => textOf(packed, path);
    if (/\.(js|d\.ts)$/.test(path)) return [path, encode(withStandIns(path, text()))];
    if (path !== "package.json") return [path, packed.get(path) as Uint8Array];
    const manifest = npmManifest(JSON.parse(text()), ofNode);
    return [path, encode(JSON.stringify(manifest, null, 2) + "\n")];
  }));
}

/** A module whose imports from JSR lead to the files that stand in for them. */
function withStandIns(path: string, text: string): string {
  const up = "../".repeat(path.split("/").length - 1) || "./";
  return Object.entries(standIns).reduce(
    (text, [name, file]) => text.replaceAll(`from "${name}"`, `from "${up}${file}"`),
    text,
  );
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/**
 * The package.json for npm.
 *
 * @param ofNode The modules of Node that its files import, in functions that work in Deno only: bundlers
 * for browsers leave them out.
 */
export function npmManifest(
  { name, version, exports, dependencies, ...others }: Manifest,
  ofNode: ReadonlySet<string> = new Set(),
): Manifest {
  const { [core]: coreVersion, ...needed } = dependencies;
  if (coreVersion === undefined) throw new Error(`deno pack lists no ${core}`);
  for (const only of onlyInDeno) delete needed[only];
  return {
    name,
    version,
    description:
      "Attention transfer and knowledge distillation: losses, networks and training steps " +
      "as pure functions on TensorFlow.js",
    keywords: [
      "attention-transfer",
      "knowledge-distillation",
      "tensorflow",
      "tfjs",
      "deep-learning",
    ],
    ...others,
    engines: { node: ">=20" },
    sideEffects: false,
    browser: Object.fromEntries([...ofNode].sort().map((name) => [name, false])),
    exports: { ...exports, "./engine": engineDoor(exports) },
    dependencies: needed,
    peerDependencies: { [core]: coreVersion },
  };
}

function engineDoor(exports: Manifest["exports"]): Record<string, string> {
  const door = Object.entries(exports["./engine"] ?? {});
  return Object.fromEntries(door.map(([kind, path]) => [kind, path.replace("/mod.", "/engine.")]));
}

function textOf(files: Files, path: string): string {
  const bytes = files.get(path);
  if (!bytes) throw new Error(`deno pack wrote no ${path}`);
  return new TextDecoder().decode(bytes);
}
