/**
 * The packages that hold libtensorflow 2.20.0, with the digests of the files that may be
 * taken. Made by scripts/pin_tensorflow.ts; change nothing here by hand.
 *
 * @module
 */
import type { Pin, TargetName } from "./platform.ts";

/** The packages of each set. */
export const pins: Record<TargetName, readonly Pin[]> = {
  "linux-x64-cpu": [{
    name: "tensorflow-cpu",
    version: "2.20.0",
    sha256: ["c7a9224185818094ed95c4e114d3efe77241db35fbf0b75251fb2bf6222dd6a7"],
  }],
  "linux-x64-gpu": [{
    name: "nvidia-cublas-cu12",
    version: "12.9.3.13",
    sha256: ["d7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72"],
  }, {
    name: "nvidia-cuda-cupti-cu12",
    version: "12.9.79",
    sha256: ["096bcf334f13e1984ba36685ad4c1d6347db214de03dbb6eebb237b41d9d934f"],
  }, {
    name: "nvidia-cuda-nvcc-cu12",
    version: "12.9.86",
    sha256: ["5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0"],
  }, {
    name: "nvidia-cuda-nvrtc-cu12",
    version: "12.9.86",
    sha256: ["210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4"],
  }, {
    name: "nvidia-cuda-runtime-cu12",
    version: "12.9.79",
    sha256: ["25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3"],
  }, {
    name: "nvidia-cudnn-cu12",
    version: "9.28.0.42",
    sha256: ["9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375"],
  }, {
    name: "nvidia-cufft-cu12",
    version: "11.4.1.4",
    sha256: ["c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28"],
  }, {
    name: "nvidia-curand-cu12",
    version: "10.3.10.19",
    sha256: ["49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e"],
  }, {
    name: "nvidia-cusolver-cu12",
    version: "11.7.5.82",
    sha256: ["15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88"],
  }, {
    name: "nvidia-cusparse-cu12",
    version: "12.5.10.65",
    sha256: ["73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78"],
  }, {
    name: "nvidia-nccl-cu12",
    version: "2.32.3",
    sha256: ["bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c"],
  }, {
    name: "nvidia-nvjitlink-cu12",
    version: "12.9.86",
    sha256: ["e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9"],
  }, {
    name: "tensorflow",
    version: "2.20.0",
    sha256: ["25265b0bc527e0d54b1e9cc60c44a24f44a809fe27666b905f0466471f9c52ec"],
  }],
  "linux-arm64-cpu": [{
    name: "tensorflow",
    version: "2.20.0",
    sha256: ["2bfbfb3dd0e22bffc45fe1e922390d27753e99261fab8a882e802cf98a0e078f"],
  }],
  "macos-arm64-cpu": [{
    name: "tensorflow",
    version: "2.20.0",
    sha256: ["52b122f0232fd7ab10f28d537ce08470d0b6dcac7fff9685432daac7f8a06c8f"],
  }],
  "windows-x64-cpu": [{
    name: "tensorflow-cpu",
    version: "2.20.0",
    sha256: [
      "0888d26d99ca88a5154c470dbaa080154e72ea3ea48c47a16c96f73296011d67",
      "06b4d213f093a72da9c767754bd8d6605f2b1a98c7a683532fc152b0a5d8ce04",
      "f9a6ca1d334d61086e3e823c096454f843a1f9bac7b7f9bd56ce52712178428a",
      "1c91c84e604598151a9e4cd9d0683fe081408577d05f7f4e1c33d2316f0f2468",
      "510bb97f6f15337c7c45c113c20704662a07cd87d21b820748ae270ad07c5eda",
    ],
  }],
};
