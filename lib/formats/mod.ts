/**
 * Reads and writes parameters as bytes (everywhere) and files (in Deno), and has operations on
 * dictionaries of them.
 *
 * @module
 */
export { UserError, type UserErrorCode, type UserErrorOptions } from "../errors.ts";
export { formatParams, parseParams, type ParseParamsOptions } from "./params_bytes.ts";
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
