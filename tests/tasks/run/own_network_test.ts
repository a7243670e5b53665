/** Tests of networks in files of the user's. @module */
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { UserError } from "../../../lib/errors.ts";
import { classAttentionTransfer } from "../../../lib/methods/class_attention.ts";
import { compareGroups } from "../../../lib/methods/groups.ts";
import { loadNetwork, resNetArchitecture, saveNetwork } from "../../../lib/networks/network.ts";
import { importNetwork, ownStudent, withParams } from "../../../tasks/run/own_network.ts";
import { inFolder } from "../../folders.ts";
import { assertSame } from "../../same.ts";

await tf.setBackend("cpu");
const example = fromFileUrl(new URL("../../../examples/task_network.ts", import.meta.url));
const image = [16, 16, 3] as const;

/** A module with these functions, as text; `logits` of 10 classes are at hand in `f`. */
function moduleOf(
  { f = "({ logits, groups: [], stats: {} })", init = "({ w: tf.ones([3, classes]) })", top = "" },
): string {
  return `import * as tf from "@tensorflow/tfjs-core";
    ${top}
    export const f = (x, p) => { const logits = tf.matMul(tf.mean(x, [1, 2]), p.w); return ${f}; };
    export const init = (seed, classes) => ${init};`;
}

/** What `f` gives, one entry of it changed; `one` is an activation of one image. */
function output(entry: string): string {
  return `(({ one }) => ({ logits, groups: [], stats: {}, ${entry} }))({ one: tf.ones([1, 2, 2, 3]) })`;
}

/** What is said of a module's file `net.ts`, as student. */
async function refusalOf(folder: string, name: string, text: string): Promise<string> {
  await Deno.writeTextFile(join(folder, name), text);
  const train = async () => ownStudent(await importNetwork(join(folder, name)), 10, image);
  return (await assertRejects(train, UserError)).message;
}

Deno.test("ownStudent() is a network like ours, and leaves no tensors", async () => {
  const network = await importNetwork(example);
  const before = tf.memory().numTensors;
  const { name, own, numClasses, model, shapes } = ownStudent(network, 7, image);
  assertEquals(tf.memory().numTensors, before);
  assertEquals([name, own?.file, numClasses], ["task_network", "task_network.ts", 7]);
  assertMatch(own?.digest ?? "", /^[0-9a-f]{64}$/);
  const params = model.init(3);
  assertEquals(
    Object.fromEntries(shapes()),
    Object.fromEntries(Object.entries(params).map(([key, { shape }]) => [key, shape])),
  );
  const { logits, groups } = model.f(tf.ones([2, ...image]), params, "eval");
  assertEquals([logits.shape, groups.length], [[2, 7], 2]);
});

Deno.test("withParams() builds the network of a file, which no other function knows", () =>
  inFolder(async (folder) => {
    const path = join(folder, "model.safetensors");
    const { model, ...network } = ownStudent(await importNetwork(example), 7, image);
    const params = model.init(1);
    await saveNetwork(path, params, network);
    const loaded = await loadNetwork(path, undefined, await withParams(example, image));
    assertEquals([loaded.name, loaded.numClasses], ["task_network", 7]);
    assertSame(loaded.params, params);
    assertMatch(
      (await assertRejects(() => loadNetwork(path), UserError)).message,
      /holds parameters of a network of one's own, task_network\.ts; a training task takes .* --model/,
    );
    await saveNetwork(path, { conv0: params["conv0"] as tf.Tensor }, network);
    const load = async () => loadNetwork(path, undefined, await withParams(example, image));
    assertMatch((await assertRejects(load, UserError)).message, /in task_network\.ts.*conv0_bn/);
    assertEquals(await withParams(undefined, image), undefined);
  }));

