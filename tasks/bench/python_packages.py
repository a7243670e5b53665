"""Prints the versions of the Python packages that `deno task bench --gpu` compares with, as JSON."""

import importlib
import json


def version(name):
    try:
        return importlib.import_module(name).__version__
    # A package that is there may fail in any way, such as for a library that it lacks.
    except Exception:
        return None


def has_gpu():
    import torch

    return torch.cuda.is_available()


torch_version = version("torch")
found = {
    "torch": torch_version,
    "torchGpu": torch_version is not None and has_gpu(),
    "jax": version("jax"),
}
print(json.dumps(found))
