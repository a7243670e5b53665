/** Tests of lib/provision/named_library.ts. @module */
import { assertEquals, assertThrows } from "@std/assert";
import { dirname, join } from "@std/path";
import { namedLibrary } from "../../../lib/provision/named_library.ts";
import { UserError } from "../../../lib/errors.ts";

async function withFile(path: string, use: (folder: string, file: string) => void): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const file = join(folder, path);
    await Deno.mkdir(dirname(file), { recursive: true });
    await Deno.writeTextFile(file, "");
    use(folder, file);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("namedLibrary() takes a file whatever its name", async () => {
  await withFile("my_tensorflow.so", (_, file) => assertEquals(namedLibrary(file, "linux"), file));
});

Deno.test("namedLibrary() finds the library in a folder", async () => {
  const cases: [os: string, path: string][] = [
    ["linux", "libtensorflow_cc.so.2"],
    ["linux", "tensorflow/libtensorflow_cc.so.2"],
    ["linux", "lib/libtensorflow.so"],
    ["darwin", "tensorflow/libtensorflow_cc.2.dylib"],
    ["windows", "tensorflow/python/_pywrap_tensorflow_common.dll"],
  ];
  for (const [os, path] of cases) {
    await withFile(path, (folder, file) => assertEquals(namedLibrary(folder, os), file));
  }
});

Deno.test("namedLibrary() refuses a path with no library, in one line", async () => {
  await withFile("readme.txt", (folder, file) => {
    for (const path of [folder, join(folder, "absent"), join(file, "below")]) {
      const error = assertThrows(() => namedLibrary(path, "linux"), UserError, path);
      assertEquals(error.message.includes("\n"), false);
    }
  });
});
