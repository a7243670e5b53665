/**
 * The stack, marks and memo of a pickle, with a limit on the work.
 *
 * @module
 */
import type { Cursor } from "./cursor.ts";
import { PythonGlobal, PythonObject, TensorObject, UnknownGlobal } from "./objects.ts";

/** The objects that a pickle may use. */
export interface PickleWorld {
  /** The object for `module.name`. */
  findGlobal(name: string): PythonGlobal;
  /** The object for a persistent id of the writing program. Throws a SyntaxError if it is invalid. */
  findPersistent(id: unknown): unknown;
}

/** A ResNet-101 with its optimizer needs 50 thousand steps, each with a few hundred bytes at most. */
const maxWork = 2 ** 19;

/** The state of a pickle being read. Every method throws a SyntaxError on invalid operations. */
export class Machine {
  readonly #stack: unknown[] = [];
  readonly #marks: number[] = [];
  readonly memo: Map<number, unknown> = new Map();
  #work = 0;

  constructor(readonly cursor: Cursor, readonly world: PickleWorld) {}

  spend(work: number): void {
    this.#work += work;
    if (this.#work > maxWork) {
      throw new SyntaxError(`its pickle takes more than ${maxWork} operations`);
    }
  }

  push(value: unknown): void {
    this.#stack.push(value);
  }

  pop(): unknown {
    this.#check();
    return this.#stack.pop();
  }

  popSeveral(count: number): unknown[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }

  top(): unknown {
    this.#check();
    return this.#stack.at(-1);
  }

  #check(): void {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) {
      throw new SyntaxError("its pickle takes a value from an empty stack");
    }
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  popToMark(): unknown[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw new SyntaxError("its pickle lacks a mark");
    return this.#stack.splice(mark);
  }

  recall(index: number): void {
    if (!this.memo.has(index)) throw new SyntaxError(`its pickle has no memo ${index}`);
    this.push(this.memo.get(index));
  }

  memoize(index: number): void {
    this.memo.set(index, this.top());
  }

  pushGlobal(module: unknown, name: unknown): void {
    if (typeof module !== "string" || typeof name !== "string") {
      throw new SyntaxError("its pickle names a global that is no text");
    }
    this.push(this.world.findGlobal(`${module}.${name}`));
  }

  call(callee: unknown, args: unknown): void {
    if (!(callee instanceof PythonGlobal) || !Array.isArray(args)) {
      throw new SyntaxError("its pickle calls something that is no function");
    }
    // Without this, a long list that is named again and again would take quadratic time.
    this.spend(args.reduce((length: number, arg) => length + lengthOf(arg), args.length));
    this.push(callee.call(args));
  }

  /** Makes an object of a class. Python does so without calling the class, by `cls.__new__`. */
  create(callee: unknown, args: unknown): void {
    if (callee instanceof UnknownGlobal) this.push(new PythonObject(callee.name));
    else this.call(callee, args);
  }
}

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : value instanceof Map ? value.size : 0;
}

/** Appends items to a list. */
export function extend(target: unknown, items: unknown[]): void {
  if (target instanceof PythonObject) return;
  if (!Array.isArray(target)) throw new SyntaxError("its pickle appends to what is no list");
  for (const item of items) target.push(item);
}

/** Sets items of a dictionary, given as alternating keys and values. */
export function setItems(target: unknown, items: unknown[]): void {
  if (target instanceof PythonObject) return;
  if (!(target instanceof Map)) throw new SyntaxError("its pickle sets items of no dictionary");
  if (items.length % 2 !== 0) throw new SyntaxError("its pickle has a key without a value");
  for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
}

/** Sets the state of a tensor. The state of other objects is ignored. */
export function build(target: unknown, state: unknown): void {
  if (target instanceof TensorObject) target.setState(state);
}

/** A dictionary from alternating keys and values. */
export function dictionary(items: unknown[]): Map<unknown, unknown> {
  const result = new Map();
  setItems(result, items);
  return result;
}
