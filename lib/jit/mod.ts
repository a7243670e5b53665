/**
 * The compiler: traces a function of tensors, improves the trace, and makes it a TensorFlow function.
 * From other folders than lib/backend, import this file alone.
 *
 * @module
 */
export { jit, type Jitted, type Precision } from "./jit.ts";
export { inPrecision } from "./precision.ts";
export type { Profile, ProfiledEvent, ProfiledNode, ProfiledRun } from "./profile.ts";
