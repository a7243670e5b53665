"""The values that `deno task bench --gpu` compares: PyTorch's side of tasks/bench/gpu/parity_values.ts.

    {"parity": {"case": ..., "precision": "float64", "inputs": FILE, "outputs": FILE, "steps": 3}}

reads the parameters of student, teacher and methods, images [N, H * W * 3] and labels from a file, and writes to
another one the student's logits, the loss, its gradients with weight decay, and how some steps change
the parameters. Filters are [out, in, kh, kw] in both. float64 is the truth that others are held against.
"""

import torch

from pytorch_steps import NETWORKS, Training
from tensor_files import read_tensors, write_tensors

WEIGHT_DECAY = 5e-4


def under(prefix, tensors):
    return {
        key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)
    }


def load(target, values, dtype, device):
    for key, value in target.items():
        value.data = values[key].to(device, dtype).contiguous()


def write_parity(request, device):
    precision = request["precision"]
    dtype = torch.float64 if precision == "float64" else torch.float32
    held = read_tensors(request["inputs"])
    training = Training(
        request["case"], "eager", "float32" if precision == "float64" else precision, device=device
    )
    student = under("student/", held) | under("loss/", held)
    load(training.trained | training.stats, student, dtype, device)
    if training.teacher is not None:
        load(training.teacher, under("teacher/", held), dtype, device)
    for group in training.optimizer.param_groups:
        group["lr"] = request["learningRate"]
    state = training.trained | training.stats
    initial = {key: value.detach().clone() for key, value in state.items()}
    size = NETWORKS[training.case["network"]].image_size
    images = held["images"].reshape(-1, size, size, 3).permute(0, 3, 1, 2)
    images = images.to(device, dtype).contiguous()
    labels = held["labels"].long().to(device)
    found = {}
    for step in range(request["steps"]):
        loss, logits = training.step(images, labels)
        if step == 0:
            found |= {"forward/logits": logits, "loss/loss": loss}
            for key, value in training.trained.items():
                found[f"gradients/{key}"] = value.grad + WEIGHT_DECAY * initial[key]
    for key, value in state.items():
        found[f"steps/{key}"] = value.detach() - initial[key]
    write_tensors(request["outputs"], {key: value.float() for key, value in found.items()})
