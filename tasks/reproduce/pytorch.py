"""Trains a WideResNet on CIFAR-10 in PyTorch, by the recipe of `deno task cifar`, to compare the two.

The options have the names and defaults of `deno task cifar`, and the run folder gets a log of the same
form. A run that was stopped continues from its last epoch with the same command. Networks and losses
are written after the papers, in tests/fixtures.
"""

import argparse
import hashlib
import json
import math
import os
import platform
import sys
import time
from pathlib import Path

import torch

sys.path.append(str(Path(__file__).parents[1] / "bench"))
from pytorch_epoch import Epochs, read_cifar
from pytorch_steps import VARIANTS, place
from tensor_files import read_tensors

TRAIN, TEST, CLASSES = 50_000, 10_000, 10


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--save", required=True, type=Path, help="run folder")
    parser.add_argument("--teacher-id", type=Path, help="run folder of deno task cifar, or a name in pretrained/")
    parser.add_argument("--dataset", choices=["CIFAR10"], default="CIFAR10")
    parser.add_argument("--dataroot", type=Path, default=Path("data"))
    parser.add_argument("--depth", type=int, default=16)
    parser.add_argument("--width", type=int, default=1)
    parser.add_argument("--alpha", type=float, default=0)
    parser.add_argument("--beta", type=float, default=0)
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--epoch-step", type=whole_numbers, default=[60, 120, 160])
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--lr-decay-ratio", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--variant", choices=VARIANTS, default="channels_last")
    parser.add_argument("--log-terms", action="store_true", help="without effect here")
    return parser.parse_args()


def whole_numbers(text):
    return [int(number) for number in text.split(",")]


def read_teacher(folder):
    """A WideResNet's parameters, depth and width, from a run folder or a name in pretrained/."""
    if not folder.exists():
        folder = Path(__file__).parents[2] / "pretrained" / folder
    params = read_tensors(folder / "model.safetensors")
    blocks = {key.split(".")[1] for key in params if key.startswith("group0.")}
    width = params["group0.block0.conv0"].shape[0] // 16
    return params, 6 * len(blocks) + 4, width


def data_digest(parts):
    """As `dataDigest` of the library."""
    arrays = [
        array
        for images, labels in parts
        for array in (images.permute(0, 2, 3, 1).contiguous(), labels.to(torch.int32))
    ]
    digests = [hashlib.sha256(array.numpy().tobytes()).hexdigest() for array in arrays]
    return hashlib.sha256("".join(digests).encode()).hexdigest()


class Run(Epochs):
    """A run in its folder."""

    def __init__(self, options):
        self.options = options
        case = {"depth": options.depth, "width": options.width}
        if options.teacher_id:
            teacher, depth, width = read_teacher(options.teacher_id)
            case |= {"teacherDepth": depth, "teacherWidth": width}
            case |= {"alpha": options.alpha, "beta": options.beta}
        torch.manual_seed(options.seed)
        data = options.dataroot / "cifar-10-batches-bin"
        if not data.is_dir():
            raise ValueError(f"there is no {data}: name its folder with --dataroot")
        super().__init__(case, options.variant, "float32", data, TRAIN, TEST, options.seed)
        if options.teacher_id:
            self.training.teacher = place(teacher, self.training.memory_format)
        self.start = 0
        options.save.mkdir(parents=True, exist_ok=True)
        self.checkpoint = options.save / "checkpoint.pt"
        if self.checkpoint.exists():
            self.resume()

    def resume(self):
        state = torch.load(self.checkpoint)
        self.start = state["epoch"]
        for key, value in state["params"].items():
            (self.training.trained | self.training.stats)[key].data.copy_(value)
        self.training.optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])

    def train(self):
        self.write("json_start", self.description())
        for epoch in range(self.start, self.options.epochs):
            drops = sum(epoch >= drop for drop in self.options.epoch_step)
            for group in self.training.optimizer.param_groups:
                group["lr"] = self.options.lr * self.options.lr_decay_ratio**drops
            self.epoch = epoch + 1
            self.processor = time.process_time()
            self.run("batches")

    def train_batch(self, images, labels):
        return self.finite("loss", super().train_batch(images, labels))

    def test_batch(self, images, labels):
        return self.finite("test loss", super().test_batch(images, labels))

    def finite(self, name, measured):
        loss = measured[0]
        if not math.isfinite(loss):
            raise ValueError(
                f"Cannot go on training: the {name} is {loss} in epoch {self.epoch}; "
                "try a smaller learning rate, or smaller weights"
            )
        return measured

    def keep(self, figures):
        self.write("json_stats", {
            "epoch": self.epoch,
            **figures,
            "processor_time": time.process_time() - self.processor,
        })
        state = {
            "epoch": self.epoch,
            "params": self.training.trained | self.training.stats,
            "optimizer": self.training.optimizer.state_dict(),
            "random": torch.get_rng_state(),
        }
        unfinished = self.checkpoint.with_suffix(".part")
        torch.save(state, unfinished)
        unfinished.replace(self.checkpoint)
        accuracy = figures["test_acc"]
        print(
            f"epoch {self.epoch}/{self.options.epochs}: test accuracy {accuracy:.2f}%",
            file=sys.stderr,
            flush=True,
        )

    def write(self, kind, values):
        with open(self.options.save / "log.txt", "a") as log:
            log.write(f"{kind}: {json.dumps(values)}\n")

    def description(self):
        threads = torch.get_num_threads()
        return {
            "options": {
                name: str(value) if isinstance(value, Path) else value
                for name, value in vars(self.options).items()
            },
            "engine": f"PyTorch {torch.__version__} ({self.options.variant}), {threads} "
            f"thread{'' if threads == 1 else 's'}, {processor()}",
            "machine": {"os": platform.system(), "python": platform.python_version()},
            "data_digest": data_digest([self.train_set, self.test_set]),
        }


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def main():
    options = parse_arguments()
    torch.set_num_threads(options.threads)
    try:
        Run(options).train()
    except (OSError, ValueError, RuntimeError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
