/**
 * The browser's side of `webgl_test.ts`: runs the tests of tfjs's webgl backend as Deno would. `ended`
 * becomes a line for each: its name, and if it failed, why.
 *
 * @module
 */

const tests: { name: string; fn: () => Promise<void> }[] = [];
// What the tests use of Deno.
const deno = {
  test: (test: typeof tests[number]) => tests.push(test),
  env: { get: () => undefined },
  readFile: async (url: URL) => new Uint8Array(await (await fetch(url)).arrayBuffer()),
};
Object.assign(globalThis, { Deno: deno });
const { testOn } = await import("./suite.ts");
await testOn("webgl");

const part = new URLSearchParams(location.search).get("part") ?? "";
const ended: string[] = [];
for (const { name, fn } of tests.filter(({ name }) => name.includes(part))) {
  ended.push(await fn().then(() => name, (error) => `${name} failed: ${error}`));
}
Object.assign(globalThis, { ended });
