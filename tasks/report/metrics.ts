/**
 * The metrics that the page draws: their titles, units and order.
 *
 * @module
 */
import { pairPrefix, termPrefix } from "./epoch_point.ts";

/** A metric, and so a chart. */
export interface Metric {
  readonly key: string;
  readonly title: string;
  /** What a value is, in words. */
  readonly unit: string;
  /** The table of a run that has its values. */
  readonly table: "epochs" | "steps";
  /** True if it is positive over several powers of ten, so that a logarithmic axis helps. */
  readonly isLoss: boolean;
  readonly digits: number;
}

const known: readonly Metric[] = [
  accuracy("test_acc", "Test accuracy", "per cent of the test images"),
  accuracy("train_acc", "Training accuracy", "per cent of the training images"),
  loss("test_loss", "Test loss", "cross entropy"),
  loss("train_loss", "Training loss", "all terms together"),
  loss("learning_rate", "Learning rate", "at the end of the epoch, from the options"),
  { ...speed("images_per_second", "Speed", "training images per second"), digits: 0 },
  speed("epochs_per_hour", "Speed in epochs", "epochs of training per hour"),
];

/** The loss of each step, which only runs with `--log-steps` have. */
export const stepLoss: Metric = {
  ...loss("step_loss", "Loss of the steps", "all terms together, mean of neighbouring steps"),
  table: "steps",
};

function accuracy(key: string, title: string, unit: string): Metric {
  return { key, title, unit, table: "epochs", isLoss: false, digits: 2 };
}

function loss(key: string, title: string, unit: string): Metric {
  return { key, title, unit, table: "epochs", isLoss: true, digits: 4 };
}

function speed(key: string, title: string, unit: string): Metric {
  return { key, title, unit, table: "epochs", isLoss: false, digits: 1 };
}

/** The metrics for the keys of epochs, in the page's order. */
export function metricsOf(keys: ReadonlySet<string>): Metric[] {
  const terms = [...keys].filter((key) => key.startsWith(termPrefix));
  const pairs = [...keys].filter((key) => key.startsWith(pairPrefix));
  const [accuracies, others] = [known.slice(0, 4), known.slice(4)];
  return [
    ...accuracies,
    // A single term is the training loss again.
    ...(terms.length > 1 ? terms.map(termMetric) : []),
    ...pairs.map(pairMetric),
    ...others,
  ].filter(({ key }) => keys.has(key));
}

function termMetric(key: string): Metric {
  const name = key.slice(termPrefix.length).replaceAll("_", " ");
  return loss(key, `Loss term: ${name}`, "on the training images, without its weight");
}

function pairMetric(key: string): Metric {
  const number = key.slice(pairPrefix.length);
  return loss(key, `Attention loss, pair ${number}`, "of this pair of groups, without its weight");
}
