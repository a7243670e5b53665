/**
 * Fetches an archive in a process of its own, so that tests can kill it and run several. Says when it
 * waits for another one.
 *
 *     fetch_worker.ts ARCHIVE SOURCE PARENT
 *
 * @module
 */
import { fetchArchive } from "../../../lib/data/download.ts";

const [archive = "", source = "", parent = ""] = Deno.args;
await fetchArchive(JSON.parse(archive), source, parent, { onWait: () => console.log("waits") });
