/**
 * Profiles of compiled functions as plain data: when each node of the trace ran, and how long.
 *
 * @module
 */

/** Options of a profile. */
export interface ProfileOptions {
  /** The number of measured runs, 1 or more. Default 5. */
  runs?: number;
  /** The number of runs before them, which are not measured. Default 2. */
  warmUps?: number;
}

/** The nodes of a compiled function, and their times. */
export interface Profile {
  /** In topological order: inputs come before their users. */
  nodes: ProfiledNode[];
  /** The runs, in order. */
  runs: ProfiledRun[];
}

/** A node of a compiled function. */
export interface ProfiledNode {
  /** For example `Conv2D_12`. */
  name: string;
  /** For example `Conv2D`. */
  op: string;
  /** The numbers of the input nodes, in the order of the inputs. */
  inputs: number[];
  /** The types of the inputs, such as `float32[128,32,32,16]`. */
  inputTypes: string[];
  /** The types of the outputs. */
  outputTypes: string[];
  /** The source of its value, if it runs no op. */
  source?: NodeSource;
  /** The paths of the results that it gives, such as `result.loss`. */
  results: string[];
}

/** An argument, by its path, such as `arguments[0].weight`; a captured outside tensor; or a constant. */
export type NodeSource = { argument: string } | "captured" | "constant";

/** One run of the function. */
export interface ProfiledRun {
  /** From the first node's start to the last node's end, in milliseconds. */
  duration: number;
  /** In order of start. */
  events: ProfiledEvent[];
}

/** A node that ran. TensorFlow skips some nodes, such as constants that it can read. */
export interface ProfiledEvent {
  /** The node's number; `undefined` for nodes that TensorFlow added. */
  node: number | undefined;
  /** TensorFlow's name for it. */
  name: string;
  /** Microseconds since the run's first event. */
  start: number;
  /** The run time of the op's kernel, in microseconds. */
  duration: number;
  /** Ops that ran at the same time have different lanes, from 0. TensorFlow does not report threads. */
  lane: number;
}

/** The paths of tensors in a function's arguments and in its result. */
export interface ProfilePaths {
  argumentPaths: readonly string[];
  resultPaths: readonly string[];
}
