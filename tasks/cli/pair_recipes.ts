/**
 * Recipes by pair: the weight that a published table states for a method, teacher and student.
 *
 * @module
 */
import type { JsonObject } from "../../lib/json.ts";

/** A recipe for a student, a teacher and a method. */
export interface PairRecipe {
  /** The teacher's name in RepDistiller. */
  readonly teacher: string;
  /** The options that it sets, besides those of the recipe `repdistiller`. */
  readonly values: JsonObject;
  /** Accuracy in per cent. */
  readonly published: number;
  /** Which epoch's accuracy that is. */
  readonly epoch: "last" | "best" | "unstated";
  /** Where the weights and the accuracies are published. */
  readonly source: string;
}

/** What a table states of a method: its options, and by pair others and the accuracy. */
interface Method {
  readonly values: JsonObject;
  /** By pair: the accuracy; or the accuracy and options. */
  readonly pairs: Readonly<Record<string, number | readonly [number, JsonObject]>>;
}

interface Table extends Pick<PairRecipe, "epoch" | "source"> {
  readonly methods: Readonly<Record<string, Method>>;
}

/** The accuracies of a row of RepDistiller's tables, in its order. */
function repdistillerRow(...accuracies: number[]): Record<string, number> {
  const pairs = [
    "wrn_40_2-wrn_16_2",
    "wrn_40_2-wrn_40_1",
    "resnet56-resnet20",
    "resnet110-resnet20",
    "resnet110-resnet32",
    "resnet32x4-resnet8x4",
    "vgg13-vgg8",
    "ResNet50-vgg8",
  ];
  return Object.fromEntries(pairs.map((pair, i) => [pair, accuracies[i] as number]));
}

