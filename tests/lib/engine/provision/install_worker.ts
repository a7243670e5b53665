/**
 * Runs one installation of six, a package of one file, in a process of its own, so that tests can
 * set its environment, stop it and run several. Prints whether it was the one to install.
 *
 *     install_worker.ts FOLDER [DIGEST]
 *
 * @module
 */
import { install } from "../../../../lib/engine/provision/install.ts";

const [folder = "", digest] = Deno.args;
const sixDigest = "4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274";

try {
  const installed = await install({
    what: "six",
    megabytes: 0,
    pins: [{ name: "six", version: "1.17.0", sha256: [digest ?? sixDigest] }],
    flags: ["--implementation", "cp", "--python-version", "3.12", "--platform", "any"],
    keep: /^six\.py$/,
    folder,
    landmark: "six.py",
    withPythonLibrary: false,
    log: console.error,
  });
  console.log(installed ? "installed" : "there");
} catch (error) {
  console.log(String(error));
  Deno.exit(1);
}
