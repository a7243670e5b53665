"""The PyTorch half of the benchmark, driven over standard input and output, one JSON text a line.

It starts with {"ready": true, "versions", "variants", "loaders"}. Then it answers

    {"case": {"depth": 16, "width": 1, "batch": 128}, "variant": "eager", "steps": 10}

with the same and "times", the milliseconds of each whole training step: forward, loss, backward and
SGD on one resident batch. "precision" is "float32", or "bfloat16" by torch.autocast. "teacherDepth"
and "teacherWidth" in the case add a teacher, whose passes are in the step. "network" is "wrn", wide
ResNets on CIFAR's images, where it is left out; with "resnet" a ResNet is trained on ImageNet's, and
its teacher is a folded one. The weights of the terms, all 0 where left out:

    alpha                  distillation, at "temperature"; cross entropy has 1 - alpha
    beta                   attention maps of all groups
    activationBeta         whole activations of the groups, projected where channels differ
    gradientBeta           gradients to the images
    gradientSymmetryBeta   the student's gradients to the images and to their mirror images
    similarityBeta         similarities within the batch, of the last group
    decoupledBeta          decoupled distillation with its defaults
    relationalBeta         relations within the batch, of the last group's means over positions

"sge" is the number of the student's groups of channels in spatial group-wise enhance; without it,
there is none.

    {"case": ..., "variant": ..., "loader": "batches", "data": {"folder", "train", "test"}, "epochs": 1}

is answered with the milliseconds of whole epochs; the first ever compiles, where the variant does. What
is in them, tasks/bench/pytorch_epoch.py says.
{"memory": true} is answered with "peakBytes", the peak resident memory of the process; on Linux only;
and on a GPU with "deviceBytes", the most that tensors took there.

    {"case": ..., "steps": 50, "block": true}

gives one time, the mean of all steps with one wait for the device at the end. "parity" is described in
tasks/bench/pytorch_parity.py. --device names the device, and --tf32 allows TF32 on it.
What cannot be done is answered with "error". The end of standard input ends it.
"""

import argparse
import functools
import json
import platform
import sys
import time

import torch

from pytorch_epoch import LOADERS, Epochs
from pytorch_parity import write_parity
from pytorch_steps import VARIANTS, check, make_step
from served import peak_bytes, serve

WARM_UP_STEPS = 2


def milliseconds(step):
    start = time.perf_counter()
    step()
    return (time.perf_counter() - start) * 1e3


def wait(device):
    if device == "cuda":
        torch.cuda.synchronize()


def time_block(steps, step, device):
    wait(device)

    def block():
        for _ in range(steps):
            step()
        wait(device)

    return [milliseconds(block) / steps]


def time_steps(request, step, device="cpu"):
    for _ in range(WARM_UP_STEPS):
        step()
    if request.get("block"):
        return time_block(request["steps"], step, device)
    return [milliseconds(step) for _ in range(request["steps"])]


def memory(device):
    on_device = {"deviceBytes": torch.cuda.max_memory_allocated()} if device == "cuda" else {}
    return {"peakBytes": peak_bytes()} | on_device


def answer(request, prepared, device="cpu"):
    if request.get("memory"):
        return memory(device)
    if "parity" in request:
        write_parity(request["parity"], device)
        return {}
    case, variant = request["case"], request["variant"]
    precision, loader = request.get("precision", "float32"), request.get("loader")
    check(case, variant, precision)
    data = request.get("data")
    key = json.dumps([case, variant, precision, data], sort_keys=True)
    if data is None:
        if key not in prepared:
            prepared[key] = make_step(case, variant, precision, device=device)
        return {"times": time_steps(request, prepared[key], device)}
    if key not in prepared:
        prepared[key] = Epochs(case, variant, precision, **data)
    epochs = prepared[key]
    return {"times": [milliseconds(lambda: epochs.run(loader)) for _ in range(request["epochs"])]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, required=True, help="CPU threads")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--tf32", action="store_true", help="lets a GPU round float32 products")
    options = parser.parse_args()
    if options.device == "cuda" and not torch.cuda.is_available():
        sys.exit("this PyTorch sees no GPU")
    torch.set_num_threads(options.threads)
    torch.backends.cuda.matmul.allow_tf32 = options.tf32
    torch.backends.cudnn.allow_tf32 = options.tf32
    ready = {
        "ready": True,
        "versions": {"torch": torch.__version__, "python": platform.python_version()},
        "variants": VARIANTS,
        "loaders": list(LOADERS),
    }
    serve(ready, functools.partial(answer, device=options.device))


if __name__ == "__main__":
    main()
