/**
 * Tells which options a command line gives. A value does not: it may be given and equal the default,
 * or come from a recipe or a resumed run.
 *
 * @module
 */

/** By the values of a command line, the keys of the options that it gives. */
const givenBy = new WeakMap<object, ReadonlySet<string>>();

/** Keeps which options a command line gives, for {@linkcode firstGiven} of its values. */
export function keepGiven(values: object, keys: ReadonlySet<string>): void {
  givenBy.set(values, keys);
}

/**
 * The first of these options that the command line gives; undefined if it gives none.
 *
 * @param values what parseOptions() returned: not a copy.
 * @throws {TypeError} If they are others.
 */
export function firstGiven<Key extends string>(
  values: Readonly<Partial<Record<Key, unknown>>>,
  keys: readonly Key[],
): Key | undefined {
  const given = givenBy.get(values);
  if (given === undefined) {
    throw new TypeError("Cannot tell what was given: these are not the values of a command line");
  }
  return keys.find((key) => given.has(key));
}
