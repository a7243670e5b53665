/** Tests of turning permissions into Deno flags. @module */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { permissionFlags } from "../../../tasks/launch/permissions.ts";
import { inFolder } from "../../folders.ts";

Deno.test("permissionFlags() allows nothing unless it is said, and asks nobody", () => {
  assertEquals(permissionFlags({}, "/"), ["--no-prompt"]);
});

Deno.test("permissionFlags() names each thing once, and paths from the root", () =>
  inFolder((cwd) => {
    const flags = permissionFlags({
      read: ["a", join(cwd, "a"), "/b"],
      write: ["c"],
      env: ["TERM"],
      sys: ["cpus"],
      net: ["example.org:443"],
      run: ["python3", "python"],
      ffi: true,
    }, cwd);
    assertEquals(flags, [
      "--no-prompt",
      `--allow-read=${join(cwd, "a")},/b,${join(cwd, "c")}`,
      `--allow-write=${join(cwd, "c")}`,
      "--allow-env=TERM",
      "--allow-sys=cpus",
      "--allow-net=example.org:443",
      "--allow-run=python3,python",
      "--allow-ffi",
    ]);
    assertEquals(permissionFlags({ env: "all" }, cwd)[1], "--allow-env");
    return Promise.resolve();
  }));

Deno.test("permissionFlags() allows the folders that are to be made above what is written", () =>
  inFolder(async (cwd) => {
    const written = (path: string) => permissionFlags({ write: [path] }, cwd)[2];
    assertEquals(written("logs/a/b"), `--allow-write=${join(cwd, "logs")}`);
    await Deno.mkdir(join(cwd, "logs"));
    assertEquals(written("logs/a/b"), `--allow-write=${join(cwd, "logs/a")}`);
    assertEquals(written("logs"), `--allow-write=${join(cwd, "logs")}`);
  }));

Deno.test("permissionFlags() allows the folder of a path with a comma, which parts paths", () =>
  inFolder((folder) => {
    const cwd = join(folder, "a,b");
    const read = (path: string) => permissionFlags({ read: [path] }, cwd)[1];
    assertEquals(read("data"), "--allow-read=data");
    assertEquals(read("."), "--allow-read=.");
    assertEquals(read("x,y/z"), "--allow-read=.");
    assertEquals(read(join(folder, "c,d")), `--allow-read=${folder}`);
    return Promise.resolve();
  }));
