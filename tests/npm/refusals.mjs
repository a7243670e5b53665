// What needs Deno says so on another runtime. Prints a line of JSON: each door's names, and the refusals.
import process from "node:process";

const doors = process.argv.slice(2);
const names = {};
for (const door of doors) names[door] = Object.keys(await import(door)).length;
const {
  loadCifar,
  loadParams,
  openImageDecoder,
  parseParams,
  readImageFolder,
  saveParams,
  useTensorFlow,
} = await import("@attention-transfer/core");
const hdf5 = Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a);
const acts = {
  loadParams: () => loadParams("x.safetensors"),
  saveParams: () => saveParams("x.safetensors", {}),
  parseParams: () => parseParams(hdf5),
  loadCifar: () => loadCifar({ dataset: "CIFAR10" }),
  readImageFolder: () => readImageFolder("images"),
  openImageDecoder: () =>
    openImageDecoder({ library: "tf.so", normalization: { mean: [0, 0, 0], std: [1, 1, 1] } }),
  useTensorFlow: () => useTensorFlow(),
};
const refusals = {};
for (const [name, act] of Object.entries(acts)) {
  try {
    await act();
  } catch ({ name: kind, code, message }) {
    refusals[name] = { kind, code, message };
  }
}
console.log(JSON.stringify({ names, refusals }));
