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
    record: ["19a3fc52c8a347c8e2e08cdd2fb81faa1c25edff02a69f7f4a7f93b6d0c197f2"],
  }],
  "linux-x64-gpu": [{
    name: "nvidia-cublas-cu12",
    version: "12.9.3.13",
    sha256: ["d7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72"],
    record: ["fb11b9a4556b8369b27a5d5b13961a90112f9b438aaab8336f4a06f6514142ac"],
  }, {
    name: "nvidia-cuda-cupti-cu12",
    version: "12.9.79",
    sha256: ["096bcf334f13e1984ba36685ad4c1d6347db214de03dbb6eebb237b41d9d934f"],
    record: ["b887a904314efaa9ae8e9c809a94c2c20e48a0835cd18d0cbf8ad183e9657bca"],
  }, {
    name: "nvidia-cuda-nvcc-cu12",
    version: "12.9.86",
    sha256: ["5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0"],
    record: ["33659c344ec4556318b04c8b58cc5e1f164da15343a0e60dcb5d7f493c8b30c9"],
  }, {
    name: "nvidia-cuda-nvrtc-cu12",
    version: "12.9.86",
    sha256: ["210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4"],
    record: ["8e4e747451dd5fb2779e79735e3223a468839818a9e2cbc94951ef9302d86b18"],
  }, {
    name: "nvidia-cuda-runtime-cu12",
    version: "12.9.79",
    sha256: ["25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3"],
    record: ["f3d62dcf8f26b3f336f9d435f67fb7aac618b5f3bec4e236571897db1b69fa57"],
  }, {
    name: "nvidia-cudnn-cu12",
    version: "9.28.0.42",
    sha256: ["9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375"],
    record: ["613bbe5a5483bdc07794fd5640fbee0661cfa8ea88e4c337261d6f48b24b7994"],
  }, {
    name: "nvidia-cufft-cu12",
    version: "11.4.1.4",
    sha256: ["c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28"],
    record: ["9f20df263f43fd5e94ef2a27380e2c40cb479dea128a2ea85f8eb324455c20f6"],
  }, {
    name: "nvidia-curand-cu12",
    version: "10.3.10.19",
    sha256: ["49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e"],
    record: ["8627b82ccd90bc1b806a3fb755a7fb8e126caff36ee13474a3b5251fa5649511"],
  }, {
    name: "nvidia-cusolver-cu12",
    version: "11.7.5.82",
    sha256: ["15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88"],
    record: ["9c50b5b126ec21a0098ca680a3e94e7aebecfa233c11021aa13e3d66a6b465a2"],
  }, {
    name: "nvidia-cusparse-cu12",
    version: "12.5.10.65",
    sha256: ["73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78"],
    record: ["cd5faf5127722d602d31d6716fcd90c9dcbcdc0241422d69ad1e87133f072b34"],
  }, {
    name: "nvidia-nccl-cu12",
    version: "2.32.3",
    sha256: ["bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c"],
    record: ["02fe89f9619e2ae2129efaabdaba0e7dbf1191fe93d7008d64b0ad79edd4bac9"],
  }, {
    name: "nvidia-nvjitlink-cu12",
    version: "12.9.86",
    sha256: ["e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9"],
    record: ["0afff8803f0149eb5828034631d0a74115dc1d533693e0d5c1f5586004d0f3d9"],
  }, {
    name: "tensorflow",
    version: "2.20.0",
    sha256: ["25265b0bc527e0d54b1e9cc60c44a24f44a809fe27666b905f0466471f9c52ec"],
    record: ["14ce3f5d07d6e0ee5b8b7335bb0a829aa9979f1f5deafda90eea7e46603b9c9d"],
  }],
  "linux-arm64-cpu": [{
    name: "tensorflow",
    version: "2.20.0",
    sha256: ["2bfbfb3dd0e22bffc45fe1e922390d27753e99261fab8a882e802cf98a0e078f"],
    record: ["c179ffc5b99efbc7b62c7adc160687e075f0a33203a4839f6d1973e46f2559fb"],
  }],
  "macos-arm64-cpu": [{
    name: "tensorflow",
    version: "2.20.0",
    sha256: ["52b122f0232fd7ab10f28d537ce08470d0b6dcac7fff9685432daac7f8a06c8f"],
    record: ["a52c7ba508f90f512036d8767e22470a8858e8d635ddbced081c743b6d601f31"],
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
    record: [
      "404c2b0ea5f016463a45c5b68dfd26632d440021235e29e0e4e75f958d9655b9",
      "975a703cbdf19e5511cc975d92795abf279e9c8d790c49f8a5508d4e3b0e78b4",
      "66730bc78e4f9e89f6219b22607668ba59a1b18d732b4b04d10de2549945ec0b",
      "430c6d5a5061ed670ccf678f067fbdfeb23bea08736bc16bc16bb4d04591aaa8",
      "8b68bd12fde1dcf1e7f22c673892cbf8fcfa2861f94333022242b4e92314806e",
    ],
  }],
};
