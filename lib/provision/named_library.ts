/**
 * The library named in the user's environment.
 *
 * @module
 */
import { join, resolve } from "@std/path";
import { UserError } from "../errors.ts";
import { isFile } from "./files.ts";
import { libraryVariable } from "./platform.ts";

const libraryFiles: Record<string, readonly string[]> = {
  linux: ["libtensorflow_cc.so.2", "libtensorflow.so.2", "libtensorflow.so"],
  darwin: ["libtensorflow_cc.2.dylib", "libtensorflow.2.dylib", "libtensorflow.dylib"],
  windows: ["python/_pywrap_tensorflow_common.dll", "tensorflow.dll"],
};

// The tensorflow package itself, the folder with the package, or TensorFlow's unpacked C library.
const libraryFolders = ["", "tensorflow", "lib"];

/**
 * The library file for a path.
 *
 * @param named A library file, or a folder with one, such as a `tensorflow` package.
 * @param os The operating system, like `Deno.build.os`.
 * @throws {UserError} If there is no such file.
 */
export function namedLibrary(named: string, os: string): string {
  const path = resolve(named);
  if (isFile(path)) return path;
  const names = libraryFiles[os] ?? [];
  const candidates = libraryFolders.flatMap((folder) =>
    names.map((name) => join(path, folder, name))
  );
  const found = candidates.find(isFile);
  if (found) return found;
  throw new UserError(
    `Cannot find the library that ${libraryVariable} names: "${named}" is neither a file nor a ` +
      `folder with ${
        names[0] ?? "a TensorFlow library"
      }; correct it, or unset it to have one fetched`,
    { code: "not-found" },
  );
}
