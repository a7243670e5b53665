/**
 * Refuses JavaScript's random numbers during tracing: they would be the same at every call.
 *
 * @module
 */
import { runsOp } from "./scopes.ts";

/**
 * Runs a function that must not draw random numbers in JavaScript. tfjs always uses `Math.random`,
 * unless it has a seed.
 *
 * @throws {Error} If it does.
 */
export function withoutRandomNumbers<T>(f: () => T): T {
  const { random } = Math;
  const restore = [
    // For multinomial, tfjs only draws the seed. The op itself draws at every call.
    replace(Math, "random", () => runsOp("multinomial") ? random() : refuseRandomNumbers()),
    replace(crypto, "getRandomValues", refuseRandomNumbers),
    replace(crypto, "randomUUID", refuseRandomNumbers),
  ];
  try {
    return f();
  } finally {
    restore.forEach((undo) => undo());
  }
}

/** Refuses `tf.rand`, which uses a function of the caller. */
export function checkNotRand(): void {
  if (runsOp("rand")) refuseRandomNumbers();
}

function refuseRandomNumbers(): never {
  throw new Error(
    "Cannot draw random numbers while jit traces a function: they would be the same at every call. " +
      "Draw them outside and pass them in as an argument; or, where they are to be the same, give a " +
      "seed (to tfjs, one other than 0)",
  );
}

/** Replaces a method, and returns a function to undo this. Leaves frozen methods unchanged. */
function replace<T extends object>(target: T, name: keyof T, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(target, name);
  if (!Reflect.defineProperty(target, name, { value, configurable: true, writable: true })) {
    return () => {};
  }
  return () => {
    if (before) Object.defineProperty(target, name, before);
    else delete target[name];
  };
}
