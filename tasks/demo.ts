/**
 * `deno task demo`: makes a page that runs a network in the browser.
 *
 * @module
 */
import {
  demoCommand,
  type DemoOptions,
  usualDemoFolder,
  usualDemoPort,
} from "./cli/demo_options.ts";
import { startForParams } from "./cli/engine.ts";
import { runCommand } from "./cli/main.ts";
import { readNames } from "./demo/facts.ts";
import { makeFiles, type PageFiles } from "./demo/files.ts";
import { checkFolder, writeFiles } from "./demo/folder.ts";
import { serveFiles } from "./demo/serve.ts";
import { paramsFile } from "./demo/settings.ts";
import { findNetwork } from "./visualize/networks.ts";

await runCommand(demoCommand, async (options) => {
  const { serve, out = usualDemoFolder, port = usualDemoPort } = options;
  if (!serve) await checkFolder(out);
  const files = await filesOf(options);
  if (!serve) {
    await writeFiles(out, files);
    console.log(`wrote ${out}: ${sizes(files)}; serve it with any web server`);
    return;
  }
  // Ctrl-C ends the program at once: there is nothing to save.
  const server = serveFiles(files, port);
  console.log(`the page is at ${server.address} (Ctrl-C ends it)`);
  await server.finished;
});

async function filesOf({ network: id, classes, ...told }: DemoOptions): Promise<PageFiles> {
  const names = classes === undefined ? undefined : await readNames(classes);
  await startForParams();
  return await makeFiles(await findNetwork(id), { ...told, classes: names });
}

function sizes(files: PageFiles): string {
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(2)} MB`;
  const ofParams = files.get(paramsFile)?.length ?? 0;
  const all = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  return `${megabytes(ofParams)} of weights and ${megabytes(all - ofParams)} of everything else`;
}
