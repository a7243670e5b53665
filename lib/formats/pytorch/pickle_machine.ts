/**
 * The stack, the marks and the memo that a pickle works on, with a limit to the work.
 *
 * @module
 */
import type { Cursor } from "./cursor.ts";
import { PythonGlobal, PythonObject, TensorObject } from "./objects.ts";

/** What a pickle may ask for. */
export interface PickleWorld {
  /** What `module.name` stands for. Throws a SyntaxError where that is not to be had. */
  findGlobal(name: string): PythonGlobal;
  /** What an identifier of the program that wrote the file stands for. Throws a SyntaxError. */
  findPersistent(id: unknown): unknown;
}

/** A ResNet-101 with its optimizer takes 50 thousand, each at most a few hundred bytes of memory. */
const MAX_WORK = 2 ** 19;

/** A pickle machine at work. Every method throws a SyntaxError on what no pickle may do. */
export class Machine {
  readonly #stack: unknown[] = [];
  readonly #marks: number[] = [];
  readonly memo: Map<number, unknown> = new Map();
  #work = 0;

  constructor(readonly cursor: Cursor, readonly world: PickleWorld) {}

  spend(work: number): void {
    this.#work += work;
    if (this.#work > MAX_WORK) {
      throw new SyntaxError(`its pickle takes more than ${MAX_WORK} operations`);
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
      throw new SyntaxError("its pickle takes more values than it makes");
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
      throw new SyntaxError("its pickle calls what cannot be called");
    }
    // Otherwise one long list, named again and again, would take the square of its length.
    this.spend(args.reduce((length: number, arg) => length + lengthOf(arg), args.length));
    this.push(callee.call(args));
  }
}

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : value instanceof Map ? value.size : 0;
}

/** Puts items into a list. */
export function extend(target: unknown, items: unknown[]): void {
  if (target instanceof PythonObject) return;
  if (!Array.isArray(target)) throw new SyntaxError("its pickle appends to what is no list");
  for (const item of items) target.push(item);
}

/** Puts keys and values, in turn, into a dictionary. */
export function setItems(target: unknown, items: unknown[]): void {
  if (target instanceof PythonObject) return;
  if (!(target instanceof Map)) throw new SyntaxError("its pickle sets items of no dictionary");
  if (items.length % 2 !== 0) throw new SyntaxError("its pickle has a key without a value");
  for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
}

/** Gives a tensor its state. What Python would keep as attributes of other objects is of no use here. */
export function build(target: unknown, state: unknown): void {
  if (target instanceof TensorObject) target.setState(state);
}

/** A dictionary of keys and values, in turn. */
export function dictionary(items: unknown[]): Map<unknown, unknown> {
  const result = new Map();
  setItems(result, items);
  return result;
}
