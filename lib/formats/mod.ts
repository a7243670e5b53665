/**
 * Reads and writes parameters, and provides operations on dictionaries of them.
 *
 * @module
 */
export { UserError, type UserErrorCode, type UserErrorOptions } from "../errors.ts";
export { loadParams, saveParams } from "./weights.ts";
export {
  checkFiniteParams,
  checkParams,
  fillParams,
  filterParams,
  isSgeKey,
  isTrainable,
  type Params,
  type Tensors,
} from "../params.ts";
