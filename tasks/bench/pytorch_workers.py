"""One of several processes that train together with PyTorch, driven as tasks/bench/pytorch.py is.

They use DistributedDataParallel and gloo. All must be given the same requests. Beside training steps,
of first order only,

    {"allReduce": 250000, "steps": 10}

is answered with the milliseconds of each sum of so many float32 numbers over all processes.
"""

import argparse
import os
import platform
import sys
import tempfile
from datetime import timedelta

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from pytorch import time_steps
from pytorch_steps import VARIANTS, Training, check, first_order_loss, make_optimizer, make_step
from served import serve

# Processes that share their processors may compile for minutes.
PATIENCE = timedelta(minutes=5)


class LossModule(torch.nn.Module):
    """A loss, with parameters and running statistics where DistributedDataParallel looks for them."""

    def __init__(self, loss, trained, stats, teacher):
        super().__init__()
        self.loss, self.trained, self.stats, self.teacher = loss, trained, stats, teacher
        for key, value in trained.items():
            self.register_parameter(key.replace(".", "_"), value)
        for key, value in stats.items():
            self.register_buffer(key.replace(".", "_"), value)

    def forward(self, images, labels):
        return self.loss(self.trained, self.stats, self.teacher, images, labels)


class DistributedTraining(Training):
    """The same training in several processes, each with its own batch."""

    def __init__(self, case, variant, precision="float32", seed=0):
        super().__init__(case, variant, precision, seed)
        self.trained = {k: torch.nn.Parameter(v.detach()) for k, v in self.trained.items()}
        self.optimizer = make_optimizer(self.trained)
        loss = first_order_loss(self.case, variant, precision)
        module = LossModule(loss, self.trained, self.stats, self.teacher)
        together = DistributedDataParallel(module)

        def leave_gradients(trained, stats, teacher, images, labels):
            total, logits = together(images, labels)
            total.backward()
            return total.detach(), logits.detach()

        self.leave_gradients = leave_gradients


def answer(request, prepared):
    if "allReduce" in request:
        numbers = torch.zeros(request["allReduce"])
        return {"times": time_steps(request, lambda: dist.all_reduce(numbers))}
    case, variant = request["case"], request["variant"]
    precision = request.get("precision", "float32")
    check(case, variant, precision)
    key = str([case, variant, precision])
    if key not in prepared:
        prepared[key] = make_step(case, variant, precision, DistributedTraining)
    return {"times": time_steps(request, prepared[key])}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rank", type=int, required=True, help="the place of this one, from 0")
    parser.add_argument("--workers", type=int, required=True, help="the number of processes")
    parser.add_argument("--port", type=int, required=True, help="where they find each other")
    options = parser.parse_args()
    torch.set_num_threads(1)
    # Processes that compile the same at the same time must not read each other's unfinished files.
    folder = tempfile.TemporaryDirectory()
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = folder.name
    if sys.platform == "linux":
        # A machine's own name need not have an address that its processes reach.
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    dist.init_process_group(
        "gloo",
        init_method=f"tcp://127.0.0.1:{options.port}",
        rank=options.rank,
        world_size=options.workers,
        timeout=PATIENCE,
    )
    versions = {"torch": torch.__version__, "python": platform.python_version()}
    serve({"ready": True, "versions": versions, "variants": VARIANTS}, answer)


if __name__ == "__main__":
    main()
