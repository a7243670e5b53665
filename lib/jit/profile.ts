/**
 * Profiles of compiled functions, as plain data: which node of the trace ran when, and for how long.
 *
 * @module
 */

/** How to profile. */
export interface ProfileOptions {
  /** Runs that are measured, 1 or more. Default 5. */
  runs?: number;
  /** Runs before them, whose times are left out. Default 2. */
  warmUps?: number;
}

/** A compiled function's nodes, and what running them took. */
export interface Profile {
  /** In an order in which each node's inputs stand before it. */
  nodes: ProfiledNode[];
  /** The runs, in their order. */
  runs: ProfiledRun[];
}

/** A node of a compiled function. */
export interface ProfiledNode {
  /** Such as `Conv2D_12`. */
  name: string;
  /** Such as `Conv2D`. */
  op: string;
  /** The numbers of the nodes that it takes from, in the order of its inputs. */
  inputs: number[];
  /** What it takes, such as `float32[128,32,32,16]`. */
  inputTypes: string[];
  /** What it gives. */
  outputTypes: string[];
  /** What it stands for where it runs no op. */
  source?: NodeSource;
  /** The results that it is, by their paths, such as `result.loss`. */
  results: string[];
}

/**
 * An argument, by its path, such as `arguments[0].weight`; a tensor from outside of the function; or
 * values of the code.
 */
export type NodeSource = { argument: string } | "captured" | "constant";

/** One run of the function. */
export interface ProfiledRun {
  /** From the first node's start to the last one's end, in milliseconds. */
  duration: number;
  /** As they began. */
  events: ProfiledEvent[];
}

/** A node that ran. TensorFlow leaves out some nodes, such as constants that it can read. */
export interface ProfiledEvent {
  /** The node's number; `undefined` for what TensorFlow added of its own. */
  node: number | undefined;
  /** TensorFlow's name of it. */
  name: string;
  /** Microseconds since the run's first event. */
  start: number;
  /** Microseconds in which the op's kernel ran. */
  duration: number;
  /** Ops that ran at the same time have different lanes, from 0; TensorFlow does not tell its threads. */
  lane: number;
}

/** Where the tensors stand among the arguments of a function, and in its result. */
export interface ProfilePaths {
  argumentPaths: readonly string[];
  resultPaths: readonly string[];
}
