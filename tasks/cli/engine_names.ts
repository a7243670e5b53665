/**
 * The engines that `--engine` names.
 *
 * @module
 */

/** Values of `--engine`. `auto` is TensorFlow, and never changes to another by itself. */
export const engineNames = ["auto", "tensorflow", "webgpu", "wasm", "cpu"] as const;

export type EngineName = typeof engineNames[number];

/** An engine of tfjs, which needs no TensorFlow. */
export type PortableEngine = Exclude<EngineName, "auto" | "tensorflow">;

/** True for tfjs's own backends. */
export function isPortable(engine: EngineName): engine is PortableEngine {
  return engine !== "auto" && engine !== "tensorflow";
}
