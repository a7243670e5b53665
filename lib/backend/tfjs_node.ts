/**
 * tfjs-node's kernels, loaded when TensorFlow is used.
 *
 * Before a program starts, Deno downloads every package that an import names, even one that never
 * runs. This package and its dependencies have 250 MB. So its name is a value here: only programs that
 * use TensorFlow, or import the door `./engine`, download it.
 *
 * @module
 */
import "./node_util.ts";

/** The package, as in deno.json. */
export const tfjsNode = "npm:@tensorflow/tfjs-node-gpu@4.22.0";

/** A module of tfjs-node. */
export async function importTfjsNode(module: string): Promise<Record<string, unknown>> {
  return await import(`${tfjsNode}/dist/${module}`);
}
