"""The PyTorch half of the benchmark, driven over standard input and output, one JSON text a line.

It starts with {"ready": true, "versions", "threads", "variants"}. Then it answers

    {"case": {"depth": 16, "width": 1, "batch": 128}, "variant": "eager", "steps": 10}

with the same and "times", the milliseconds of each whole training step: forward, loss, backward and
SGD on one resident batch. "teacherDepth" and "teacherWidth" in the case add a teacher, whose passes
are in the step. "network" is "wrn", wide ResNets on CIFAR's images, where it is left out; with "resnet" a
ResNet is trained on ImageNet's, and its teacher is a folded one. The weights of the terms, all 0 where
left out:

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

{"memory": true} is answered with "peakBytes", the peak resident memory of the process; on Linux only.
What cannot be done is answered with "error". The end of standard input ends it.
"""

import argparse
import json
import platform
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch

# The functions that the golden numbers come from, so that what is timed is what is compared.
sys.path.append(str(Path(__file__).parent.parent / "tests" / "fixtures"))
from fixed_shape_losses import decoupled_distillation_loss, relational_distillation_loss
from gradient_losses import (
    activation_transfer_loss,
    flip,
    frozen_input_gradient,
    gradient_attention_loss,
    gradient_symmetry_loss,
    input_gradient,
    loss_of_images,
)
from more_losses import similarity_preserving_loss
from reference import (
    BLOCK_WIDTHS,
    attention_transfer_loss,
    distillation_term,
    fold_res_net,
    folded_res_net,
    init_res_net,
    init_wide_resnet,
    is_running_statistic,
    res_net,
    smooth_images,
    wide_resnet,
)

VARIANTS = ("eager", "channels_last", "compile")
WARM_UP_STEPS = 2
TEACHER_WEIGHTS = (
    "alpha",
    "beta",
    "activationBeta",
    "gradientBeta",
    "similarityBeta",
    "decoupledBeta",
    "relationalBeta",
)
GRADIENT_WEIGHTS = ("gradientBeta", "gradientSymmetryBeta")
DEFAULTS = {
    "network": "wrn",
    "batch": 128,
    "temperature": 4,
    **dict.fromkeys(TEACHER_WEIGHTS + GRADIENT_WEIGHTS, 0),
}
FIELDS = {"depth", "width", "sge", "teacherDepth", "teacherWidth", *DEFAULTS}


class Networks(NamedTuple):
    """What the networks of a case are, and for which images."""

    image_size: int
    num_classes: int
    init_student: Callable
    student: Callable
    init_teacher: Callable
    teacher: Callable


def init_folded_res_net(*arguments):
    return fold_res_net(init_res_net(*arguments))


def folded_teacher(images, params, depth, training):
    """Its parameters tell the depth, and it has nothing that differs in training."""
    return folded_res_net(images, params)


NETWORKS = {
    "wrn": Networks(32, 10, init_wide_resnet, wide_resnet, init_wide_resnet, wide_resnet),
    "resnet": Networks(224, 1000, init_res_net, res_net, init_folded_res_net, folded_teacher),
}


def check(case):
    unknown = sorted(case.keys() - FIELDS)
    if unknown:
        raise ValueError(f"unknown in the case: {', '.join(unknown)}")
    if case.get("network", "wrn") not in NETWORKS:
        raise ValueError(f"unknown network: {case['network']}")
    untaught = [name for name in TEACHER_WEIGHTS if case.get(name)]
    if untaught and "teacherDepth" not in case:
        raise ValueError(f"needs a teacher: {', '.join(untaught)}")


def place(params, memory_format):
    return {
        key: value.to(memory_format=memory_format) if value.dim() == 4 else value
        for key, value in params.items()
    }


def is_second_order(case):
    return any(case[name] for name in GRADIENT_WEIGHTS)


def no_gradient(loss_of_input, x):
    return None, loss_of_input(x)[1]


