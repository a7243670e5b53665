/**
 * A program in which native code writes to standard error: `Corrupt ...` and a line of TensorFlow's log
 * while an image is decoded, and another line before and after. Prints what was heard.
 *
 * @module
 */
import { useTensorFlow } from "../../../lib/backend/use_tensorflow.ts";
import { libjpegWords } from "../../../lib/images/libjpeg_words.ts";

const { library } = await useTensorFlow({ gpu: false });
const c = Deno.dlopen(library, {
  stderr: { type: "pointer" },
  fputs: { parameters: ["buffer", "pointer"], result: "i32" },
}).symbols;

function say(line: string): void {
  const stream = new Deno.UnsafePointerView(c.stderr!).getPointer();
  c.fputs(new TextEncoder().encode(`${line}\n\0`), stream);
}

const words = libjpegWords(library);
say("before");
const { words: heard } = await words.hear(() => {
  say("Corrupt JPEG data: premature end of data segment");
  say("2026-01-02 03:04:05.678901: E tensorflow/core/somewhere.cc:12] what all should know");
  return Promise.resolve();
}, true);
say("after");
console.log(JSON.stringify(heard));
