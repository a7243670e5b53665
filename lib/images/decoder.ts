/**
 * Decodes images by TensorFlow's ops, off the JavaScript thread and many at a time.
 *
 * @module
 */
import { checkOptions } from "../arguments.ts";
import { checkNormalization, type Normalization } from "../data/normalize.ts";
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
  DEFAULT_MAX_PIXELS,
  type ImageSize,
  MOST_PIXELS,
  readImageHeader,
} from "./image_header.ts";
import { libjpegWords } from "./libjpeg_words.ts";
import { pixelsOnly } from "./png_header.ts";
import type { View } from "./view.ts";

/** How {@linkcode openImageDecoder} goes about it. */
export interface ImageDecoderOptions {
  /** The path of libtensorflow, as `useTensorFlow` gives it. */
  library: string;
  /**
   * The height and width of the results, in pixels.
   *
   * @default 224
   */
  size?: number;
  /** How the results are normalised; it has three channels. */
  normalization: Normalization;
  /**
   * How many images are decoded at a time, 1 or more. The results do not depend on it.
   *
   * @default navigator.hardwareConcurrency
   */
  threads?: number | undefined;
  /**
   * The most pixels of an image, from 1 to 178,956,970: one that has more is refused as broken, and so
   * is one whose scans go over more than 10 times as many. Images that are decoded at the same time have
   * no more together, so that decoding takes up to 12 bytes for each, however many threads there are.
   *
   * @default 67_108_864
   */
  maxPixels?: number | undefined;
}

/** The values of an image, `[H, W, C]`, row-major. */
export type Pixels = Float32Array<ArrayBuffer>;

/** Decodes images into what a network takes. */
export interface ImageDecoder {
  /** The height and width of the results, in pixels. */
  readonly size: number;
  /** How many images are decoded at a time. */
  readonly threads: number;
  /**
   * Decodes a JPEG or a PNG, whatever its number of channels and bits, into red, green and blue; takes
   * a part of it, resizes that bilinearly and antialiased, as Pillow does, and normalises it. Like
   * torchvision, it takes no notice of the orientation in the file, of colour profiles and of
   * transparency.
   *
   * @param view Called with the image's size: which part of it to take. The part and its resized form
   * must hold the whole result.
   * @param into Takes the result, `[size, size, 3]`; a new array unless given.
   * @param onDamage Called where the image is damaged and was decoded all the same, with libjpeg's
   * words. Where they may be about an image that was decoded at the same time, this one is decoded
   * twice to know it. Only on Linux: elsewhere libjpeg prints them itself.
   * @returns `[size, size, 3]`, row-major.
   * @throws {BrokenImageError} If the image cannot be used. What libjpeg decodes with no more than a
   * warning is used, as by Pillow.
   * @throws {RangeError} If `into` is of another length.
   */
  decode(
    file: Uint8Array<ArrayBuffer>,
    view: (image: ImageSize) => View,
    into?: Pixels,
    onDamage?: (words: string) => void,
  ): Promise<Pixels>;
  /** Frees what the decoder holds; it cannot be used afterwards. */
  close(): void;
}

/** TensorFlow keeps a context's threads until the process ends: there is one for each number of them. */
const contexts = new Map<string, Context>();
let functions = 0;
const invalidArgument = 3;

/**
 * Opens a decoder. Its threads are its own, beside those that TensorFlow computes with.
 *
 * @throws {RangeError} If `size`, `threads` or `maxPixels` is not a whole number in its range.
 * @throws {TypeError} If the normalisation is not of three channels.
 * @throws {UserError} If the library cannot be opened.
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
  const { library, size = 224, normalization, maxPixels = DEFAULT_MAX_PIXELS } = options;
  const { threads = navigator.hardwareConcurrency } = options;
  const length = size * size * 3;
  const context = contextOf(library, threads);
  const words = libjpegWords(library);
  const budget = new Budget(maxPixels);
  const decodes = new DecodeFunctions(context, { size, normalization });
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
      const name = decodes.nameFor(header.format, chosen);
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
    close: () => decodes.remove(),
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
  const { size = 224, normalization, maxPixels = DEFAULT_MAX_PIXELS, threads = 1 } = options;
  checkWhole("size", size);
  checkWhole("threads", threads);
  checkWhole("maxPixels", maxPixels, MOST_PIXELS);
  checkNormalization(normalization, 3);
}

/** The compiled functions of a decoder, one for each kind of file and of colour changes. */
class DecodeFunctions {
  readonly #context: Context;
  readonly #options: Required<Pick<ImageDecoderOptions, "size" | "normalization">>;
  readonly #names = new Map<string, string>();

  constructor(
    context: Context,
    options: Required<Pick<ImageDecoderOptions, "size" | "normalization">>,
  ) {
    this.#context = context;
    this.#options = options;
  }

  /** The name of the function, which is made when first needed. */
  nameFor(format: "jpeg" | "png", { jitter = [] }: View): string {
    const kinds = jitter.map(({ kind }) => kind);
    const key = [format, ...kinds].join();
    let name = this.#names.get(key);
    if (name === undefined) {
      name = `decode_${functions++}`;
      addDecodeFunction(this.#context, name, { format, jitter: kinds, ...this.#options });
      this.#names.set(key, name);
    }
    return name;
  }

  remove(): void {
    for (const name of this.#names.values()) this.#context.removeFunction(name);
    this.#names.clear();
  }
}

function contextOf(library: string, threads: number): Context {
  const key = `${threads} ${library}`;
  let context = contexts.get(key);
  if (!context) {
    // Several images at a time cost less than several threads for one.
    const options = { threads: 1, opThreads: threads, gpu: false };
    contexts.set(key, context = new Context(openLibrary(library), options));
  }
  return context;
}

/** The values of a tensor. */
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

/** Runs a decoding function. */
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

/** Unlike `Context.read`, without an array for each image, which the garbage collector would find. */
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

function checkWhole(name: string, value: number, most = Infinity): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  const range = most === Infinity ? "of 1 or more" : `from 1 to ${most}`;
  throw new RangeError(`${name} must be a whole number ${range}: current value is ${value}`);
}
