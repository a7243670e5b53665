/**
 * Limits the total resources of concurrent work.
 *
 * @module
 */

/** A resource that work uses while it runs. */
export class Budget {
  #left: number;
  readonly #waiting: { amount: number; start: () => void }[] = [];

  /** @param amount the total available. */
  constructor(amount: number) {
    this.#left = amount;
  }

  /** Runs work once its amount is available, in order of arrival. It must not exceed the total. */
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
