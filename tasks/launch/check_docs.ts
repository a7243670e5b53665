/**
 * Checks with `deno doc --lint` that everything public is documented: `check_docs.ts CONFIG`.
 * Ignores messages about types of tfjs, which are public in tfjs but not here.
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
