/**
 * The tf.Variables that a traced function reads. Each becomes a hidden argument of the compiled
 * function, so that every call uses its current value.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/**
 * The variables that exist while a function is traced. tfjs shares the data of a variable with the
 * tensor that it was made from, with its clones, and with other variables made from the same tensor. So
 * each variable has data of its own while the function is traced, which only its clones share.
 */
export class TracedVariables {
  readonly #backend: tf.KernelBackend;
  readonly #byStandIn = new Map<tf.DataId, { variable: tf.Variable; own: tf.DataId }>();
  /** The variables that the function reads, in argument order, with the numbers of their arguments. */
  readonly #read = new Map<tf.Variable, number>();

  /** Starts within a scope of tfjs, whose end frees what stands for the variables. */
  constructor(backend: tf.KernelBackend) {
    this.#backend = backend;
    for (const variable of Object.values(tf.engine().registeredVariables)) {
      const { shape, dtype } = variable;
      const standIn = {};
      const [noValues, uses] = [null as never, 2]; // by the tensor that the scope frees, and the variable
      backend.move(standIn, noValues, shape, dtype, uses);
      tf.engine().makeTensorFromTensorInfo({ dataId: standIn, shape, dtype }, backend);
      this.#byStandIn.set(standIn, { variable, own: variable.dataId });
      variable.dataId = standIn;
    }
  }

  /** The variables that were read, in the order of their arguments. */
  get read(): tf.Variable[] {
    return [...this.#read.keys()];
  }

  /**
   * The argument for data that stands for a variable's.
   *
   * @param add creates the argument at the first read from the variable's data, and returns its number.
   * @returns undefined for other data.
   */
  argumentFor(standIn: tf.DataId, add: (own: tf.DataId) => number): number | undefined {
    const known = this.#byStandIn.get(standIn);
    if (!known) return undefined;
    const id = this.#read.get(known.variable) ?? add(known.own);
    this.#read.set(known.variable, id);
    return id;
  }

  /** Throws an Error if the function assigned a variable, which would only happen during tracing. */
  checkUnchanged(): void {
    for (const [standIn, { variable }] of this.#byStandIn) {
      if (variable.dataId !== standIn) throw changed(variable);
    }
  }

  /** Gives all variables their data back. */
  restore(): void {
    for (const { variable, own } of this.#byStandIn.values()) {
      const { dataId, isDisposed, shape, dtype } = variable;
      variable.dataId = own;
      // One that the function disposed has freed its stand-in in place of its own data.
      if (isDisposed) tf.engine().makeTensorFromTensorInfo({ dataId: own, shape, dtype }).dispose();
      else this.#backend.disposeData(dataId);
    }
  }
}

/** The error for a variable that a traced function made or assigned. */
export function changed({ name }: tf.Variable): Error {
  return new Error(
    `Cannot make or assign tf.Variable ${name} while jit traces a function: the compiled function ` +
      "would not do it again; return the new value, and assign it outside",
  );
}
