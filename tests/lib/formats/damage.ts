/**
 * Damages files at random, for the readers of files that may be damaged or hostile.
 *
 * @module
 */
import fc from "fast-check";

/** Runs a check on a file that is cut at so many random places. */
export async function forCuts(
  bytes: Uint8Array,
  numRuns: number,
  check: (damaged: Uint8Array) => Promise<boolean | void>,
): Promise<void> {
  const length = fc.integer({ min: 0, max: bytes.length - 1 });
  await fc.assert(
    fc.asyncProperty(length, (length) => check(bytes.subarray(0, length))),
    { numRuns },
  );
}

/** Runs a check, so many times, on a file in which some bytes are changed. */
export async function forWrongBytes(
  bytes: Uint8Array,
  numRuns: number,
  check: (damaged: Uint8Array) => Promise<void>,
): Promise<void> {
  const change = fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }));
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 20 }), async (changes) => {
      const damaged = bytes.slice();
      for (const [position, byte] of changes) damaged[position] = byte;
      await check(damaged);
    }),
    { numRuns },
  );
}
