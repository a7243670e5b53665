/**
 * Detects whether a process should keep running after its terminal closes. This file imports
 * nothing, because the check must run early.
 *
 * @module
 */

/** `nohup` makes standard input write-only. Otherwise test the signal itself. */
const question = "exec 3<&0; grep -qs '^flags:.*1$' /proc/self/fdinfo/3 || kill -HUP $$";

/**
 * True if this process started with SIGHUP ignored, as `nohup` does. Deno cannot tell us, but a
 * shell that we start inherits the setting and then survives its own SIGHUP.
 *
 * Call this at once: half a second after its start Deno itself listens to the signal, and the
 * setting is lost. `deno task` does so before it starts anything. Then only the traces of `nohup`
 * are left: the command name that shells keep in `_`, and the standard input.
 *
 * @returns False if the program lacks the permissions to check.
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
    return false; // no such shell, or no process could be started
  }
}
