/** Tests of lib/provision/explain.ts, on what pip 21 to 26 and Python write. @module */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { brokeOff, explain, tellingLine } from "../../../lib/provision/explain.ts";

const noVersion = [
  "ERROR: Could not find a version that satisfies the requirement six==1.17.0 (from versions: none)",
  "ERROR: No matching distribution found for six==1.17.0",
];

Deno.test("explain() tells the common failures apart", () => {
  const cases: [output: string[], reason: string, advice: string][] = [
    [noVersion, "cannot reach its package index", "network"],
    [
      ["pip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool: Read timed out."],
      "cannot reach its package index",
      "network",
    ],
    [
      [noVersion[0]!.replace("none", "1.15.0, 1.16.0"), noVersion[1]!],
      "none of the pinned files fits",
      "upgrade pip",
    ],
    [
      [
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
        "        Expected sha256 00",
        "             Got        01",
      ],
      "not the pinned one",
      "index",
    ],
    [
      ["Traceback (most recent call last):", "OSError: [Errno 28] No space left on device: 'x'"],
      "the disk is full",
      "ATTENTION_TRANSFER_CACHE",
    ],
    [
      ["Permission denied (os error 13): mkdir '/usr/cache'"],
      "cannot be written",
      "ATTENTION_TRANSFER_CACHE",
    ],
    [
      ["ERROR: Could not install requirement six==1.17.0 from (...) because of HTTP error 404"],
      "does not give the pinned file",
      "index",
    ],
    [
      ["No locks available (os error 37)"],
      "has no locks",
      "ATTENTION_TRANSFER_CACHE",
    ],
    [["Segmentation fault"], "pip failed", "run it again"],
    [[], "pip failed", "run it again"],
  ];
  for (const [output, reason, advice] of cases) {
    const explanation = explain(output);
    assertStringIncludes(explanation.reason, reason);
    assertStringIncludes(explanation.advice, advice);
  }
});

Deno.test("brokeOff() tells a download that ended early from one that never began", () => {
  const begun = [
    "pip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool(...): Read timed out.",
    "pip._vendor.urllib3.exceptions.ProtocolError: ('Connection broken: IncompleteRead(1 bytes)', 1)",
    "× Download failed because not enough bytes were received (300.0 kB/1.1 MB)",
    "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated",
  ];
  for (const line of begun) assertEquals(brokeOff([line]), true, line);
  const retrying =
    "WARNING: Retrying after connection broken by 'ReadTimeoutError(\"Read timed out.\")'";
  for (const output of [[], [retrying, ...noVersion], ["OSError: No space left on device"]]) {
    assertEquals(brokeOff(output), false);
  }
});

Deno.test("tellingLine() is the last error without its details", () => {
  assertEquals(tellingLine(noVersion), "No matching distribution found for six==1.17.0");
  assertEquals(
    tellingLine(["ERROR: THEY DO NOT MATCH.", "    Expected sha256 00"]),
    "THEY DO NOT MATCH.",
  );
  assertEquals(
    tellingLine([
      "error: incomplete-download",
      "× Download failed because not enough bytes were received (300.0 kB/1.1 MB)",
      "╰─> URL: http://127.0.0.1:9/files/six.whl",
      "note: This is an issue with network connectivity, not pip.",
      "hint: Use --resume-retries to configure resume attempt limit.",
    ]),
    "Download failed because not enough bytes were received (300.0 kB/1.1 MB)",
  );
  assertEquals(tellingLine(["ERROR: Exception:", "  File x", "OSError: full"]), "OSError: full");
});

Deno.test("tellingLine() is cut to a readable length", () => {
  assertEquals(tellingLine(["x".repeat(500)]), "x".repeat(160) + "...");
});
