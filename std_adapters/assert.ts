/**
 * Stands in for `@std/assert` where JSR cannot be reached: the assertions that the tests use, over
 * `node:assert`.
 *
 * @module
 */
import nodeAssert from "node:assert/strict";

// deno-lint-ignore no-explicit-any -- the shape of any error class, as in @std/assert
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

export function assert(condition: unknown, message?: string): asserts condition {
  nodeAssert.ok(condition, message as string);
}

export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  nodeAssert.deepStrictEqual(actual, expected, message as string);
}

export function assertNotEquals<T>(actual: T, expected: T, message?: string): void {
  nodeAssert.notDeepStrictEqual(actual, expected, message as string);
}

export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  message?: string,
): void {
  const allowed = tolerance ?? Math.abs(expected) * 1e-7;
  if (Object.is(actual, expected)) return;
  nodeAssert.ok(
    Math.abs(actual - expected) <= allowed,
    message ?? `Expected ${actual} to be within ${allowed} of ${expected}`,
  );
}

export function assertStringIncludes(actual: string, expected: string, message?: string): void {
  nodeAssert.ok(
    actual.includes(expected),
    message ?? `Expected ${JSON.stringify(actual)} to contain ${JSON.stringify(expected)}`,
  );
}

export function assertMatch(actual: string, expected: RegExp, message?: string): void {
  nodeAssert.match(actual, expected, message as string);
}

function checkError<E extends Error>(
  error: unknown,
  errorClass: ErrorClass<E> | undefined,
  part: string | undefined,
): E {
  nodeAssert.ok(error instanceof (errorClass ?? Error), `Unexpected kind of error: ${error}`);
  if (part !== undefined) assertStringIncludes(error.message, part);
  return error as E;
}

export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  errorClass?: ErrorClass<E>,
  part?: string,
): E {
  try {
    fn();
  } catch (error) {
    return checkError(error, errorClass, part);
  }
  throw new nodeAssert.AssertionError({ message: "Expected function to throw" });
}

export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  errorClass?: ErrorClass<E>,
  part?: string,
): Promise<E> {
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (error) {
    throw new nodeAssert.AssertionError({
      message: `Expected function to reject, and it throws: ${error}`,
    });
  }
  try {
    await promise;
  } catch (error) {
    return checkError(error, errorClass, part);
  }
  throw new nodeAssert.AssertionError({ message: "Expected promise to reject" });
}
