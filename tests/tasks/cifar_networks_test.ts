/**
 * The networks of the tables: trained from other people's teachers by recipes, resumed, evaluated,
 * converted, drawn, compared and shown. Other tests start each task as a user does.
 *
 * @module
 */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { useTensorFlow } from "../../lib/backend/use_tensorflow.ts";
import { readStats } from "../../tasks/run/run_log.ts";
import { inFolder, namesIn } from "../folders.ts";
import { long } from "../long.ts";
import { taskRunner } from "./command.ts";
import { cifarHere, convertHere, reportHere, visualizeHere } from "./in_process.ts";

await useTensorFlow();

const { refuse, succeed } = cifarHere;
const launched = taskRunner("cifar");
const sample = ["--dataset", "CIFAR10-sample", "--batch-size", "500"];
const strangers = fromFileUrl(new URL("../fixtures/teachers", import.meta.url));

Deno.test("deno task cifar --list-recipes prints them, with sources, without data or a library", () =>
  inFolder(async (cwd) => {
    const { out, err } = await launched.succeed(cwd, "--list-recipes");
    assertEquals(err, "");
    assertStringIncludes(
      out,
      "repdistiller/wrn_40_2-wrn_16_2/at: --recipe repdistiller --dataset CIFAR100 --network wrn " +
        "--depth 16 --width 2 --beta 1000; published 74.08% (last epoch); " +
        "github.com/HobbitLong/RepDistiller",
    );
    assertEquals(namesIn(cwd), []);
  }));

long.test("every task takes the networks of the tables, trained by a recipe", () =>
  inFolder(async (cwd) => {
    const base = ["--recipe", "repdistiller", ...sample];
    const small = ["--width", "0.0625", "--epochs", "1"];
    // A recipe as a user follows it; and another kind of network.
    const vgg = ["--network", "vgg13", "--max-steps", "1", "--save", "logs/teacher"];
    await succeed(cwd, ...base, ...small, ...vgg);
    const recipe = ["--recipe", "repdistiller/vgg13-vgg8/at", "--teacher-id", "teacher"];
    const student = [...recipe, ...sample, ...small, "--save", "logs/student"];
    const { err } = await succeed(cwd, ...student, "--max-steps", "2");
    assertStringIncludes(
      err,
      "teacher: VGG-13 of width 0.0625 from logs/teacher/model.safetensors",
    );
    assertStringIncludes(
      err,
      "note: the recipe is for the teacher VGG-13, and teacher is VGG-13 of width 0.0625",
    );
    await succeed(cwd, "--resume", "logs/student");
    const stats = (await readStats(join(cwd, "logs/student"))).at(-1)!;
    const { network, beta, lr, recipe: name, n_parameters, at_losses } = stats;
    assertEquals([network, beta, lr, name], ["vgg8", 1000, 0.05, recipe[1]]);
    assertEquals([n_parameters, (at_losses as number[]).length], [15_978, 4]);
    const { out } = await succeed(cwd, "--evaluate", "--resume", "logs/student");
    assertStringIncludes(out, '"network":"VGG-8 of width 0.0625"');

    // Another kind of network, with another number of groups.
    const other = [...sample, "--network", "resnet8", "--width", "0.0625", "--normalization"];
    const from = [
      ...other,
      "repdistiller",
      "--max-steps",
      "1",
      "--teacher-id",
      "teacher",
      "--beta",
      "1",
    ];
    await refuse(cwd, 1, /3 groups with the teacher's 4: name the pairs with/, ...from);
    const groups = ["--at-groups", "1:0,2:1", "--activation-beta", "1", "--save", "logs/other"];
    await succeed(cwd, ...from, ...groups, "--summaries");

    const networks = ["logs/teacher", "logs/student", "logs/other"];
    for (const run of networks) {
      await convertHere.succeed(cwd, `${run}/model.safetensors`, `${run}.onnx`, "--groups");
    }
    await visualizeHere.succeed(
      cwd,
      ...["--networks", networks.join(), "--dataset", "CIFAR10-sample", "--images", "0"],
    );
    const page = await Deno.readTextFile(join(cwd, "attention.html"));
    assertStringIncludes(page, "other (CIFAR ResNet-8 of widths 1, 1, 2, 4)");
    const report = await reportHere.succeed(
      cwd,
      ...["logs", "--dataset", "CIFAR10-sample", "--images", "50"],
    );
    assertEquals(report.out, "wrote report.html\n");
    assertMatch((await taskRunner("demo").succeed(cwd, "other")).out, /^wrote demo: /);
  }));

long.test("deno task cifar trains from other people's teachers, and evaluates them", () =>
  inFolder(async (cwd) => {
    for (
      const [file, name] of [
        ["repdistiller_resnet8.pth", "CIFAR ResNet-8 of widths 4, 6, 8, 10"],
        ["kuangliu.pth", "ResNet-18 of width 0.03125 with a small stem"],
      ]
    ) {
      const teacher = join(strangers, file!);
      const run = [...sample, "--depth", "10", "--width", "0.0625", "--max-steps", "1"];
      // They have seven classes, so only maps can be compared.
      const pairs = ["--beta", "1000", "--at-groups", "0:0,1:1,2:2", "--save", `logs/${file}`];
      const { err } = await succeed(cwd, ...run, "--teacher-id", teacher, ...pairs);
      assertStringIncludes(err, `teacher: ${name} from ${teacher}`);
      assertMatch(err, /note: .*: took \d+ tensors, which lie under (model|net\.module)\./);
    }
    const kd = ["--teacher-id", join(strangers, "kuangliu.pth"), "--alpha", "0.9"];
    await refuse(cwd, 1, /it has 7 classes and the data set has 10/, ...sample, ...kd);
  }));
