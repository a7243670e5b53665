"""Times torchvision's images: python torchvision_images.py FOLDER --threads 2

Reads a folder of classes as the usual ImageNet training does: decoded by Pillow, cropped at random,
resized to 224, flipped at random, normalised, and gathered in batches. Prints one line of JSON with
the milliseconds of each pass over the folder; a pass before them is not counted.

--variant processes: a DataLoader with so many workers, which stay from one pass to the next.
--variant threads: so many threads in this process; Pillow lets others run while it works.
"""

import argparse
import json
import time
from concurrent.futures import ThreadPoolExecutor

import torch
from torch.utils.data import DataLoader, default_collate
from torchvision import transforms
from torchvision.datasets import ImageFolder

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def make_data_set(folder):
    steps = [
        transforms.RandomResizedCrop(224),
        transforms.RandomHorizontalFlip(),
        transforms.ToTensor(),
        transforms.Normalize(MEAN, STD),
    ]
    return ImageFolder(folder, transforms.Compose(steps))


def in_processes(data_set, workers, batch):
    return DataLoader(
        data_set, batch, shuffle=True, num_workers=workers, persistent_workers=True
    )


class InThreads:
    """Batches made by threads of this process, each batch while the one before is taken."""

    def __init__(self, data_set, workers, batch):
        self.data_set, self.batch = data_set, batch
        self.pool = ThreadPoolExecutor(workers)

    def __iter__(self):
        order = torch.randperm(len(self.data_set)).tolist()
        samples = self.pool.map(self.data_set.__getitem__, order)
        for first in range(0, len(order), self.batch):
            count = min(self.batch, len(order) - first)
            yield default_collate([next(samples) for _ in range(count)])


VARIANTS = {"processes": in_processes, "threads": InThreads}


def milliseconds(batches):
    start = time.perf_counter()
    for _ in batches:
        pass
    return (time.perf_counter() - start) * 1e3


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--variant", choices=VARIANTS, default="processes")
    parser.add_argument("--batch", type=int, default=50)
    parser.add_argument("--passes", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    data_set = make_data_set(options.folder)
    batches = VARIANTS[options.variant](data_set, options.threads, options.batch)
    milliseconds(batches)
    print(json.dumps({"times": [milliseconds(batches) for _ in range(options.passes)]}))


if __name__ == "__main__":
    main()