const tables: Readonly<Record<string, Table>> = {
  repdistiller: {
    epoch: "last",
    source: "github.com/HobbitLong/RepDistiller (README, scripts/run_cifar_distill.sh)",
    methods: {
      kd: {
        values: { alpha: 0.9, temperature: 4 },
        pairs: repdistillerRow(74.92, 73.54, 70.66, 70.67, 73.08, 73.33, 72.98, 73.81),
      },
      at: {
        values: { beta: 1000 },
        pairs: repdistillerRow(74.08, 72.77, 70.55, 70.22, 72.31, 73.44, 71.43, 71.84),
      },
      sp: {
        values: { similarity_beta: 3000 },
        pairs: repdistillerRow(73.83, 72.43, 69.67, 70.04, 72.69, 72.94, 72.68, 73.34),
      },
      rkd: {
        values: { relational_beta: 1 },
        pairs: repdistillerRow(73.35, 72.22, 69.61, 69.25, 71.82, 71.90, 71.48, 71.50),
      },
    },
  },
  mdistiller: {
    epoch: "best",
    source: "arXiv:2203.08679, github.com/megvii-research/mdistiller (configs/cifar100/dkd)",
    methods: {
      dkd: {
        values: { decoupled_beta: 1, temperature: 4, method_warmup: "20" },
        pairs: {
          "wrn_40_2-wrn_16_2": [76.24, { decoupled_others: 6 }],
          "wrn_40_2-wrn_40_1": [74.81, { decoupled_others: 6 }],
          "resnet56-resnet20": [71.97, { decoupled_others: 2 }],
          "resnet110-resnet32": [74.11, { decoupled_others: 2 }],
          "resnet32x4-resnet8x4": [76.32, { decoupled_others: 8 }],
          "vgg13-vgg8": [74.68, { decoupled_others: 6 }],
        },
      },
    },
  },
  lskd: {
    epoch: "best",
    source: "arXiv:2403.01427, github.com/sunshangquan/logit-standardization-KD (README: logs)",
    methods: {
      kd: {
        values: { alpha: 0.9, kd_weight: 9, standardize_logits: true, temperature: 2 },
        pairs: {
          "wrn_40_2-wrn_16_2": 76.11,
          "wrn_40_2-wrn_40_1": 74.37,
          "resnet56-resnet20": 71.43,
          "resnet110-resnet20": [71.48, { kd_weight: 12, temperature: 4 }],
          "resnet110-resnet32": 74.17,
          "resnet32x4-resnet8x4": 76.62,
          "vgg13-vgg8": [74.36, { temperature: 3 }],
          "resnet32x4-wrn_16_2": [75.26, { temperature: 3 }],
          "resnet32x4-wrn_40_2": [77.92, { temperature: 3 }],
          "wrn_40_2-resnet8x4": 77.11,
        },
      },
      dkd: {
        values: {
          ...{ decoupled_others: 2, standardize_logits: true, temperature: 2 },
          method_warmup: "20",
        },
        pairs: {
          "wrn_40_2-wrn_16_2": [76.39, { decoupled_beta: 12 }],
          "wrn_40_2-wrn_40_1": [74.89, { decoupled_beta: 12 }],
          "resnet56-resnet20": [72.32, { decoupled_beta: 18, temperature: 3 }],
          "resnet110-resnet20": [71.85, { decoupled_beta: 15 }],
          "resnet110-resnet32": [74.29, { decoupled_beta: 15 }],
          "resnet32x4-resnet8x4": [77.01, { decoupled_beta: 9, decoupled_others: 8 }],
          "vgg13-vgg8": [74.81, { decoupled_beta: 15 }],
          "resnet32x4-wrn_16_2": [76.19, { decoupled_beta: 9 }],
          "resnet32x4-wrn_40_2": [78.95, { decoupled_beta: 9, decoupled_others: 8 }],
          "wrn_40_2-resnet8x4": [76.75, { decoupled_beta: 18 }],
        },
      },
    },
  },
  dist: {
    epoch: "unstated",
    source: "arXiv:2205.10536 (beta 2, gamma 2, T 4); to WRN-16-2 rerun by arXiv:2402.11148",
    methods: {
      dist: {
        values: { correlation_beta: 1, temperature: 4 },
        pairs: {
          "wrn_40_2-wrn_16_2": 75.51,
          "wrn_40_2-wrn_40_1": 74.73,
          "resnet56-resnet20": 71.75,
          "resnet32x4-resnet8x4": 76.31,
        },
      },
    },
  },
  catkd: {
    epoch: "best",
    source:
      "github.com/GzyAftermath/CAT-KD (configs/cifar100/CAT_KD); accuracies of arXiv:2403.01427",
    methods: {
      catkd: {
        values: { class_maps: "raw", class_map_size: 2 },
        pairs: {
          "wrn_40_2-wrn_16_2": [75.6, { class_attention_beta: 12 }],
          "wrn_40_2-wrn_40_1": [74.82, { class_attention_beta: 1.5 }],
          "resnet56-resnet20": [71.62, { class_attention_beta: 0.7 }],
          "resnet110-resnet32": [73.62, { class_attention_beta: 1.8 }],
          "resnet32x4-resnet8x4": [76.91, { class_attention_beta: 15 }],
          "vgg13-vgg8": [74.65, { class_attention_beta: 4.5 }],
        },
      },
    },
  },
  reviewkd: {
    epoch: "best",
    source:
      "arXiv:2104.09044, github.com/dvlab-research/ReviewKD (CIFAR-100/script/reviewKD.sh, train.py)",
    methods: {
      reviewkd: {
        // As its train.py: other batches, rate and normalisation than RepDistiller's.
        values: {
          ...{ batch_size: 128, lr: 0.1, nesterov: true, normalization: "paper" },
          method_warmup: "20",
        },
        pairs: {
          "wrn_40_2-wrn_16_2": [76.12, { review_beta: 5 }],
          "wrn_40_2-wrn_40_1": [75.09, { review_beta: 5 }],
          "resnet32x4-resnet8x4": [75.63, { review_beta: 5 }],
          "resnet56-resnet20": [71.89, { review_beta: 0.6 }],
          "resnet110-resnet32": [73.89, { review_beta: 1 }],
        },
      },
    },
  },
};

/** All recipes by pair, by their names for `--recipe`: `TABLE/TEACHER-STUDENT/METHOD`. */
export const pairRecipes: ReadonlyMap<string, PairRecipe> = new Map(
  Object.entries(tables).flatMap(([table, { methods, ...of }]) =>
    Object.entries(methods).flatMap(([method, { values: shared, pairs }]) =>
      Object.entries(pairs).map(([pair, stated]) => {
        const [teacher, student] = pair.split("-") as [string, string];
        const [published, own] = typeof stated === "number" ? [stated, {}] : stated;
        const values = { dataset: "CIFAR100", ...networkValues(student), ...shared, ...own };
        return [`${table}/${pair}/${method}`, { ...of, teacher, values, published }] as const;
      })
    )
  ),
);

/** The options that choose a network by its name in RepDistiller. */
export function networkValues(name: string): JsonObject {
  const [, depth, width] = name.match(/^wrn_(\d+)_(\d+)$/) ?? [];
  return depth === undefined
    ? { network: name }
    : { network: "wrn", depth: Number(depth), width: Number(width) };
}
