/**
 * tfjs-node's kernels, loaded when TensorFlow is used.
 *
 * Before a program starts, Deno downloads every package that an import names, even one that never
 * runs. This package and its dependencies have 250 MB. So its name is a value here: only programs that
 * use TensorFlow, or import the door `./engine`, download it.
 *
 * @module
 */
import { printable, UserError } from "../errors.ts";
import "./node_util.ts";

/** The package, as in deno.json. */
export const tfjsNode = "npm:@tensorflow/tfjs-node-gpu@4.22.0";

/**
 * A module of tfjs-node.
 *
 * @throws {UserError} If Deno cannot download it, or a lock file leaves it out and may not change.
 */
export async function importTfjsNode(module: string): Promise<Record<string, unknown>> {
  try {
    return await import(`${tfjsNode}/dist/${module}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    const [reason] = String(error instanceof Error ? error.message : error).split(/\.?(\n|$)/);
    throw new UserError(
      `Cannot start TensorFlow: Deno does not load ${tfjsNode}: ${
        printable(reason ?? "", 300)
      }; import ` +
        "useTensorFlow from the package's door ./engine, so that Deno downloads it with the program",
      { code: "not-fetched", cause: error },
    );
  }
}
