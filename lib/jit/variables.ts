/**
 * The tf.Variables that a traced function reads: each becomes a hidden argument of the compiled
 * function, so that every call sees the value of its moment.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/** The variables that there are while a function is traced. */
export class TracedVariables {
  readonly #byData: ReadonlyMap<tf.DataId, tf.Variable>;
  /** Those that the function reads, in the order of their arguments, by the numbers of these. */
  readonly #read = new Map<tf.Variable, number>();

  constructor() {
    const variables = Object.values(tf.engine().registeredVariables);
    this.#byData = new Map(variables.map((variable) => [variable.dataId, variable]));
  }

  /** Those that were read, in the order of their arguments. */
  get read(): tf.Variable[] {
    return [...this.#read.keys()];
  }

  /**
   * The argument that stands for a variable, also under the name of a clone.
   *
   * @param add makes the argument where it is read first, and gives its number.
   * @returns undefined for what is no variable.
   * @throws {Error} If a variable is not as it was when the trace began.
   */
  argumentFor(tensor: tf.TensorInfo, add: (variable: tf.Variable) => number): number | undefined {
    const variable = this.#byData.get(tensor.dataId);
    if (!variable) {
      if (tensor instanceof tf.Variable) throw changed(tensor);
      return undefined;
    }
    const id = this.#read.get(variable) ?? add(variable);
    this.#read.set(variable, id);
    return id;
  }

  /** Throws an Error where the function gave a variable a value, which only the trace would do. */
  checkUnchanged(): void {
    for (const [dataId, variable] of this.#byData) {
      if (variable.dataId !== dataId) throw changed(variable);
    }
  }
}

function changed({ name }: tf.Variable): Error {
  return new Error(
    `Cannot make or assign tf.Variable ${name} while jit traces a function: the compiled function ` +
      "would not do it again; return the new value, and assign it outside",
  );
}
