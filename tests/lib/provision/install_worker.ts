/**
 * Installs a small package in a process of its own, so that tests can set its environment, stop it and
 * run several. Prints whether it was the one to install.
 *
 *     install_worker.ts (six | fake-library) FOLDER DIGEST
 *
 * @module
 */
import { install, type Installation } from "../../../lib/provision/install.ts";

const [name = "", folder = "", digest = ""] = Deno.args;

const packages: Record<string, Pick<Installation, "flags" | "keep" | "markerFile">> = {
  // One file, of the real index.
  six: {
    flags: ["--implementation", "cp", "--python-version", "3.12", "--platform", "any"],
    keep: /^six\.py$/,
    markerFile: "six.py",
  },
  // What startIndex serves.
  "fake-library": {
    flags: [],
    keep: /\.so$|\.dist-info\//,
    markerFile: "fake_library/small.so",
  },
};

try {
  const installed = await install({
    ...packages[name]!,
    what: name,
    megabytes: 2,
    pins: [{ name, version: name === "six" ? "1.17.0" : "1.0", sha256: [digest] }],
    folder,
    withPythonLibrary: false,
    log: console.error,
  });
  console.log(installed ? "installed" : "there");
} catch (error) {
  console.log(String(error));
  Deno.exit(1);
}
