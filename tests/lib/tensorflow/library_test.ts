/**
 * The doors to the C library.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { fromFileUrl } from "@std/path";
import {
  cString,
  fromCString,
  notNull,
  openLibrary,
  outputBytes,
  Status,
  TensorFlowError,
} from "../../../lib/tensorflow/library.ts";
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { UserError } from "../../../lib/errors.ts";
import { long } from "../../long.ts";
import { runProgram } from "../../processes.ts";

const info = await useTensorFlow({ gpu: false });
const library = openLibrary(info.library);

Deno.test("openLibrary() opens what useTensorFlow() found", () => {
  assertEquals(fromCString(library.TF_Version()), info.version);
});

Deno.test("openLibrary() refuses a file that is no libtensorflow, in one line", () => {
  for (const path of [fromFileUrl(import.meta.url), "/nowhere/libtensorflow.so"]) {
    const { message } = assertThrows(() => openLibrary(path), UserError, path);
    assertMatch(message, /^Cannot open libtensorflow at [^\n]*TensorFlow 2.10 or newer[^\n]*$/);
  }
});

long.test("TensorFlow after WebGPU's drivers for CPUs is refused, and does not hang", async () => {
  const { code, signal, out } = await runProgram(new URL("after_webgpu.ts", import.meta.url));
  assertEquals({ code, signal }, { code: 0, signal: null });
  const [drivers, outcome] = out.split("\n");
  const refusal = /^Cannot open libtensorflow at [^\n]*libLLVM[^\n]*start TensorFlow before WebGPU/;
  assertMatch(outcome!, drivers === "LLVM" ? refusal : /^2\.\d+\.\d+$/);
});

Deno.test("cString() ends in NUL and is made once", () => {
  assertEquals(cString("Añ"), Uint8Array.of(65, 195, 177, 0));
  assert(cString("Add") === cString("Add"));
});

Deno.test("fromCString() takes NULL for nothing", () => {
  assertEquals(fromCString(null), "");
});

Deno.test("notNull() names what is missing", () => {
  assertThrows(() => notNull(null, "graph"), Error, "no graph");
});

Deno.test("outputBytes() lays out a TF_Output", () => {
  const pointer = notNull(Deno.UnsafePointer.create(0x1234_5678_9abcn), "pointer");
  const expected = [0xbc, 0x9a, 0x78, 0x56, 0x34, 0x12, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0];
  assertEquals([...outputBytes(pointer, 3)], expected);
});

Deno.test("Status.check() throws what TensorFlow reports, and nothing where all went well", () => {
  const status = new Status(library);
  const graph = library.TF_NewGraph();
  const buffer = library.TF_NewBuffer();
  try {
    library.TF_GraphGetOpDef(graph, cString("Add"), buffer, status.pointer);
    status.check(() => "TF_GraphGetOpDef");
    library.TF_GraphGetOpDef(graph, cString("Sub\n2"), buffer, status.pointer);
    const error = assertThrows(() => status.check(() => "TF_GraphGetOpDef"), TensorFlowError);
    assertEquals([error.name, error.code], ["TensorFlowError", 5]);
    assertMatch(error.message, /^Cannot run TF_GraphGetOpDef: not found: [^\n]*Sub$/);
  } finally {
    library.TF_DeleteBuffer(buffer);
    library.TF_DeleteGraph(graph);
    status.delete();
  }
});
