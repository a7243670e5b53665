/**
 * Restores two functions of `node:util` that tfjs-node calls and that no longer exist. Import this
 * before any module of tfjs-node.
 *
 * @module
 */
import util from "node:util";

Object.assign(util, {
  isNullOrUndefined: (value: unknown): boolean => value === null || value === undefined,
  isArray: Array.isArray,
});
