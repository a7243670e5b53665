/**
 * Seeded random numbers without state to save. A seed and a path of integers, such as (seed, epoch,
 * batch), name a stream, which always gives the same numbers.
 *
 * @module
 */
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import { checkInteger } from "./arguments.ts";

/** A stream of random numbers. Every call advances it. */
export interface Random {
  /** The next number, uniformly distributed on `[0, 1)`, a multiple of 2^-32. */
  uniform(): number;
  /**
   * The next integer, uniformly distributed on `[0, bound)`, without bias.
   *
   * @throws {RangeError} If `bound` is not an integer in `[1, 2^32]`.
   */
  integer(bound: number): number;
  /** The next number, normally distributed with mean 0 and standard deviation 1. */
  normal(): number;
  /**
   * The numbers 0 to `size - 1` in random order; every order is equally likely (Fisher and Yates).
   *
   * @throws {RangeError} If `size` is not an integer in `[0, 2^32)`.
   */
  permutation(size: number): Uint32Array;
}

const twoTo31 = 2 ** 31;
const twoTo32 = 2 ** 32;
const goldenGamma = 0x9e3779b97f4a7c15n;

/**
 * The random stream for `seed` and `path`. Streams with different seeds or paths are independent. So an
 * epoch or batch does not depend on numbers drawn before it, and an interrupted run can continue
 * exactly where it stopped.
 *
 * The generator is xoroshiro128+ (Blackman and Vigna 2018). Its state is the seed and the path mixed by
 * splitmix64 (Steele, Lea and Flood 2014).
 *
 * @example
 * ```ts
 * import { randomStream } from "@attention-transfer/core";
 *
 * const [seed, epoch] = [0, 3];
 * const order = randomStream(seed, epoch).permutation(50_000);
 * console.log(order.length); // 50000
 * ```
 *
 * @param seed An integer in `[0, 2^32)`.
 * @param path Integers in `[0, 2^53)`. The empty path is also a valid stream.
 * @throws {RangeError} If the seed or a part of the path is out of range.
 */
export function randomStream(seed: number, ...path: number[]): Random {
  const generator = xoroshiro128plusFromState(mixedState(seed, path));
  const uniform = (): number => (generator.next() + twoTo31) / twoTo32;

  // The polar method (Marsaglia and Bray 1964) gives pairs of normal numbers.
  let spare: number | undefined;
  const normal = (): number => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    let x, y, square;
    do {
      x = 2 * uniform() - 1;
      y = 2 * uniform() - 1;
      square = x * x + y * y;
    } while (square >= 1 || square === 0);
    const scale = Math.sqrt(-2 * Math.log(square) / square);
    spare = y * scale;
    return x * scale;
  };

  const integer = (bound: number): number => {
    checkInteger("The bound", bound, 1, twoTo32);
    return uniformInt(generator, 0, bound - 1);
  };

  const permutation = (size: number): Uint32Array => {
    checkInteger("The size", size, 0, twoTo32 - 1);
    const order = Uint32Array.from({ length: size }, (_, i) => i);
    for (let i = size - 1; i > 0; i--) {
      const j = uniformInt(generator, 0, i);
      const moved = order[i]!;
      order[i] = order[j]!;
      order[j] = moved;
    }
    return order;
  };

  return { uniform, integer, normal, permutation };
}

/** The state of xoroshiro128+ as 32-bit halves, the high half of each word first. */
function mixedState(seed: number, path: number[]): number[] {
  checkInteger("The seed", seed, 0, twoTo32 - 1);
  let hash = splitmix64(BigInt(seed));
  for (const part of path) {
    checkInteger("The part of the path", part, 0, Number.MAX_SAFE_INTEGER);
    hash = splitmix64(hash ^ BigInt(part));
  }
  const words = [splitmix64(hash), splitmix64(hash + goldenGamma)];
  return words.flatMap((word) => [Number(word >> 32n) | 0, Number(word & 0xffffffffn) | 0]);
}

function splitmix64(value: bigint): bigint {
  let z = BigInt.asUintN(64, value + goldenGamma);
  z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}