def make_loss(case, input_gradient, frozen_input_gradient):
    """The loss of a step; the running statistics that it is given are changed."""
    networks = NETWORKS[case["network"]]
    by_student = input_gradient if is_second_order(case) else no_gradient
    by_teacher = frozen_input_gradient if case["gradientBeta"] else torch.no_grad()(no_gradient)

    def loss(trained, stats, teacher, images, labels):
        def loss_of(network, params, depth, training):
            return loss_of_images(lambda x: network(x, params, depth, training), labels)

        student_loss = loss_of(networks.student, trained | stats, case["depth"], True)
        of_student, (ce, logits, groups) = by_student(student_loss, images)
        total = (1 - case["alpha"]) * ce
        if case["gradientSymmetryBeta"]:
            apart = {key: value.clone() for key, value in stats.items()}
            mirrored_loss = loss_of(networks.student, trained | apart, case["depth"], True)
            of_flipped, _ = by_student(mirrored_loss, flip(images))
            symmetry = gradient_symmetry_loss(of_student, of_flipped)
            total = total + case["gradientSymmetryBeta"] * symmetry
        if teacher is None:
            return total

        teacher_loss = loss_of(networks.teacher, teacher, case["teacherDepth"], False)
        of_teacher, (_, teacher_logits, teacher_groups) = by_teacher(teacher_loss, images)
        last, teacher_last = groups[-1], teacher_groups[-1]
        filters = [trained.get(projection_key(i)) for i in range(len(groups))]
        terms = {
            "alpha": lambda: distillation_term(logits, teacher_logits, case["temperature"]),
            "beta": lambda: attention_transfer_loss(groups, teacher_groups),
            "activationBeta": lambda: activation_transfer_loss(groups, teacher_groups, filters),
            "gradientBeta": lambda: gradient_attention_loss(of_student, of_teacher),
            "similarityBeta": lambda: similarity_preserving_loss(last, teacher_last),
            "decoupledBeta": lambda: decoupled_distillation_loss(logits, teacher_logits, labels),
            "relationalBeta": lambda: relational_distillation_loss(
                last.mean((2, 3)), teacher_last.mean((2, 3))
            ),
        }
        for name, term in terms.items():
            if case[name]:
                total = total + case[name] * term()
        return total

    return loss


def projection_key(group):
    return f"projection{group}"


def init_projections(student, teacher, generator):
    """The 1x1 filters of the groups whose channels differ."""
    projections = {}
    for group in range(len(BLOCK_WIDTHS)):
        key = f"group{group}.block0.conv1"
        channels, teacher_channels = len(student[key]), len(teacher[key])
        if channels != teacher_channels:
            filters = torch.randn(teacher_channels, channels, 1, 1, generator=generator)
            projections[projection_key(group)] = filters / channels**0.5
    return projections


def make_gradients(case, variant):
    """A function that leaves the gradients of the loss in the trained parameters."""
    if variant == "compile" and is_second_order(case):
        return compiled_second_order(case)
    loss = make_loss(case, input_gradient, frozen_input_gradient)
    if variant == "compile":
        # An error, never a silent return to eager; and no slower kernels for a second batch size.
        loss = torch.compile(loss, fullgraph=True, dynamic=False)
    return lambda *arguments: loss(*arguments).backward()


def compiled_second_order(case):
    """backward() cannot differentiate what is compiled twice, but torch.func within it can."""

    def gradient(loss_of_input, x):
        return torch.func.grad(loss_of_input, has_aux=True)(x)

    loss = make_loss(case, gradient, gradient)

    @torch.compile(fullgraph=True, dynamic=False)
    def gradients(trained, stats, teacher, images, labels):
        def of_trained(trained):
            # torch.func allows no change of what comes from outside.
            updated = {key: value.clone() for key, value in stats.items()}
            return loss(trained, updated, teacher, images, labels), updated

        found, updated = torch.func.grad(of_trained, has_aux=True)(trained)
        for key, value in updated.items():
            stats[key].copy_(value)
        return found

    @torch.no_grad()
    def leave_gradients(trained, *others):
        for key, value in gradients(trained, *others).items():
            trained[key].grad = value

    return leave_gradients


def make_step(case, variant):
    """A function that makes one training step, with all that it needs already in memory."""
    networks = NETWORKS[case["network"]]
    classes, size = networks.num_classes, networks.image_size
    generator = torch.Generator().manual_seed(0)
    memory_format = torch.contiguous_format if variant == "eager" else torch.channels_last

    student = networks.init_student(
        case["depth"], case["width"], classes, generator, case.get("sge")
    )
    teacher = None
    if "teacherDepth" in case:
        teacher = networks.init_teacher(
            case["teacherDepth"], case["teacherWidth"], classes, generator
        )
    if case["activationBeta"]:
        student |= init_projections(student, teacher, generator)
    images = smooth_images(case["batch"], size, generator).to(memory_format=memory_format)
    labels = torch.randint(classes, (case["batch"],), generator=generator)

    student = place(student, memory_format)
    teacher = teacher and place(teacher, memory_format)
    stats = {k: v for k, v in student.items() if is_running_statistic(k)}
    trained = {k: v.requires_grad_() for k, v in student.items() if k not in stats}
    optimizer = torch.optim.SGD(
        trained.values(), lr=0.1, momentum=0.9, weight_decay=5e-4, fused=True
    )
    leave_gradients = make_gradients(case, variant)

    def step():
        optimizer.zero_grad(set_to_none=True)
        leave_gradients(trained, stats, teacher, images, labels)
        optimizer.step()

    return step


def milliseconds(step):
    start = time.perf_counter()
    step()
    return (time.perf_counter() - start) * 1e3


def peak_bytes():
    """Linux's own figure: that of getrusage begins with the memory of the process that started us."""
    [kilobytes] = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(kilobytes) * 1024


def answer(request, prepared):
    if request.get("memory"):
        return {"peakBytes": peak_bytes()}
    variant = request["variant"]
    if variant not in VARIANTS:
        raise ValueError(f"unknown variant: {variant}")
    check(request["case"])
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