Deno.test("a file that cannot be used gives a line that says why, and where", () =>
  inFolder(async (folder) => {
    const cases: [text: string, message: RegExp][] = [
      ["export const f = () => 1;", /undefined as the export init: it must be a function$/],
      ["export const f = (", /\(line 1\): SyntaxError/],
      ['import "a-package";', /"a-package" not a dependency.*; it may import @attention-transfer/],
      [moduleOf({ top: 'throw new Error("no\\nway");' }), /\(line 2\): no way; it may import/],
      [moduleOf({ init: "({})" }), /there are no parameters/],
      [moduleOf({ init: "Promise.resolve({})" }), /a Promise as what init gives.*not later$/],
      [moduleOf({ init: "({ w: 1 })" }), /Cannot use 1 as w of what init gives/],
      [moduleOf({ init: "({ v: tf.ones([3, classes]) })" }), /\(line 3\): /],
      [moduleOf({ init: "({ w: tf.ones([3, 4]) })" }), /of 4 classes and the data set has 10, /],
      [
        moduleOf({ init: "({ w: tf.ones([3, classes]), b: tf.ones([2]) })" }),
        /its logits do not depend on all parameters/,
      ],
      [moduleOf({ f: "Promise.resolve(1)" }), /what f gives later/],
      [moduleOf({ f: "({ logits, groups: [] })" }), /there are no stats; give \{\}/],
      [moduleOf({ f: "({ logits, stats: {} })" }), /the groups of f: .*; give \[\]/],
      [moduleOf({ f: "({ logits, groups: [logits], stats: {} })" }), /the groups \[2,10\] of f/],
      [moduleOf({ f: output("groups: [one]") }), /the groups \[1,2,2,3\] of f: .* \[2, H, W, C\]/],
      [
        moduleOf({ f: output("features: logits") }),
        /the features \[2,10\] of f: .* leave them out/,
      ],
      [
        moduleOf({ f: output("features: one") }),
        /the features \[1,2,2,3\] of f: .* \[2, H, W, C\]/,
      ],
      [moduleOf({ f: output("features: 1") }), /the features 1 of f/],
      [moduleOf({ f: output("stats: { w: p.w }") }), /keep w \[3,10\] of .* it is trained/],
      [
        moduleOf({ f: output('stats: { "n.running_mean": logits }') }),
        /keep n\.running_mean \[2,10\] of .* there is no such parameter/,
      ],
      [
        moduleOf({
          f: output('stats: { "n.running_var": logits }'),
          init: '({ w: tf.ones([3, classes]), "n.running_var": tf.ones([2]) })',
        }),
        /keep n\.running_var \[2,10\] of .* the parameter is \[2\]/,
      ],
      [
        moduleOf({ init: "({ v: tf.ones([3, classes]) })" }),
        /got 'null'; there is no parameter w$/,
      ],
      [moduleOf({ f: "(p.scale, { logits, groups: [logits], stats: {} })" }), /there are none$/],
      [
        moduleOf({
          f: '(at.batchNorm(x, p, "bn", "eval", {}), { logits, groups: [], stats: {} })',
          top: 'import * as at from "@attention-transfer/core";',
        }),
        /: there is no parameter bn\.weight$/,
      ],
    ];
    for (const [i, [text, expected]] of cases.entries()) {
      const name = `net${i}.ts`;
      const message = await refusalOf(folder, name, text);
      assert(message.startsWith(`Cannot use the network in ${name}`) || i === 8, message);
      assert(/^[^\p{Cc}]{1,500}$/u.test(message), message);
      assertMatch(message, expected);
    }
    const { code } = await assertRejects(() => importNetwork(join(folder, "none.ts")), UserError);
    assertEquals(code, "not-found");
  }));

Deno.test("a file's export classifier is what CAT-KD takes, which is refused early without it", () =>
  inFolder(async (folder) => {
    const ours = resNetArchitecture({ depth: 18, width: 1 / 32, numClasses: 10, stem: "small" });
    const teacher = { ...ours, params: ours.model.init(1) };
    const methods = [classAttentionTransfer({ weight: 1, resolution: 1 })];
    const compare = async (name: string, text: string) => {
      await Deno.writeTextFile(join(folder, name), text);
      const { model } = ownStudent(await importNetwork(join(folder, name)), 10, image);
      const student = { model, params: model.init(0) };
      compareGroups({ student, teacher, methods, image });
      const built = (await withParams(join(folder, name), image))?.(student.params);
      return [model.classifier, built?.model.classifier];
    };
    const f = "({ logits, groups: [], features: x, stats: {} })";
    const init = "({ w: tf.ones([classes, 3]) })";
    const top = 'export const classifier = "w";';
    const classifies = (options: { f?: string }) =>
      moduleOf({ ...options, init, top }).replace("p.w)", "p.w, false, true)");
    assertEquals(await compare("full.ts", classifies({ f })), ["w", "w"]);
    const refused = async (name: string, text: string, message: string) => {
      await assertRejects(() => compare(name, text), UserError, message);
    };
    const cannot = "Cannot use the method class_attention with this student: ";
    await refused("unnamed.ts", moduleOf({ f }), `${cannot}it does not name its classifier;`);
    await refused("flat.ts", classifies({}), `${cannot}its f gives no features;`);
    await refused(
      "wrong.ts",
      moduleOf({ f, top: "export const classifier = 1;" }),
      "Cannot use the network in wrong.ts: Cannot use 1 as the export classifier: it must be the key",
    );
  }));

Deno.test("an error of f while it trains says in which line, and lack of memory stays that", () =>
  inFolder(async (folder) => {
    const path = join(folder, "net.ts");
    const top =
      "let calls = 0; const fault = () => {\n if (++calls > 3) throw new Error(message); }";
    const act = async (message: string) => {
      const text = moduleOf({ top: `const message = "${message}"; ${top}` })
        .replace("(x, p) => {", "(x, p) => { fault();");
      await Deno.writeTextFile(path, text);
      // A module is imported once for each address.
      const copy = join(folder, `net${message.length}.ts`);
      await Deno.rename(path, copy);
      const { model } = ownStudent(await importNetwork(copy), 10, image);
      return assertRejects(() =>
        Promise.resolve().then(() => model.f(tf.ones([2, ...image]), model.init(1), "eval"))
      );
    };
    assertMatch((await act("too late") as Error).message, /in net8\.ts \(line 3\): too late$/);
    const memory = "Array buffer allocation failed";
    assertEquals((await act(memory) as Error).message, memory);
  }));
