/**
 * The tf.Variables that a traced function reads. Each becomes a hidden argument of the compiled
 * function, so that every call uses its current value.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/** The variables that exist while a function is traced. */
export class TracedVariables {
  readonly #byData: ReadonlyMap<tf.DataId, tf.Variable>;
  /** The variables that the function reads, in argument order, with the numbers of their arguments. */
  readonly #read = new Map<tf.Variable, number>();

  constructor() {
    const variables = Object.values(tf.engine().registeredVariables);
    this.#byData = new Map(variables.map((variable) => [variable.dataId, variable]));
  }

  /** The variables that were read, in the order of their arguments. */
  get read(): tf.Variable[] {
    return [...this.#read.keys()];
  }

  /**
   * The argument for a variable, or for a clone of it.
   *
   * @param add creates the argument at the first read, and returns its number.
   * @returns undefined if the tensor is not a variable.
   * @throws {Error} If a variable has changed since the start of the trace.
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

  /** Throws an Error if the function assigned a variable, which would only happen during tracing. */
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
