/**
 * Reads the events that TensorBoard shows.
 *
 * @module
 */
import { join } from "@std/path";
import { decode, type DecodedPng } from "fast-png";
import protobuf from "protobufjs/minimal.js";

/** The fields of a protocol buffer message, with their numbers; some may be there repeatedly. */
function entries(message: Uint8Array): [field: number, value: Uint8Array | number][] {
  const reader = protobuf.Reader.create(message);
  const found: [number, Uint8Array | number][] = [];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const [field, wireType] = [tag >>> 3, tag & 7];
    if (wireType === 0) found.push([field, Number(reader.int64())]);
    else if (wireType === 2) found.push([field, reader.bytes()]);
    else if (wireType === 5) found.push([field, reader.float()]);
    else found.push([field, reader.double()]);
  }
  return found;
}

/** The fields by their numbers, where none is repeated. */
function fields(message: Uint8Array): Map<number, Uint8Array | number> {
  return new Map(entries(message));
}

/** The messages of a TFRecord file: length (8 bytes), its checksum (4), the message, its checksum. */
function* records(file: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let offset = 0; offset < file.length;) {
    const length = Number(view.getBigUint64(offset, true));
    yield file.subarray(offset + 12, offset + 12 + length);
    offset += length + 16;
  }
}

/** A value of an event: one of a scalar, a picture and a histogram. */
export interface SummaryEvent {
  step: number;
  tag: string;
  scalar?: number;
  image?: DecodedPng;
  histogram?: { min: number; max: number; count: number; sum: number };
}

/** The events of a file. Field numbers: TensorFlow's event.proto and summary.proto. */
export function eventsIn(file: Uint8Array): SummaryEvent[] {
  return [...records(file)].flatMap((record) => {
    const event = fields(record);
    const summary = event.get(5);
    if (!(summary instanceof Uint8Array)) return []; // the first record is the file's version
    const step = (event.get(2) ?? 0) as number;
    return entries(summary).map(([, value]) => valueOf(step, fields(value as Uint8Array)));
  });
}

function valueOf(step: number, value: ReturnType<typeof fields>): SummaryEvent {
  const [scalar, image, histogram] = [2, 4, 5].map((field) => value.get(field));
  return {
    step,
    tag: new TextDecoder().decode(value.get(1) as Uint8Array),
    ...(typeof scalar === "number" && { scalar }),
    ...(image instanceof Uint8Array && { image: decode(fields(image).get(4) as Uint8Array) }),
    ...(histogram instanceof Uint8Array && { histogram: histogramOf(fields(histogram)) }),
  };
}

function histogramOf(found: ReturnType<typeof fields>) {
  const [min, max, count, sum] = [1, 2, 3, 4].map((field) => (found.get(field) ?? 0) as number);
  return { min: min!, max: max!, count: count!, sum: sum! };
}

/** The paths of a folder's events files. */
export async function eventFiles(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.filter(({ name }) => name.includes("tfevents")).map(({ name }) =>
    join(folder, name)
  );
}

/** All events of a folder, in the order of the files' names. */
export async function eventsOf(folder: string): Promise<SummaryEvent[]> {
  const paths = (await eventFiles(folder)).sort();
  return (await Promise.all(paths.map((path) => Deno.readFile(path)))).flatMap(eventsIn);
}
