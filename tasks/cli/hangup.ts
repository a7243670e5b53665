/**
 * Whether a terminal that is closed is to end a program. This imports nothing, for it cannot wait.
 *
 * @module
 */

/**
 * Whether this process was started with SIGHUP ignored, as `nohup` does it. Deno does not tell: but a
 * shell that we start inherits it, and then survives its own signal. To be called at once: Deno itself
 * listens to the signal half a second after it has started, and then nobody can tell any more. False
 * for a program that may start no shell.
 */
export function ignoresHangup(): boolean {
  if (Deno.build.os === "windows") return false;
  const command = "/bin/sh";
  if (Deno.permissions.querySync({ name: "run", command }).state !== "granted") return false;
  try {
    const ask = new Deno.Command(command, { args: ["-c", "kill -HUP $$"], stdin: "null" });
    return ask.outputSync().success;
  } catch {
    return false; // there is no such shell, or no process to be had
  }
}
