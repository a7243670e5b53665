/**
 * What stands for Python's objects: nothing of them is run, most are no more than a name.
 *
 * @module
 */
import { printable } from "../../errors.ts";

/** A class or a function that a pickle names, and what a call of it makes here. */
export class PythonGlobal {
  constructor(
    /** Module and name, such as `collections.OrderedDict`. */
    readonly name: string,
    /** Takes time in proportion to the length of its arguments at most. */
    readonly call: (args: unknown[]) => unknown = () => new PythonObject(name),
  ) {}
}

/** An object of which nothing but its class is known. */
export class PythonObject {
  constructor(readonly type: string) {}
}

/** A type of storage, such as `torch.FloatStorage`, or a type of elements, such as `torch.uint16`. */
export class ElementType extends PythonGlobal {
  constructor(
    name: string,
    /** As safetensors calls it, such as `F32`; undefined for what cannot be read. */
    readonly dtype: string | undefined,
    readonly bytes: number,
  ) {
    super(name);
  }
}

/** A storage, whose elements lie elsewhere in the file. */
export class StorageObject {
  constructor(
    /** Its name in the file. */
    readonly key: string,
    readonly type: ElementType,
    /** How many elements lie there. */
    readonly size: number,
    /** Those of them that the storage has: all, but where an old file has a view of another. */
    readonly view: { start: number; size: number },
  ) {}
}

/** Arguments of a tensor as a pickle gives them, unchecked. */
export interface TensorLayout {
  storage: unknown;
  offset: unknown;
  shape: unknown;
  strides: unknown;
  /** Instead of the storage's. */
  type?: unknown;
}

/** A tensor, or one of the classes of old that wrap one. */
export class TensorObject {
  constructor(
    public layout?: TensorLayout,
    /** What keeps it from being read, such as `sparse`. */
    readonly unreadable?: string,
  ) {}

  /**
   * Old files make the object first: a tensor is then told `(storage, offset, shape, strides)`, a
   * Variable `(tensor, gradient, hooks, requires_grad, volatile)`. Other states hold no elements.
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

/** Whether a value can be a length or a place. */
export function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** What a value is, in a few words for a message. */
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
