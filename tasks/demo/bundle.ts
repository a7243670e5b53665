/**
 * Puts the page's program, with the library and tfjs, into one file for browsers.
 *
 * @module
 */
import { fromFileUrl } from "@std/path";
import { printable, UserError } from "../../lib/errors.ts";

const entry = fromFileUrl(new URL("page/main.ts", import.meta.url));

/**
 * The page's program. Deno has the bundler, esbuild, of a version of its own: it downloads it from
 * npm when it first needs it.
 *
 * @throws {UserError} If it cannot be made.
 */
export async function bundleProgram(): Promise<Uint8Array<ArrayBuffer>> {
  if (!("bundle" in Deno)) {
    throw new UserError(
      "Cannot bundle the page: this program was started without --unstable-bundle; use deno task demo",
      { code: "not-supported" },
    );
  }
  const { outputFiles = [], errors } = await Deno.bundle({
    entrypoints: [entry],
    platform: "browser",
    format: "iife", // a module could not say why it does not run from a file
    minify: true,
    write: false,
  }).catch((error: unknown) => {
    throw cannotBundle(error instanceof Error ? error.message : String(error));
  });
  const contents = outputFiles[0]?.contents;
  if (contents) return new Uint8Array(contents);
  throw cannotBundle(errors[0]?.text ?? "the bundler wrote nothing");
}

function cannotBundle(why: string): UserError {
  return new UserError(
    `Cannot bundle the page: ${printable(why, 200)}; if npm could not be reached, connect once: ` +
      "Deno keeps esbuild and tfjs in its cache",
    { code: "not-fetched" },
  );
}
