/**
 * Stands in for `@std/path` where JSR cannot be reached: the same functions from `node:path`. As with
 * `@std/path`, the import works without those modules too, such as in a browser.
 *
 * @module
 */
type Path = typeof import("node:path");
type Url = typeof import("node:url");

const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
const path = (process?.getBuiltinModule?.("node:path") ?? {}) as Path;
const url = (process?.getBuiltinModule?.("node:url") ?? {}) as Url;

export const basename: Path["basename"] = path.basename;
export const dirname: Path["dirname"] = path.dirname;
export const extname: Path["extname"] = path.extname;
export const isAbsolute: Path["isAbsolute"] = path.isAbsolute;
export const join: Path["join"] = path.join;
export const relative: Path["relative"] = path.relative;
export const resolve: Path["resolve"] = path.resolve;
export const fromFileUrl: Url["fileURLToPath"] = url.fileURLToPath;
export const toFileUrl: Url["pathToFileURL"] = url.pathToFileURL;
