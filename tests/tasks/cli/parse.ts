/** The values of a training task's command line, for tests. @module */
import { cifarCommand, type CifarOptions } from "../../../tasks/cli/cifar_options.ts";
import { imagenetCommand, type ImagenetOptions } from "../../../tasks/cli/imagenet_options.ts";
import { parseOptions } from "../../../tasks/cli/options.ts";

export function parseCifar(line: string, note: (line: string) => void = () => {}): CifarOptions {
  const values = parseOptions(cifarCommand.options, line.split(" ").filter(Boolean), note);
  cifarCommand.check?.(values);
  return values;
}

export function parseImagenet(line: string): ImagenetOptions {
  const args = `--imagenetpath d ${line}`.split(" ").filter(Boolean);
  const values = parseOptions(imagenetCommand.options, args);
  imagenetCommand.check?.(values);
  return values;
}
