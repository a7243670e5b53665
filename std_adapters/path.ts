/**
 * Stands in for `@std/path` where JSR cannot be reached: the same functions from `node:path`.
 *
 * @module
 */
export { basename, dirname, extname, isAbsolute, join, relative, resolve } from "node:path";
export { fileURLToPath as fromFileUrl, pathToFileURL as toFileUrl } from "node:url";
