/**
 * Tests of programs controlled over standard input and output.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { startChild } from "../../../tasks/bench/child.ts";
import { UserError } from "../../../lib/errors.ts";

/** Answers each request with its double, and 13 with an error; exits at 99. */
const doubling = `
console.log(JSON.stringify({ ready: true }));
for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const { value } = JSON.parse(chunk);
  if (value === 99) { console.error("warning\\nerror: enough\\n"); Deno.exit(1); }
  console.log(JSON.stringify(value === 13 ? { error: "unlucky" } : { value: 2 * value }));
}`;

const start = (program: string) => startChild(Deno.execPath(), ["eval", program]);

Deno.test("startChild() asks a program, and goes on after an error", async () => {
  const child = await start(doubling);
  assertEquals(child.ready, { ready: true });
  assertEquals(await child.ask({ value: 4 }), { value: 8 });
  await assertRejects(() => child.ask({ value: 13 }), UserError, "unlucky");
  assertEquals(await child.ask({ value: 5 }), { value: 10 });
  await child.close();
});

Deno.test("startChild() tells the last words of a program that ends", async () => {
  const child = await start(doubling);
  await assertRejects(() => child.ask({ value: 99 }), UserError, "enough");
  await child.close();
  await assertRejects(
    () => start(`console.error("no torch"); Deno.exit(1)`),
    UserError,
    "no torch",
  );
  await assertRejects(() => startChild("no-such-program", []), UserError, "no-such-program");
});

Deno.test({
  name: "startChild() ends a program, and waits for what it has started",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const script = `sleep 1 & echo '{"ready": true}'; wait`;
    const child = await startChild("/bin/sh", ["-c", script]);
    const start = performance.now();
    await child.kill();
    const waited = performance.now() - start;
    assert(waited > 500 && waited < 9000, `${waited} ms`);
    await child.kill(); // one that has ended
    await child.close();
  },
});
