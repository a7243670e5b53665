/**
 * tfjs-node calls two functions that `node:util` no longer has: gives them back. Must be imported
 * before any module of tfjs-node.
 *
 * @module
 */
import util from "node:util";

Object.assign(util, {
  isNullOrUndefined: (value: unknown): boolean => value === null || value === undefined,
  isArray: Array.isArray,
});
