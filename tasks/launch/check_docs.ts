/**
 * Checks that everything public is documented, with `deno doc --lint`, as `check_docs.ts CONFIG`.
 * What deno says of tfjs's types, which are public in tfjs and not here, is left out.
 *
 * @module
 */
const [config = "deno.json"] = Deno.args;
const output = await new Deno.Command(Deno.execPath(), {
  args: ["doc", "--config", config, "--quiet", "--lint", "mod.ts"],
  env: { NO_COLOR: "1" },
  stdout: "null",
}).output();
const isOfTfjs = /references private type '(Tensor|Tensor[1-4]D|Scalar)'/;
const text = new TextDecoder().decode(output.stderr);
const complaints = text
  .split(/(?=^error)/m)
  .filter((part) => /^error\[/.test(part) && !isOfTfjs.test(part));
for (const complaint of complaints) console.error(complaint.trimEnd() + "\n");
if (complaints.length > 0) Deno.exit(1);
if (!output.success && !isOfTfjs.test(text)) {
  console.error(text);
  Deno.exit(1);
}
