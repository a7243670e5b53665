/**
 * Stand-ins for Python objects. None of their code is run, and most are only a name.
 *
 * @module
 */
import { printable } from "../../errors.ts";

/** A class or function named in a pickle, and the result of calling it here. */
export class PythonGlobal {
  constructor(
    /** Module and name, such as `collections.OrderedDict`. */
    readonly name: string,
    /** Takes at most linear time in the length of its arguments. */
    readonly call: (args: unknown[]) => unknown = () => new PythonObject(name),
  ) {}
}

/** An object of which only the class is known. */
export class PythonObject {
  constructor(readonly type: string) {}
}

/**
 * A class or function that is not on the list. Objects of a class are known by name only, as programs
 * save them for settings and counters. Calling it is refused.
 */
export class UnknownGlobal extends PythonGlobal {
  constructor(name: string) {
    super(name, () => {
      throw new SyntaxError(
        `it calls ${printable(name)}, which is not run here, because it makes no tensor; ` +
          `save model.state_dict() alone`,
      );
    });
  }
}

/** A storage type, such as `torch.FloatStorage`, or an element type, such as `torch.uint16`. */
export class ElementType extends PythonGlobal {
  constructor(
    name: string,
    /** The safetensors name, such as `F32`; undefined if it cannot be read. */
    readonly dtype: string | undefined,
    readonly bytes: number,
  ) {
    super(name);
  }
}

/** A storage, whose elements are elsewhere in the file. */
export class StorageObject {
  constructor(
    /** Its name in the file. */
    readonly key: string,
    readonly type: ElementType,
    /** The number of elements there. */
    readonly size: number,
    /** The part that this storage uses: all, unless an old file has a view of another storage. */
    readonly view: { start: number; size: number },
  ) {}
}

/** The arguments of a tensor in a pickle, unchecked. */
export interface TensorLayout {
  storage: unknown;
  offset: unknown;
  shape: unknown;
  strides: unknown;
  /** Overrides the storage's type. */
  type?: unknown;
}

/** A tensor, or an old class that wraps one. */
export class TensorObject {
  constructor(
    public layout?: TensorLayout,
    /** The reason why it cannot be read, such as `sparse`. */
    readonly unreadable?: string,
  ) {}

  /**
   * Old files set the state later: `(storage, offset, shape, strides)` for a tensor,
   * `(tensor, gradient, hooks, requires_grad, volatile)` for a Variable. Others hold no elements.
   */
  setState(state: unknown): void {
    if (!Array.isArray(state)) return;
    if (state.length === 4) {
      const [storage, offset, shape, strides] = state;
      this.layout = { storage, offset, shape, strides };
    } else if (state.length === 5 && state[0] instanceof TensorObject && state[0].layout) {
      this.layout = state[0].layout;
    }
  }
}

/** A short description of a value, for messages. */
export function describe(value: unknown): string {
  if (value instanceof TensorObject) return "a tensor";
  if (value instanceof PythonObject) return `of type ${printable(value.type)}`;
  if (value instanceof PythonGlobal) return printable(value.name);
  if (value instanceof StorageObject) return "a storage";
  if (value instanceof Map) return "a dictionary";
  if (Array.isArray(value)) return "a list";
  if (value instanceof Uint8Array) return "bytes";
  if (value === null) return "None";
  return `a ${typeof value === "bigint" ? "number" : typeof value}`;
}
