/**
 * Decodes images with TensorFlow ops, outside the JavaScript thread and several at a time.
 *
 * @module
 */
import { checkInteger, checkOptions } from "../arguments.ts";
import { checkNormalization, type Normalization } from "../data/normalize.ts";
import { needsDeno } from "../errors.ts";
import {
  Context,
  DataType,
  type Handle,
  notNull,
  openLibrary,
  Status,
  TensorFlowError,
} from "../tensorflow/mod.ts";
import { Budget } from "./budget.ts";
import { addDecodeFunction } from "./decode_graph.ts";
import {
  BrokenImageError,
  defaultMaxPixels,
  type ImageHeader,
  type ImageSize,
  mostPixels,
  readImageHeader,
} from "./image_header.ts";
import { libjpegWords } from "./libjpeg_words.ts";
import { pixelsOnly } from "./png_header.ts";
import type { View } from "./view.ts";

/** Options of {@linkcode openImageDecoder}. */
export interface ImageDecoderOptions {
  /** The path of libtensorflow, from `useTensorFlow`. */
  library: string;
  /**
   * The height and width of the results, in pixels.
   *
   * @default 224
   */
  size?: number;
  /** The constants to normalise the results with; three channels. */
  normalization: Normalization;
  /**
   * The number of images decoded at a time, 1 or more. It does not change the results.
   *
   * @default navigator.hardwareConcurrency
   */
  threads?: number | undefined;
  /**
   * The maximum number of pixels of an image, from 1 to 178,956,970. A larger image is refused as
   * broken, and so is one whose scans cover more than 10 times this number. Images decoded at the same
   * time share this limit, so decoding takes at most 12 bytes times this, for any number of threads.
   *
   * @default 67_108_864
   */
  maxPixels?: number | undefined;
}

/** The values of an image, `[H, W, C]`, row-major. */
export type Pixels = Float32Array<ArrayBuffer>;

/** Decodes images to network inputs. */
export interface ImageDecoder {
  /** The height and width of the results, in pixels. */
  readonly size: number;
  /** The number of images decoded at a time. */
  readonly threads: number;
  /**
   * Decodes a JPEG or PNG, with any number of channels and bits, to red, green and blue. Then takes a
   * part of it, resizes that bilinearly with antialiasing like Pillow, and normalises it. Like
   * torchvision, it ignores the file's orientation, colour profiles and transparency.
   *
   * @param view Called with the image's size; returns the part to take. The part and its resized form
   * must contain the whole result.
   * @param into The array for the result, `[size, size, 3]`. Default: a new array.
   * @param onDamage Called with libjpeg's message if the image is damaged but was decoded. If the
   * message could be about another image decoded at the same time, this one is decoded again to find
   * out. Only on Linux; elsewhere libjpeg prints the message itself.
   * @returns `[size, size, 3]`, row-major.
   * @throws {BrokenImageError} If the image cannot be used. Like in Pillow, an image is used if libjpeg
   * only prints a warning.
   * @throws {RangeError} If `into` has the wrong length.
   */
  decode(
    file: Uint8Array<ArrayBuffer>,
    view: (image: ImageSize) => View,
    into?: Pixels,
    onDamage?: (words: string) => void,
  ): Promise<Pixels>;
  /** Frees the decoder's resources. It cannot be used afterwards. */
  close(): void;
}

/** TensorFlow keeps a context's threads until the process ends, so keep one context per thread count. */
const contexts = new Map<string, Context>();
let functions = 0;
const invalidArgument = 3;

/**
 * Opens a decoder. It has its own threads, besides TensorFlow's compute threads.
 *
 * @throws {RangeError} If `size`, `threads` or `maxPixels` is not an integer in its range.
 * @throws {TypeError} If the normalisation does not have three channels.
 * @throws {UserError} If the library cannot be opened, or this is not Deno.
 *
 * @example
 * ```ts
 * import { IMAGENET_NORMALIZATION, openImageDecoder, useTensorFlow } from "@attention-transfer/core";
 *
 * const { library } = await useTensorFlow();
 * const decoder = openImageDecoder({ library, normalization: IMAGENET_NORMALIZATION, threads: 2 });
 * console.log(decoder.size); // 224
 * decoder.close();
 * ```
 */
