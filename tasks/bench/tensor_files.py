"""Reads and writes float32 and int32 tensors as safetensors, for machines without that package."""

import json
import struct
from pathlib import Path

import torch

TYPES = {"F32": torch.float32, "I32": torch.int32}
NAMES = {dtype: name for name, dtype in TYPES.items()}


def read_tensors(path):
    data = Path(path).read_bytes()
    [length] = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    values = bytearray(data[8 + length :])

    def tensor(entry):
        if entry["dtype"] not in TYPES:
            raise ValueError(f"expected 32-bit floats or integers, not {entry['dtype']}")
        start, end = entry["data_offsets"]
        dtype = TYPES[entry["dtype"]]
        count = (end - start) // 4
        flat = torch.frombuffer(values, dtype=dtype, offset=start, count=count)
        return flat.reshape(entry["shape"]).clone()

    return {key: tensor(entry) for key, entry in header.items()}


def write_tensors(path, tensors):
    header, parts, offset = {}, [], 0
    for key, value in tensors.items():
        value = value.detach().cpu().contiguous()
        part = value.numpy().tobytes()
        offsets = [offset, offset + len(part)]
        header[key] = {
            "dtype": NAMES[value.dtype],
            "shape": list(value.shape),
            "data_offsets": offsets,
        }
        offset += len(part)
        parts.append(part)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))
