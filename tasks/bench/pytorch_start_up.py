"""Starts PyTorch, reads CIFAR, makes one training step, and says so.

    python pytorch_start_up.py FOLDER --threads N
        --variant eager | channels_last | compile; --precision float32 | bfloat16

The line it prints, when the step is finished, holds the loss.
"""

import argparse

import torch

from pytorch_epoch import InPlace, read_cifar
from pytorch_steps import PRECISIONS, VARIANTS, Training

TRAIN, TEST, BATCH = 2000, 500, 128


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--variant", choices=VARIANTS, default="eager")
    parser.add_argument("--precision", choices=PRECISIONS, default="float32")
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    train_set, _ = read_cifar(options.folder, TRAIN, TEST)
    training = Training({"depth": 16, "width": 1}, options.variant, options.precision)
    images, labels = next(iter(InPlace(*train_set, BATCH)))
    images = images.contiguous(memory_format=training.memory_format)
    loss, _ = training.step(images, labels)
    print(loss.item(), flush=True)


if __name__ == "__main__":
    main()