export function openImageDecoder(options: ImageDecoderOptions): ImageDecoder {
  checkDecoderOptions(options);
  needsDeno("decode images with TensorFlow", "decode them with what this runtime has");
  const { library, size = 224, normalization, maxPixels = defaultMaxPixels } = options;
  const { threads = navigator.hardwareConcurrency } = options;
  const length = size * size * 3;
  const context = contextOf(library, threads);
  const words = libjpegWords(library);
  const budget = new Budget(maxPixels);
  /** The compiled functions, one for each combination of format and colour changes. */
  const names = new Map<string, string>();
  const nameFor = (format: ImageHeader["format"], { jitter = [] }: View): string => {
    const kinds = jitter.map(({ kind }) => kind);
    const key = [format, ...kinds].join();
    let name = names.get(key);
    if (name === undefined) {
      name = `decode_${functions++}`;
      addDecodeFunction(context, name, { format, jitter: kinds, size, normalization });
      names.set(key, name);
    }
    return name;
  };
  return {
    size,
    threads,
    async decode(file, view, into = new Float32Array(length), onDamage) {
      if (into.length !== length) {
        throw new RangeError(
          `Cannot put an image of ${length} values into an array of ${into.length}`,
        );
      }
      const header = readImageHeader(file, maxPixels);
      const chosen = view(header);
      const name = nameFor(header.format, chosen);
      const needed = header.format === "png" ? pixelsOnly(file) : file;
      const work = () => execute(context, name, inputsOf(needed, chosen), into);
      const heard = await budget.spend(
        header.height * header.width,
        () => words.hear(work, onDamage !== undefined),
      );
      const [first] = heard.words;
      if (first !== undefined) onDamage?.(first);
      return into;
    },
    close() {
      for (const name of names.values()) context.removeFunction(name);
      names.clear();
    },
  };
}

function checkDecoderOptions(options: ImageDecoderOptions): void {
  checkOptions("openImageDecoder", options, {
    library: true,
    size: true,
    normalization: true,
    maxPixels: true,
    threads: true,
  });
  const { size = 224, normalization, maxPixels = defaultMaxPixels, threads = 1 } = options;
  checkInteger("size", size, 1);
  checkInteger("threads", threads, 1);
  checkInteger("maxPixels", maxPixels, 1, mostPixels);
  checkNormalization(normalization, 3);
}

function contextOf(library: string, threads: number): Context {
  const key = `${threads} ${library}`;
  let context = contexts.get(key);
  if (!context) {
    // Several images at a time are more efficient than several threads per image.
    const options = { threads: 1, opThreads: threads, gpu: false };
    contexts.set(key, context = new Context(openLibrary(library), options));
  }
  return context;
}

/** A tensor to create. */
type Input = [dtype: number, shape: number[], values: Parameters<Context["newHandle"]>[2]];

/** The inputs of a decoding function. */
function inputsOf(
  file: Uint8Array,
  { box, resized, top = 0, left = 0, flip, jitter = [] }: View,
): Input[] {
  const floats = (...values: number[]): Input => [
    DataType.float32,
    [values.length],
    Float32Array.from(values),
  ];
  return [
    [DataType.string, [], [file]],
    [DataType.int32, [4], Int32Array.of(box.top, box.left, box.height, box.width)],
    [DataType.int32, [4], Int32Array.of(1, box.height, 1, 3 * box.width)],
    floats(resized.height / box.height, 1),
    floats(-top, 0),
    floats(resized.width / box.width, 1),
    floats(-left, 0),
    [DataType.bool, [3], Uint8Array.of(0, flip ? 1 : 0, 0)],
    floats(...jitter.map(({ factor }) => factor)),
  ];
}

async function execute(
  context: Context,
  name: string,
  inputs: readonly Input[],
  into: Pixels,
): Promise<void> {
  const handles = inputs.map((input) => context.newHandle(...input));
  try {
    const [result] = await context.executeFunction(name, handles, 1);
    try {
      copyValues(context, result!, into);
    } finally {
      context.deleteHandle(result!);
    }
  } catch (error) {
    if (!(error instanceof TensorFlowError) || error.code !== invalidArgument) throw error;
    throw new BrokenImageError("its pixels cannot be decoded", { cause: error });
  } finally {
    handles.forEach((handle) => context.deleteHandle(handle));
  }
}

/** Unlike `Context.read`, this allocates no array per image, which would be garbage to collect. */
function copyValues({ library }: Context, { pointer }: Handle, into: Pixels): void {
  const status = new Status(library);
  try {
    const tensor = library.TFE_TensorHandleResolve(pointer, status.pointer);
    status.check(() => "TFE_TensorHandleResolve of an image");
    const data = notNull(library.TF_TensorData(notNull(tensor, "tensor")), "tensor data");
    Deno.UnsafePointerView.copyInto(data, into);
    library.TF_DeleteTensor(tensor);
  } finally {
    status.delete();
  }
}
