/**
 * Whether a terminal that is closed is to end a program. This imports nothing, for it cannot wait.
 *
 * @module
 */

/** What `nohup` leaves in place of a terminal's input can only be written; else try the signal itself. */
const question = "exec 3<&0; grep -qs '^flags:.*1$' /proc/self/fdinfo/3 || kill -HUP $$";

/**
 * Whether this process was started with SIGHUP ignored, as `nohup` does it. Deno does not tell: but a
 * shell that we start inherits it, and then survives its own signal. To be called at once: Deno itself
 * listens to the signal half a second after it has started, and then nobody can tell any more. `deno
 * task` does so before it starts anything. What is left then are the traces of `nohup`: the name that
 * shells keep of the command that they start, and its standard input.
 *
 * @returns false for a program that may not look.
 */
export function ignoresHangup(): boolean {
  if (Deno.build.os === "windows") return false;
  const may = (wanted: Deno.PermissionDescriptor) =>
    Deno.permissions.querySync(wanted).state === "granted";
  const variable = "_";
  if (may({ name: "env", variable }) && /(^|\/)nohup$/.test(Deno.env.get(variable) ?? "")) {
    return true;
  }
  const command = "/bin/sh";
  if (!may({ name: "run", command })) return false;
  try {
    const stdio = { stdin: "inherit", stdout: "null", stderr: "null" } as const;
    return new Deno.Command(command, { args: ["-c", question], ...stdio }).outputSync().success;
  } catch {
    return false; // there is no such shell, or no process to be had
  }
}
