/**
 * Bounds what work takes together that runs at the same time.
 *
 * @module
 */

/** An amount that work takes while it runs. */
export class Budget {
  #left: number;
  readonly #waiting: { amount: number; start: () => void }[] = [];

  /** @param amount all that there is. */
  constructor(amount: number) {
    this.#left = amount;
  }

  /** Does work that takes so much, no more than there is in all, once it is free: first come, first served. */
  async spend<T>(amount: number, work: () => Promise<T>): Promise<T> {
    if (this.#waiting.length > 0 || amount > this.#left) {
      await new Promise<void>((start) => this.#waiting.push({ amount, start }));
    } else this.#left -= amount;
    try {
      return await work();
    } finally {
      this.#left += amount;
      this.#startNext();
    }
  }

  #startNext(): void {
    for (
      let [first] = this.#waiting;
      first && first.amount <= this.#left;
      [first] = this.#waiting
    ) {
      this.#waiting.shift();
      this.#left -= first.amount;
      first.start();
    }
  }
}
