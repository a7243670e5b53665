/**
 * Which network is found among the tensors of a file, whatever stands before and beside its keys.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Selection, selectNetwork } from "../../../lib/formats/network_keys.ts";

/** Shapes by keys: the tensors of these tests. */
type Tensors = Record<string, number[]>;

const resNet: Tensors = {
  "conv1.weight": [64, 3, 7, 7],
  "bn1.weight": [64],
  "bn1.running_mean": [64],
  "layer1.0.conv1.weight": [64, 64, 3, 3],
  "layer1.0.bn1.running_var": [64],
  "layer4.1.sge.weight": [32],
  "fc.weight": [10, 512],
  "fc.bias": [10],
};
const wide: Tensors = {
  "conv0": [16, 3, 3, 3],
  "group0.block0.conv0": [16, 16, 3, 3],
  "group2.block1.bn1.bias": [64],
  "bn.running_mean": [64],
  "fc.bias": [10],
};
const folded: Tensors = {
  "conv0.weight": [64, 3, 7, 7],
  "conv0.bias": [64],
  "group3.block0.conv_dim.weight": [512, 256, 1, 1],
  "fc.weight": [10, 512],
};
const networks = { resNet, wide, folded };

function select(tensors: Tensors): Selection<number[]> | undefined {
  return selectNetwork(new Map(Object.entries(tensors)), (shape) => shape);
}

function under(prefix: string, tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([key, shape]) => [prefix + key, shape]));
}

function assertTakes(from: Tensors, expected: Tensors, note?: RegExp): void {
  const selected = select(from);
  assert(selected, "nothing was found");
  assertEquals(Object.fromEntries(selected.tensors), expected);
  if (note) assertMatch(selected.note ?? "(none)", note);
}

Deno.test("selectNetwork() takes a file of one network as it is, and says nothing", () => {
  for (const network of Object.values(networks)) {
    assertTakes(network, network);
    assertEquals(select(network)?.note, undefined);
  }
});

Deno.test("selectNetwork() finds nothing in files of other kinds", () => {
  for (const tensors of [{}, { a: [1] }, { "module.fc.weight": [1, 1], "conv1.weight": [1] }]) {
    assertEquals(select(tensors as Tensors), undefined);
  }
});

const prefixes = [
  ...["net.", "backbone.", "resnet.", "module.encoder_q.", "ddp.module.", "f.0.", "params/"],
  ...["model_", "emanuel.", "student.", "teacher.", "EMA.module.", "layers.", "group.", "層."],
];

Deno.test("selectNetwork() finds a network behind any prefix, and names that", () => {
  for (const prefix of prefixes) {
    for (const network of Object.values(networks)) {
      assertTakes(under(prefix, network), network, /^took \d tensors, which lie.* under /);
      assertStringIncludes(select(under(prefix, network))?.note ?? "", prefix);
    }
  }
});

const strangers: Tensors = {
  "n_averaged": [],
  "criterion.weight": [10],
  "queue": [128, 65536],
  "queue_ptr": [1],
  "temperature": [],
  "projector.0.weight": [128, 512],
  "loss.centers.weight": [10, 2, 1, 1],
  "__metadata__": [1],
  "constructor": [1],
};

Deno.test("selectNetwork() leaves what lies beside a network or outside of it, and names it", () => {
  for (const [key, shape] of Object.entries(strangers)) {
    for (const prefix of ["", "module.", "net.encoder."]) {
      const inside = { ...under(prefix, { ...resNet, [key]: shape }) };
      assertTakes(inside, resNet, /; left /);
      assertStringIncludes(select(inside)?.note ?? "", `${prefix}${key} [${shape}]`);
    }
    assertTakes({ [key]: shape, ...under("net.", wide) }, wide, /; left /);
  }
});

Deno.test("selectNetwork() keeps a layer that is unknown, so that the network is not taken for another", () => {
  const layers: Tensors = {
    "conv2.weight": [64, 64, 3, 3],
    "ca.fc.0.weight": [4, 64, 1, 1],
    "norm.running_mean": [3],
    "mean": [1, 3, 1, 1],
    "embed.weight": [512, 512],
    "layer1.0.se.bias": [64],
    "layer5.0.anything": [1],
    "fc.scale": [10],
    "bn1.scale": [64],
  };
  for (const [key, shape] of Object.entries(layers)) {
    const whole = { ...resNet, [key]: shape };
    assertTakes(under("module.", whole), whole);
  }
});

Deno.test("selectNetwork() takes the plain network beside an average, and says that there is one", () => {
  for (
    const average of ["ema.", "model_ema.module.", "state_dict_ema.", "swa_model.", "emaModel."]
  ) {
    const note = /; left an average \(EMA\) under .*\(3 tensors in its blocks\)/;
    assertTakes({ ...under(average, resNet), ...under("model.", resNet) }, resNet, note);
    assertTakes({ ...resNet, ...under(average, resNet) }, resNet, note);
    assertTakes(
      under(average, resNet),
      resNet,
      /^took 8 tensors, which lie, an average \(EMA\), under/,
    );
  }
});

