"""The training steps of tasks/bench/pytorch.py: networks, losses, gradients and update of a case.

A case has the fields that tasks/bench/pytorch.py describes. A variant is a way to run it:

    eager           op by op, images and filters as PyTorch has them by default
    channels_last   op by op, with the channels innermost in memory
    compile         channels_last, and the loss compiled by torch.compile, backward pass included

With precision "bfloat16", the forward passes of student and teacher and the losses are under
torch.autocast, and the parameters are float32 all the same.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch

# The functions that the golden numbers come from, so that what is timed is what is compared.
sys.path.append(str(Path(__file__).parents[2] / "tests" / "fixtures"))
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
from recent_losses import (
    class_attention_loss,
    correlation_distillation_loss,
    init_fusion,
    levels,
    review_loss,
    standardized_term,
)
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

# Every case compiles the same functions anew.
torch._dynamo.config.recompile_limit = 1000

VARIANTS = ("eager", "channels_last", "compile")
PRECISIONS = ("float32", "bfloat16")
TEACHER_WEIGHTS = (
    "alpha",
    "beta",
    "activationBeta",
    "gradientBeta",
    "similarityBeta",
    "decoupledBeta",
    "relationalBeta",
    "correlationBeta",
    "classAttentionBeta",
    "reviewBeta",
)
GRADIENT_WEIGHTS = ("gradientBeta", "gradientSymmetryBeta")
DEFAULTS = {
    "network": "wrn",
    "batch": 128,
    "temperature": 4,
    "standardize": False,
    "kdWeight": 0,
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


def check(case, variant, precision):
    if variant not in VARIANTS:
        raise ValueError(f"unknown variant: {variant}")
    if precision not in PRECISIONS:
        raise ValueError(f"unknown precision: {precision}")
    unknown = sorted(case.keys() - FIELDS)
    if unknown:
        raise ValueError(f"unknown in the case: {', '.join(unknown)}")
    if case.get("network", "wrn") not in NETWORKS:
        raise ValueError(f"unknown network: {case['network']}")
    untaught = [name for name in TEACHER_WEIGHTS if case.get(name)]
    if untaught and "teacherDepth" not in case:
        raise ValueError(f"needs a teacher: {', '.join(untaught)}")


def place(params, memory_format, device="cpu"):
    return {
        key: value.to(device, memory_format=memory_format)
        if value.dim() == 4
        else value.to(device)
        for key, value in params.items()
    }


def is_second_order(case):
    return any(case[name] for name in GRADIENT_WEIGHTS)


def no_gradient(loss_of_input, x):
    return None, loss_of_input(x)[1]


def make_loss(case, precision, input_gradient, frozen_input_gradient):
    """The loss of a step and the student's logits; the running statistics it is given are changed."""
    networks = NETWORKS[case["network"]]
    by_student = input_gradient if is_second_order(case) else no_gradient
    distillation = standardized_term if case["standardize"] else distillation_term
    by_teacher = frozen_input_gradient if case["gradientBeta"] else torch.no_grad()(no_gradient)

    def loss(trained, stats, teacher, images, labels):
        def loss_of(network, params, depth, training):
            return loss_of_images(lambda x: network(x, params, depth, training), labels)

        student_loss = loss_of(networks.student, trained | stats, case["depth"], True)
        of_student, (ce, logits, groups, features) = by_student(student_loss, images)
        total = (1 - case["alpha"]) * ce
        if case["gradientSymmetryBeta"]:
            apart = {key: value.clone() for key, value in stats.items()}
            mirrored_loss = loss_of(networks.student, trained | apart, case["depth"], True)
            of_flipped, _ = by_student(mirrored_loss, flip(images))
            symmetry = gradient_symmetry_loss(of_student, of_flipped)
            total = total + case["gradientSymmetryBeta"] * symmetry
        if teacher is None:
            return total, logits

        teacher_loss = loss_of(networks.teacher, teacher, case["teacherDepth"], False)
        of_teacher, (_, teacher_logits, teacher_groups, teacher_features) = by_teacher(
            teacher_loss, images
        )
        last, teacher_last = groups[-1], teacher_groups[-1]
        filters = [trained.get(projection_key(i)) for i in range(len(groups))]
        terms = {
            "alpha": lambda: distillation(logits, teacher_logits, case["temperature"]),
            "beta": lambda: attention_transfer_loss(groups, teacher_groups),
            "activationBeta": lambda: activation_transfer_loss(groups, teacher_groups, filters),
            "gradientBeta": lambda: gradient_attention_loss(of_student, of_teacher),
            "similarityBeta": lambda: similarity_preserving_loss(last, teacher_last),
            "decoupledBeta": lambda: decoupled_distillation_loss(logits, teacher_logits, labels),
            "correlationBeta": lambda: correlation_distillation_loss(logits, teacher_logits),
            "classAttentionBeta": lambda: class_attention_loss(
                features, trained["fc.weight"], teacher_features, teacher["fc.weight"]
            ),
            "reviewBeta": lambda: review_loss(
                levels(groups, features), levels(teacher_groups, teacher_features), trained
            ),
            "relationalBeta": lambda: relational_distillation_loss(
                last.mean((2, 3)), teacher_last.mean((2, 3))
            ),
        }
        weights = case | {"alpha": case["kdWeight"] or case["alpha"]}
        for name, term in terms.items():
            if case[name]:
                total = total + weights[name] * term()
        return total, logits

    def loss_in_precision(trained, stats, teacher, images, labels):
        with autocast(precision, images.device.type):
            return loss(trained, stats, teacher, images, labels)

    return loss_in_precision


