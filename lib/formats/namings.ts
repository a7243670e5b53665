/**
 * The names that other programs give to the parameters of networks known here.
 *
 * @module
 */

/** How a program names the parameters of a network. */
export interface Naming {
  /** Whose names they are and how they differ, for people. */
  readonly says: string;
  /** Matches a key of a block, which tells that the file has these names. */
  readonly tells: RegExp;
  /** Our key for theirs. */
  readonly ours: (key: string) => string;
  /** Their key for ours, for messages. */
  readonly theirs: (key: string) => string;
}

/** https://github.com/HobbitLong/RepDistiller, mdistiller and pytorch-classification. */
const wideResNet: Naming = {
  says: "RepDistiller's of a WideResNet: block1.layer.0.conv1.weight is group0.block0.conv0 here",
  tells: /^block\d+\.layer\.\d+\./,
  ours: (key) => {
    const inBlock = /^block([1-9]\d*)\.layer\.(\d+)\.(.*)$/s.exec(key);
    if (!inBlock) return key === "conv1.weight" ? "conv0" : key.replace(/^bn1\./, "bn.");
    const [, group, block, layer] = inBlock as unknown as [string, string, string, string];
    const name = layer
      .replace(/^conv([12])\.weight$/, (_, i) => `conv${i - 1}`)
      .replace(/^bn([12])\./, (_, i) => `bn${i - 1}.`)
      .replace(/^convShortcut\.weight$/, "convdim");
    return `group${Number(group) - 1}.block${block}.${name}`;
  },
  theirs: (key) => {
    const inBlock = /^group(\d+)\.block(\d+)\.(.*)$/s.exec(key);
    if (!inBlock) return key === "conv0" ? "conv1.weight" : key.replace(/^bn\./, "bn1.");
    const [, group, block, layer] = inBlock as unknown as [string, string, string, string];
    const name = layer
      .replace(/^conv([01])$/, (_, i) => `conv${Number(i) + 1}.weight`)
      .replace(/^bn([01])\./, (_, i) => `bn${Number(i) + 1}.`)
      .replace(/^convdim$/, "convShortcut.weight");
    return `block${Number(group) + 1}.layer.${block}.${name}`;
  },
};

/** https://github.com/kuangliu/pytorch-cifar, and RepDistiller's ResNet50. */
const shortcutResNet: Naming = {
  says:
    "kuangliu's of a ResNet: layer2.0.shortcut.0.weight is layer2.0.downsample.0.weight here, and " +
    "linear is fc",
  tells: /^layer\d+\.\d+\.shortcut\./,
  ours: (key) =>
    key.replace(/^(layer\d+\.\d+)\.shortcut\./, "$1.downsample.").replace(/^linear\./, "fc."),
  theirs: (key) =>
    key.replace(/^(layer\d+\.\d+)\.downsample\./, "$1.shortcut.").replace(/^fc\./, "linear."),
};

/** How the keys of a network are named, if not as here. */
export function namingOf(keys: readonly string[]): Naming | undefined {
  const naming = [wideResNet, shortcutResNet].find(({ tells }) =>
    keys.some((key) => tells.test(key))
  );
  // If it has some of our names too, two keys may become one.
  return naming && new Set(keys.map(naming.ours)).size === keys.length ? naming : undefined;
}