Deno.test("selectNetwork() takes the student, or what learns, of those that learn together", () => {
  const pairs = [
    ["student.", "teacher."],
    ["module.encoder_q.", "module.encoder_k."],
    ["online_network.", "target_network."],
    ["model.", "momentum_model."],
    ["model.", "teacher_model."],
    ["", "teacher."],
    ["model.", "optimizer.exp_avg."],
    ["params/", "buffers/"],
    ["ema.", "teacher."],
    ["student.", ""],
  ] as const;
  for (const [own, other] of pairs) {
    const both = { ...under(other, wide), ...under(own, resNet) };
    assertTakes(both, resNet, /; left (the network|an average \(EMA\)) under /);
  }
});

Deno.test("selectNetwork() takes the usual place of several, and refuses to guess where there is none", () => {
  assertTakes({ ...under("best_state_dict.", wide), ...under("state_dict.", resNet) }, resNet);
  const both = { ...under("generator.", wide), ...under("critic.", resNet) };
  const message = "it holds several networks, under generator., critic.; save one alone";
  assertThrows(() => select(both), SyntaxError, message);
  const many = Object.assign({}, ...Array.from({ length: 300 }, (_, i) => under(`n${i}.`, wide)));
  assertThrows(() => select(many), SyntaxError, "more than 256 networks");
});

Deno.test("selectNetwork() finds a network whose inner modules PyTorch wrapped", () => {
  const wrappers = ["_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"];
  for (const wrapper of wrappers) {
    for (let at = 0; at < 4; at++) {
      const wrapped = Object.entries(resNet).map(([key, shape]) => {
        const names = key.split(".");
        return [names.toSpliced(Math.min(at, names.length - 1), 0, wrapper).join("."), shape];
      });
      assertTakes(Object.fromEntries(wrapped), resNet);
      assertTakes(under(`model.${wrapper}.`, Object.fromEntries(wrapped)), resNet);
    }
  }
  // A wrapped key beside the same one without wrapper: nothing is lost.
  const both = { ...resNet, "layer1.0._orig_mod.conv1.weight": [1] };
  assertTakes(both, both);
});

Deno.test("selectNetwork() leaves out num_batches_tracked", () => {
  const counted = { ...resNet, "layer1.0.bn1.num_batches_tracked": [] };
  assertTakes(under("net.", counted), resNet);
  assertTakes(counted, resNet);
});

Deno.test("selectNetwork() gives the WideResNet of RepDistiller our names", () => {
  const theirs: Tensors = {
    "conv1.weight": [16, 3, 3, 3],
    "block1.layer.0.bn1.weight": [16],
    "block1.layer.0.conv1.weight": [16, 16, 3, 3],
    "block1.layer.0.bn2.running_var": [16],
    "block1.layer.0.conv2.weight": [16, 16, 3, 3],
    "block2.layer.1.convShortcut.weight": [32, 16, 1, 1],
    "bn1.running_mean": [64],
    "fc.weight": [10, 64],
  };
  const expected = [
    ...["conv0", "group0.block0.bn0.weight", "group0.block0.conv0"],
    ...["group0.block0.bn1.running_var", "group0.block0.conv1", "group1.block1.convdim"],
    ...["bn.running_mean", "fc.weight"],
  ];
  assertEquals([...select(under("module.", theirs))?.tensors.keys() ?? []], expected);
  // Where one of ours is there too, nothing is lost: it is then no network of either kind.
  assertEquals(select({ ...theirs, conv0: [1] })?.tensors.size, 9);
});

Deno.test("selectNetwork() shows names of files as text of one line, and few of them", () => {
  const hostile = `\x1b]0;owned\x07\n\u202e`;
  const more = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`${hostile}${i}`, [i]]));
  more[hostile.repeat(1e5)] = [1];
  const { note } = select({ ...under(`${hostile}.`, wide), ...more })!;
  assertMatch(note!, /^[^\p{Cc}]{1,1000}$/u);
  assertStringIncludes(note!, "and 996 more");
});

/** What may stand before a key: no letters that would make a block's name of what follows. */
const anyPrefix = fc.array(
  fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/),
  { minLength: 0, maxLength: 4 },
).map((names) => names.map((name) => `${name}.`).join(""));

Deno.test("selectNetwork() finds a network behind 500 random prefixes, among random strangers", () => {
  const keys = fc.dictionary(fc.string({ maxLength: 12 }), fc.array(fc.nat(9), { maxLength: 2 }));
  fc.assert(
    fc.property(
      anyPrefix,
      keys,
      fc.constantFrom(resNet, wide, folded),
      (prefix, others, network) => {
        // Outside of the prefix, and nothing of a network's.
        const beside = under("\u0001", others);
        assertTakes({ ...beside, ...under(prefix, network) }, network);
      },
    ),
    { numRuns: 500, seed: 1 },
  );
});
