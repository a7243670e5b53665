/**
 * The library's messages in the words of the command line.
 *
 * @module
 */

/** How the library names what has a flag here. */
const flags: readonly (readonly [of: RegExp, flag: string])[] = [
  [/the option groups/g, "--at-groups"],
  [/the option groupWeights/g, "--at-weights"],
  [/the option resolution/g, "--class-map-size"],
  [/the option maxPixels/g, "--max-image-pixels"],
  [/the option dataroot/g, "--dataroot"],
  [/the data set (CIFAR10(-sample)?)\b/g, "--dataset $1"],
  [/tfjs's backend "wasm"/g, "--engine wasm"],
  [/use float32/g, "use float32 for --precision, and for --teacher-precision if that is given"],
];

/** A message of the library that names flags, for users of a command. */
export function inFlags(message: string): string {
  return flags.reduce((text, [of, flag]) => text.replace(of, flag), message);
}
