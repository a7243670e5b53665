/**
 * The compiler: traces a function of tensors, optimises the trace, and converts it to a TensorFlow
 * function. Folders other than lib/backend should only import this file.
 *
 * @module
 */
export { jit, type Jitted, type Precision } from "./jit.ts";
export { inPrecision } from "./precision.ts";
export type { Profile, ProfiledEvent, ProfiledNode, ProfiledRun } from "./profile.ts";