def autocast(precision, device="cpu"):
    return torch.autocast(device, dtype=torch.bfloat16, enabled=precision == "bfloat16")


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


def level_channels(params):
    """Of the groups of a WideResNet and of its features."""
    groups = [len(params[f"group{group}.block0.conv1"]) for group in range(len(BLOCK_WIDTHS))]
    return [*groups, groups[-1]]


def make_gradients(case, variant, precision):
    """A function that leaves the gradients of the loss in the trained parameters; it gives the loss
    and the student's logits."""
    if variant == "compile" and is_second_order(case):
        return compiled_second_order(case, precision)
    loss = first_order_loss(case, variant, precision)

    def leave_gradients(*arguments):
        total, logits = loss(*arguments)
        total.backward()
        return total.detach(), logits.detach()

    return leave_gradients


def first_order_loss(case, variant, precision):
    """A loss that backward() can differentiate."""
    loss = make_loss(case, precision, input_gradient, frozen_input_gradient)
    return compiled(loss) if variant == "compile" else loss


def compiled(f, options=None):
    # An error, never a silent return to eager; and no slower kernels for a second batch size.
    return torch.compile(f, fullgraph=True, dynamic=False, options=options)


def compiled_second_order(case, precision):
    """backward() cannot differentiate what is compiled twice, but torch.func within it can."""

    def gradient(loss_of_input, x):
        return torch.func.grad(loss_of_input, has_aux=True)(x)

    loss = make_loss(case, precision, gradient, gradient)

    def gradients(trained, stats, teacher, images, labels):
        def of_trained(trained):
            # torch.func allows no change of what comes from outside.
            updated = {key: value.clone() for key, value in stats.items()}
            total, logits = loss(trained, updated, teacher, images, labels)
            return total, (total, logits, updated)

        found, (total, logits, updated) = torch.func.grad(of_trained, has_aux=True)(trained)
        for key, value in updated.items():
            stats[key].copy_(value)
        return found, total, logits

    # PyTorch 2.9's fusion of reductions side by side declares a bfloat16 variable twice in C++ here.
    options = {"cpp.max_horizontal_fusion_size": 1} if precision == "bfloat16" else None
    compiled_gradients = compiled(gradients, options)

    @torch.no_grad()
    def leave_gradients(trained, *others):
        found, total, logits = compiled_gradients(trained, *others)
        for key, value in found.items():
            trained[key].grad = value
        return total, logits

    return leave_gradients


class Training:
    """A student in training, perhaps with a teacher, as a case and a variant have it."""

    def __init__(self, case, variant, precision="float32", seed=0, device="cpu"):
        self.case = case = DEFAULTS | case
        self.device = device
        networks = NETWORKS[case["network"]]
        self.generator = generator = torch.Generator().manual_seed(seed)
        self.memory_format = (
            torch.contiguous_format if variant == "eager" else torch.channels_last
        )
        student = networks.init_student(
            case["depth"], case["width"], networks.num_classes, generator, case.get("sge")
        )
        teacher = None
        if "teacherDepth" in case:
            teacher = networks.init_teacher(
                case["teacherDepth"], case["teacherWidth"], networks.num_classes, generator
            )
        if case["activationBeta"]:
            student |= init_projections(student, teacher, generator)
        if case["reviewBeta"]:
            channels = (level_channels(params) for params in (student, teacher))
            student |= init_fusion(*channels, generator)
        student = place(student, self.memory_format, device)
        self.teacher = teacher and place(teacher, self.memory_format, device)
        self.stats = {k: v for k, v in student.items() if is_running_statistic(k)}
        self.trained = {k: v.requires_grad_() for k, v in student.items() if k not in self.stats}
        self.optimizer = make_optimizer(self.trained)
        self.leave_gradients = make_gradients(case, variant, precision)

    def step(self, images, labels):
        """One training step; gives the loss and the student's logits."""
        self.optimizer.zero_grad(set_to_none=True)
        result = self.leave_gradients(self.trained, self.stats, self.teacher, images, labels)
        self.optimizer.step()
        return result


def make_optimizer(trained):
    return torch.optim.SGD(
        trained.values(), lr=0.1, momentum=0.9, weight_decay=5e-4, fused=True
    )


def make_step(case, variant, precision, training_class=Training, **place):
    """A function that makes one training step, with all that it needs already in memory."""
    training = training_class(case, variant, precision, **place)
    batch, generator = training.case["batch"], training.generator
    networks = NETWORKS[training.case["network"]]
    images = smooth_images(batch, networks.image_size, generator)
    images = images.to(training.device, memory_format=training.memory_format)
    labels = torch.randint(networks.num_classes, (batch,), generator=generator)
    labels = labels.to(training.device)
    return lambda: training.step(images, labels)
