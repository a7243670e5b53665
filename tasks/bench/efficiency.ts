/**
 * How much of what the machine can do a step does: its arithmetic a second over that of a matrix product.
 *
 * @module
 */
import { plainCase } from "./cases.ts";
import { type Program, timeInTurns } from "./in_turns.ts";
import { median } from "../../lib/median.ts";
import {
  type Convolution,
  convolutionsOf,
  type Kernel,
  multiplyAdds,
  multiplyAddsOf,
  passes,
  stepMultiplyAdds,
} from "./kernels.ts";
import { wideResNet } from "../../models/wide_resnet.ts";
import { type Bench, markdown } from "./context.ts";

/** What is held against the matrix product. */
interface Efficiency {
  /** Multiply-adds of a step of it. */
  multiplyAdds: number;
  milliseconds: number[];
  /** Multiply-adds a second. */
  rate: number;
  /** That over the matrix product's. */
  efficiency: number;
}

const productSize = 2048;
const product = `${productSize}-cubed matrix product`;
const step = "WRN-16-1, the whole step";

/** Times the plain step, its convolutions one by one, and a matrix product, in turns. */
export async function measureEfficiency(bench: Bench): Promise<Record<string, Efficiency>> {
  const { options: { precision }, ours: pool, rounds, steps } = bench;
  console.error("timing the plain step and its convolutions beside a matrix product");
  const { depth, width, batch } = plainCase;
  const model = wideResNet({ depth, width, numClasses: 10 });
  const params = model.init(0);
  const convolutions = convolutionsOf(model, params, [32, 32, 3]);
  const kernels: Record<string, Kernel> = { [product]: { product: productSize } };
  for (const [i, convolution] of convolutions.entries()) {
    for (const pass of passes) {
      const ofImages = i === 0 && pass === "input gradient"; // no step has it
      if (!ofImages) kernels[`${describe(convolution)}, ${pass}`] = { convolution, pass, batch };
    }
  }
  const half = await pool.of(plainCase);
  const oneByOne = await pool.with(1); // all threads work on one convolution
  const programs: Record<string, Program> = {
    [step]: (steps) => half.times({ case: plainCase, precision, steps }),
  };
  const work: Record<string, number> = {
    [step]: batch * stepMultiplyAdds(convolutions, params),
  };
  for (const [name, kernel] of Object.entries(kernels)) {
    programs[name] = (steps) => oneByOne.times({ kernel, precision, steps });
    work[name] = multiplyAddsOf(kernel);
  }
  const times = await timeInTurns(programs, rounds, steps);
  const rateOf = (name: string) => 1000 * work[name]! / median(times[name]);
  const results = Object.fromEntries(
    Object.entries(times).map(([name, milliseconds]): [string, Efficiency] => {
      const rate = rateOf(name);
      const efficiency = rate / rateOf(product);
      return [name, { multiplyAdds: work[name]!, milliseconds, rate, efficiency }];
    }),
  );
  printTables(results, convolutions, precision);
  return results;
}

/** Such as `4 of 3x3, 16 to 16 channels at 32x32`. */
function describe({ count, kernel, inputs, outputs, size, stride }: Convolution): string {
  const strides = stride > 1 ? `, stride ${stride}` : "";
  return `${count} of ${kernel}x${kernel}, ${inputs} to ${outputs} at ${size}x${size}${strides}`;
}

function printTables(
  results: Record<string, Efficiency>,
  convolutions: readonly Convolution[],
  precision: string,
): void {
  const whole = [product, step].map((name) => {
    const { multiplyAdds, milliseconds, rate, efficiency } = results[name]!;
    const figures = [multiplyAdds / 1e9, median(milliseconds), rate / 1e9].map((x) => x.toFixed(1));
    return [name, ...figures, efficiency.toFixed(2)];
  });
  const head = [precision, "10^9 multiply-adds", "median ms", "10^9 a second", "of the product"];
  console.log(`\n${markdown(head, whole)}`);
  const rows = convolutions.map((convolution) => {
    const name = describe(convolution);
    const figures = passes.map((pass) => results[`${name}, ${pass}`]?.efficiency.toFixed(2) ?? "-");
    return [name, ...figures];
  });
  console.log(`\n${markdown([`convolutions, ${precision}`, ...passes], rows)}`);
  const alone = convolutions.reduce((sum, convolution) => {
    const rates = passes.map((pass) =>
      results[`${describe(convolution)}, ${pass}`]?.rate ?? Infinity
    );
    const work = convolution.count * plainCase.batch * multiplyAdds(convolution);
    return sum + rates.reduce((seconds, rate) => seconds + work / rate, 0);
  }, 0);
  console.log(
    `\nAll convolutions of a step, one after the other: ${(1000 * alone).toFixed(1)} ms of its ` +
      `${median(results[step]!.milliseconds).toFixed(1)} ms`,
  );
}
