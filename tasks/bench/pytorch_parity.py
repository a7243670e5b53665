"""The values that `deno task bench --gpu` compares: PyTorch's side of tasks/bench/gpu/parity_values.ts.

    {"parity": {"case": ..., "precision": "float64", "inputs": FILE, "outputs": FILE, "steps": 3}}

reads the parameters of student and teacher, images and labels from a file, in TensorFlow's layouts, and
writes to another one the student's logits, the loss, its gradients with weight decay, and the
parameters after some steps, in the same layouts. float64 is the truth that others are held against.
"""

import torch

from pytorch_steps import Training
from tensor_files import read_tensors, write_tensors

WEIGHT_DECAY = 5e-4


def under(prefix, tensors):
    return {
        key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)
    }


def of_pytorch(value):
    """Filters from [kh, kw, in, out] to [out, in, kh, kw]."""
    return value.permute(3, 2, 0, 1) if value.dim() == 4 else value


def of_tensorflow(value):
    return value.permute(2, 3, 1, 0) if value.dim() == 4 else value


def load(target, values, dtype, device):
    for key, value in target.items():
        value.data = of_pytorch(values[key]).to(device, dtype).contiguous()


def write_parity(request, device):
    precision = request["precision"]
    dtype = torch.float64 if precision == "float64" else torch.float32
    held = read_tensors(request["inputs"])
    training = Training(
        request["case"], "eager", "float32" if precision == "float64" else precision, device=device
    )
    student = under("student/", held)
    load(training.trained | training.stats, student, dtype, device)
    if training.teacher is not None:
        load(training.teacher, under("teacher/", held), dtype, device)
    for group in training.optimizer.param_groups:
        group["lr"] = request["learningRate"]
    initial = {key: value.detach().clone() for key, value in training.trained.items()}
    images = held["images"].permute(0, 3, 1, 2).to(device, dtype).contiguous()
    labels = held["labels"].long().to(device)
    found = {}
    for step in range(request["steps"]):
        loss, logits = training.step(images, labels)
        if step == 0:
            found |= {"forward/logits": logits, "loss/loss": loss}
            for key, value in training.trained.items():
                found[f"gradients/{key}"] = of_tensorflow(value.grad + WEIGHT_DECAY * initial[key])
    for key, value in (training.trained | training.stats).items():
        found[f"steps/{key}"] = of_tensorflow(value)
    write_tensors(request["outputs"], {key: value.float() for key, value in found.items()})
