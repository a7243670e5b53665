/**
 * Tests of the roles of runs.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { rolesOfRuns } from "../../../../tasks/report/evaluation/roles.ts";

const net = { depth: 16, width: 1, sge: null, teacher_id: null };
const big = { folder: "logs/big", options: { ...net, width: 2 } };
const alone = { folder: "logs/alone", options: net };
const taught = { folder: "logs/taught", options: { ...net, teacher_id: "big" } };
const networks = (runs: { folder: string }[]) => runs.map(({ folder }) => folder);

Deno.test("rolesOfRuns() finds the teacher by its name, and the same network without a teacher", () => {
  for (const runs of [[big, alone, taught], [taught, alone, big]]) {
    assertEquals(rolesOfRuns(runs), {
      networks: networks(runs),
      teacher: "logs/big",
      baseline: "logs/alone",
    });
  }
});

Deno.test("rolesOfRuns() takes runs of another --network for no baseline", () => {
  const runs = ["vgg8", "wrn"].map((network) => ({
    folder: `logs/${network}`,
    options: { ...net, network },
  }));
  assertEquals(rolesOfRuns([...runs, taught]).baseline, "logs/wrn");
  const options = { ...taught.options, network: "vgg8" };
  assertEquals(rolesOfRuns([alone, ...runs, { ...taught, options }]).baseline, "logs/vgg8");
});

Deno.test("rolesOfRuns() takes a teacher of the same network, by its path, for no baseline", () => {
  const options = { ...net, teacher_id: "./logs/alone/" };
  const { teacher, baseline } = rolesOfRuns([alone, { folder: "logs/again", options }]);
  assertEquals([teacher, baseline], ["logs/alone", undefined]);
});

Deno.test("rolesOfRuns() takes no teacher that is not among the runs: a log may name any file", () => {
  const options = { depth: 18, width: 1, teacher_id: null, teacher_params: "a/resnet-34.pth" };
  const runs = [{ folder: "student", options }];
  const none = { networks: ["student"], teacher: undefined, baseline: undefined };
  assertEquals(rolesOfRuns(runs), none);
  assertEquals(rolesOfRuns(runs, { teacher: "b.pth" }), { ...none, teacher: "b.pth" });
});

Deno.test("rolesOfRuns() takes the baseline that is named, also if it is the teacher in the logs", () => {
  const runs = [big, alone, taught];
  const named = (baseline: string) => rolesOfRuns(runs, { baseline });
  assertEquals(named("logs/taught").baseline, "logs/taught");
  assertEquals(named("logs/taught").teacher, "logs/big");
  assertEquals(named("logs/big"), {
    networks: networks(runs),
    teacher: undefined,
    baseline: "logs/big",
  });
});

Deno.test("rolesOfRuns() of runs without a teacher gives no roles", () => {
  const { teacher, baseline } = rolesOfRuns([alone, big]);
  assertEquals([teacher, baseline], [undefined, undefined]);
});
