"""Writes a file of the form of resnet-34-export.hkl: `python make_resnet34_hkl.py OUT.hkl`.

pip install h5py==3.16.0 numpy==2.4.6 hickle==5.0.3 safetensors==0.8.0

That file, of https://github.com/szagoruyko/functional-zoo, holds a ResNet-34 whose batch norms are
folded into the convolutions. This one has the same keys, shapes and layout, and random numbers; it
is a teacher to try things out with, not to learn from.
"""

import argparse
import math
from pathlib import Path

import h5py
import numpy


def folded_resnet(blocks=(3, 4, 6, 3), width=64, classes=1000, seed=0):
    """Keys and `[out, in, kh, kw]` arrays, as functional-zoo's resnet-34-export.ipynb lists them."""
    rng = numpy.random.default_rng(seed)
    params = {}

    def add(key, *shape, gain=2.0):
        std = math.sqrt(gain / math.prod(shape[1:]))
        params[f"{key}.weight"] = std * rng.standard_normal(shape, numpy.float32)
        params[f"{key}.bias"] = 0.1 * rng.standard_normal(shape[0], numpy.float32)

    add("conv0", width, 3, 7, 7)
    channels = width
    for group, count in enumerate(blocks):
        out = width * 2**group
        for block in range(count):
            base = f"group{group}.block{block}"
            add(f"{base}.conv0", out, channels, 3, 3)
            # Small, for activations would else double from block to block.
            add(f"{base}.conv1", out, out, 3, 3, gain=0.2)
            if channels != out:
                add(f"{base}.conv_dim", out, channels, 1, 1, gain=1.0)
            channels = out
    add("fc", classes, channels, gain=1.0)
    return params


def write_hickle1(file, params):
    """As hickle 1 did: an array, and beside each a text that names its type."""
    file["type"] = [b"dict"]
    for key, value in params.items():
        file[f"data/{key}"] = value
        file[f"data/_{key}"] = [b"ndarray"]


def write_hickle2(file, params):
    """As hickle 2 did: a group for each item, with its array."""
    write_items(file, 2, b"dict", params)


def write_hickle3(file, params):
    """As hickle 3 did: the same, with keys as Python prints them."""
    write_items(file, "3.4.9", b"<type 'dict'>", {repr(key): v for key, v in params.items()})


def write_items(file, version, type_name, items):
    file.attrs.update({"CLASS": "hickle", "VERSION": version, "type": [b"hickle"]})
    group = file.create_group("data_0")
    group.attrs["type"] = [type_name]
    for key, value in items.items():
        item = group.create_group(key)
        item.attrs["type"] = [b"dict_item"]
        item.create_dataset("data_0", data=value).attrs["type"] = [b"ndarray"]


def write_hickle4(file, params):
    """As hickle 4 did, without the pickled types that it also writes."""
    file.attrs.update({"HICKLE_VERSION": "4.0.4", "HICKLE_PYTHON_VERSION": "3.8.0"})
    group = file.create_group("data")
    group.attrs["base_type"] = b"dict"
    for index, (key, value) in enumerate(params.items()):
        item = group.create_group(repr(key))
        item.attrs.update({"base_type": b"dict_item", "key_base_type": b"str", "key_idx": index})
        array = item.create_dataset("data", data=value)
        array.attrs.update({"base_type": b"ndarray", "np_dtype": value.dtype.str})


def write_hickle5(file, params):
    import hickle

    hickle.dump(params, file)


# By version. The export is of early 2017, when hickle was at 2.
LAYOUTS = {
    "1": write_hickle1,
    "2": write_hickle2,
    "3": write_hickle3,
    "4": write_hickle4,
    "5": write_hickle5,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--hickle", choices=LAYOUTS, default="2", help="version (default 2)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--safetensors", type=Path, help="write the same to this file too")
    options = parser.parse_args()

    params = folded_resnet(seed=options.seed)
    with h5py.File(options.out, "w") as file:
        LAYOUTS[options.hickle](file, params)
    if options.safetensors:
        from safetensors.numpy import save_file

        save_file(params, options.safetensors)
    count = sum(value.size for value in params.values())
    print(f"{options.out}: {len(params)} arrays, {count} parameters")


if __name__ == "__main__":
    main()
