/**
 * The losses of a run's steps, in blocks: a run may have a million steps, and a chart a few thousand
 * points.
 *
 * @module
 */

/** The most blocks of a run. When there are more, two become one. */
const most = 2000;

/** Means of the losses of as many steps each. */
export class StepMeans {
  /** Steps of a block. */
  #size = 1;
  #sums: number[] = [];
  #counts: number[] = [];
  /** The first block that changed since {@linkcode takeChange}. */
  #changed: number | undefined = 0;

  /** Adds the loss of a step, counted from 1. */
  add(step: number, loss: number): void {
    while (Math.floor((step - 1) / this.#size) >= most) this.#merge();
    const block = Math.floor((step - 1) / this.#size);
    this.#sums[block] = (this.#sums[block] ?? 0) + loss;
    this.#counts[block] = (this.#counts[block] ?? 0) + 1;
    this.#changed = Math.min(this.#changed ?? Infinity, block);
  }

  /** Forgets everything. */
  clear(): void {
    [this.#size, this.#sums, this.#counts, this.#changed] = [1, [], [], 0];
  }

  /** The first block that changed since the last call; undefined if none did. */
  takeChange(): number | undefined {
    const from = this.#changed;
    this.#changed = undefined;
    return from;
  }

  /** The last step and the mean loss of each block from `from` on; NaN for one without steps. */
  columns(from: number): { step: number[]; step_loss: number[] } {
    const blocks = Array.from({ length: this.#sums.length - from }, (_, i) => from + i);
    return {
      step: blocks.map((block) => (block + 1) * this.#size),
      step_loss: blocks.map((block) =>
        (this.#sums[block] as number) / (this.#counts[block] as number)
      ),
    };
  }

  /** The number of blocks. */
  get length(): number {
    return this.#sums.length;
  }

  #merge(): void {
    const inPairs = (values: readonly number[]) =>
      Array.from(
        { length: Math.ceil(values.length / 2) },
        (_, i) => (values[2 * i] ?? 0) + (values[2 * i + 1] ?? 0),
      );
    this.#size *= 2;
    this.#sums = inPairs(this.#sums);
    this.#counts = inPairs(this.#counts);
    this.#changed = 0;
  }
}
