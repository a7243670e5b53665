"""The PyTorch half of the benchmark, driven over standard input and output, one JSON text a line.

It starts with {"ready": true, "versions", "threads", "variants"}. Then it answers

    {"case": {"depth": 16, "width": 1, "batch": 128}, "variant": "eager", "steps": 10}

with the same and "times", the milliseconds of each whole training step: forward, loss, backward and
SGD on one resident batch. "teacherDepth" and "teacherWidth" in the case add a teacher, whose
forward pass is in the step, with "alpha" (KD), "beta" (AT) and "temperature". {"memory": true} is
answered with "peakBytes", the peak resident memory of the process. What cannot be done is answered
with "error". The end of standard input ends it.
"""

import argparse
import json
import platform
import signal
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F

# The functions that the golden numbers come from, so that what is timed is what is compared.
sys.path.append(str(Path(__file__).parent.parent / "tests" / "fixtures"))
from reference import (
    attention_transfer_loss,
    distillation_term,
    init_wide_resnet,
    is_running_statistic,
    smooth_images,
    wide_resnet,
)

VARIANTS = ("eager", "channels_last", "compile")
NUM_CLASSES = 10
IMAGE_SIZE = 32
WARM_UP_STEPS = 2
DEFAULTS = {"batch": 128, "alpha": 0, "beta": 0, "temperature": 4}


def place(params, memory_format):
    return {
        key: value.to(memory_format=memory_format) if value.dim() == 4 else value
        for key, value in params.items()
    }


def make_loss(case):
    alpha, beta, temperature = case["alpha"], case["beta"], case["temperature"]

    def loss(student, teacher, images, labels):
        logits, groups = wide_resnet(images, student, case["depth"], training=True)
        total = (1 - alpha) * F.cross_entropy(logits, labels)
        if teacher is None:
            return total
        with torch.no_grad():
            teacher_logits, teacher_groups = wide_resnet(
                images, teacher, case["teacherDepth"], training=False
            )
        if alpha:
            total = total + alpha * distillation_term(logits, teacher_logits, temperature)
        if beta:
            total = total + beta * attention_transfer_loss(groups, teacher_groups)
        return total

    return loss


def make_step(case, variant):
    """A function that makes one training step, with all that it needs already in memory."""
    generator = torch.Generator().manual_seed(0)
    memory_format = torch.contiguous_format if variant == "eager" else torch.channels_last

    def init(depth, width):
        return place(init_wide_resnet(depth, width, NUM_CLASSES, generator), memory_format)

    student = init(case["depth"], case["width"])
    teacher = None
    if "teacherDepth" in case:
        teacher = init(case["teacherDepth"], case["teacherWidth"])
    images = smooth_images(case["batch"], IMAGE_SIZE, generator).to(memory_format=memory_format)
    labels = torch.randint(NUM_CLASSES, (case["batch"],), generator=generator)

    trainable = [v.requires_grad_() for k, v in student.items() if not is_running_statistic(k)]
    optimizer = torch.optim.SGD(trainable, lr=0.1, momentum=0.9, weight_decay=5e-4, fused=True)
    loss = make_loss(case)
    if variant == "compile":
        # An error, never a silent return to eager; and no slower kernels for a second batch size.
        loss = torch.compile(loss, fullgraph=True, dynamic=False)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss(student, teacher, images, labels).backward()
        optimizer.step()

    return step


def milliseconds(step):
    start = time.perf_counter()
    step()
    return (time.perf_counter() - start) * 1e3


def peak_bytes():
    # Not there on Windows, where only this request fails.
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def answer(request, prepared):
    if request.get("memory"):
        return {"peakBytes": peak_bytes()}
    variant = request["variant"]
    if variant not in VARIANTS:
        raise ValueError(f"unknown variant: {variant}")
    key = (json.dumps(request["case"], sort_keys=True), variant)
    if key not in prepared:
        prepared[key] = make_step(DEFAULTS | request["case"], variant)
    step = prepared[key]
    for _ in range(WARM_UP_STEPS):
        step()
    return {"times": [milliseconds(step) for _ in range(request["steps"])]}


def answer_line(line, prepared):
    request = {}
    try:
        request |= json.loads(line)
        return request | answer(request, prepared)
    # Whatever goes wrong, above all a missing compiler, must not end the other measurements.
    except Exception as error:
        reason = str(error).strip().splitlines() or [""]
        return request | {"error": f"{type(error).__name__}: {reason[0]}"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, help="CPU threads (PyTorch's own choice)")
    threads = parser.parse_args().threads
    # Ctrl-C reaches this process too, and the one that drives it says what there is to say.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if threads is not None:
        torch.set_num_threads(threads)
    ready = {
        "ready": True,
        "versions": {"torch": torch.__version__, "python": platform.python_version()},
        "threads": torch.get_num_threads(),
        "variants": VARIANTS,
    }
    print(json.dumps(ready), flush=True)
    prepared = {}
    for line in sys.stdin:
        print(json.dumps(answer_line(line, prepared)), flush=True)


if __name__ == "__main__":
    main()
