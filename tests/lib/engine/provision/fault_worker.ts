/**
 * Installs the package of {@linkcode startIndex} in a process of its own, so that tests can stop it
 * and run several. Prints whether it was the one to install.
 *
 *     fault_worker.ts FOLDER DIGEST
 *
 * @module
 */
import { install } from "../../../../lib/engine/provision/install.ts";

const [folder = "", digest = ""] = Deno.args;

try {
  const installed = await install({
    what: "the library",
    megabytes: 2,
    pins: [{ name: "fake-library", version: "1.0", sha256: [digest] }],
    flags: [],
    keep: /\.so$|\.dist-info\//,
    folder,
    landmark: "fake_library/small.so",
    withPythonLibrary: false,
    log: console.error,
  });
  console.log(installed ? "installed" : "there");
} catch (error) {
  console.log(String(error));
  Deno.exit(1);
}
