/**
 * The networks of `deno task cifar` by their names in RepDistiller. Sizes alone: the launcher reads
 * this, and it loads no networks.
 *
 * @module
 */

/** The kind of a network and its sizes at width 1. */
export type NamedNetwork =
  | { kind: "CIFAR ResNet"; depth: number; widths: readonly [number, number, number, number] }
  | { kind: "ResNet"; depth: 18 | 34 | 50 }
  | { kind: "VGG"; depth: 8 | 11 | 13 | 16 | 19 };

const cifarResNet = (depth: number, times: 1 | 4 = 1): NamedNetwork => ({
  kind: "CIFAR ResNet",
  depth,
  widths: times === 1 ? [16, 16, 32, 64] : [32, 64, 128, 256],
});

/** All of them but the WideResNets, which `--depth` and `--width` name. */
export const namedNetworks = {
  resnet8: cifarResNet(8),
  resnet14: cifarResNet(14),
  resnet20: cifarResNet(20),
  resnet32: cifarResNet(32),
  resnet44: cifarResNet(44),
  resnet56: cifarResNet(56),
  resnet110: cifarResNet(110),
  resnet8x4: cifarResNet(8, 4),
  resnet32x4: cifarResNet(32, 4),
  vgg8: { kind: "VGG", depth: 8 },
  vgg11: { kind: "VGG", depth: 11 },
  vgg13: { kind: "VGG", depth: 13 },
  vgg16: { kind: "VGG", depth: 16 },
  vgg19: { kind: "VGG", depth: 19 },
  ResNet18: { kind: "ResNet", depth: 18 },
  ResNet34: { kind: "ResNet", depth: 34 },
  ResNet50: { kind: "ResNet", depth: 50 },
} as const satisfies Record<string, NamedNetwork>;

export type NetworkName = keyof typeof namedNetworks;

export const networkNames = Object.keys(namedNetworks) as NetworkName[];
