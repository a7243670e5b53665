"""A whole epoch of training on CIFAR in PyTorch, as the original attention-transfer code has it.

Written new after https://github.com/szagoruyko/attention-transfer: images are padded by reflection,
cropped and flipped at random and normalised; every step's loss and right answers go into meters; then
the test images are evaluated, a line of figures goes to a log, and parameters and optimiser are saved.

The loaders are PyTorch's ways to get there, the original's first:

    images, N workers    an image at a time, gathered by a DataLoader with so many workers
    batches, N workers   a batch at a time by a few operations on uint8 tensors, in a DataLoader
    batches              the same without a DataLoader
"""

import itertools
import json
import tempfile
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler

from pytorch_steps import NETWORKS, Training, autocast, compiled

SIDE, PAD, RECORD = 32, 4, 1 + 3 * 32 * 32
EVAL_BATCH = 500
MEAN = torch.tensor([125.3, 123.0, 113.9])
STD = torch.tensor([63.0, 62.1, 66.7])


def read_records(paths, count):
    """Images [N, 3, 32, 32] and labels of files of CIFAR-10's binary version, repeated up to a count."""
    files = (torch.frombuffer(bytearray(path.read_bytes()), dtype=torch.uint8) for path in paths)
    records = torch.cat([bytes.view(-1, RECORD) for bytes in files])
    records = records[torch.arange(count) % len(records)]
    return records[:, 1:].reshape(-1, 3, SIDE, SIDE), records[:, 0].long()


def read_cifar(folder, train, test):
    folder = Path(folder)
    train_files = sorted(folder.glob("data_batch_*.bin"))
    return read_records(train_files, train), read_records([folder / "test_batch.bin"], test)


def pad(images):
    return F.pad(images.float(), (PAD, PAD, PAD, PAD), mode="reflect").to(torch.uint8)


class Images(Dataset):
    """Augmented one at a time."""

    def __init__(self, images, labels):
        self.padded, self.labels = pad(images), labels
        self.mean, self.std = MEAN.view(3, 1, 1), STD.view(3, 1, 1)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        top, left, flip = (
            int(torch.randint(n, ())) for n in (2 * PAD + 1, 2 * PAD + 1, 2)
        )
        image = self.padded[index, :, top : top + SIDE, left : left + SIDE]
        if flip:
            image = image.flip(2)
        return (image.float() - self.mean) / self.std, self.labels[index]


class Batches(Dataset):
    """Augmented a whole batch at a time; an index is a list of indices."""

    def __init__(self, images, labels):
        # With the channels innermost, what is gathered are whole pixels.
        self.padded, self.labels = pad(images).permute(0, 2, 3, 1).contiguous(), labels

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, indices):
        indices = torch.as_tensor(indices)
        count = len(indices)
        tops, lefts = torch.randint(2 * PAD + 1, (2, count, 1))
        flips = torch.randint(2, (count, 1), dtype=torch.bool)
        positions = torch.arange(SIDE)
        rows = tops + positions
        columns = lefts + torch.where(flips, SIDE - 1 - positions, positions)
        cropped = self.padded[indices[:, None, None], rows[:, :, None], columns[:, None, :]]
        return normalize(cropped.permute(0, 3, 1, 2)), self.labels[indices]


def normalize(images):
    return images.float().sub_(MEAN.view(3, 1, 1)).div_(STD.view(3, 1, 1))


def in_images(images, labels, batch):
    return {"dataset": Images(images, labels), "batch_size": batch, "shuffle": True}


def in_batches(images, labels, batch):
    data_set = Batches(images, labels)
    sampler = BatchSampler(RandomSampler(data_set), batch, drop_last=False)
    return {"dataset": data_set, "batch_size": None, "sampler": sampler}


def loader(arguments, workers):
    def load(*data):
        own = arguments(*data)
        return DataLoader(num_workers=workers, persistent_workers=workers > 0, **own)

    return load


class InPlace:
    """Batches made where they are asked for."""

    def __init__(self, images, labels, batch):
        self.data_set, self.batch = Batches(images, labels), batch

    def __iter__(self):
        order = torch.randperm(len(self.data_set))
        return (self.data_set[indices] for indices in order.split(self.batch))


LOADERS = {
    "images, 0 workers": loader(in_images, 0),
    "images, 1 worker": loader(in_images, 1),
    "images, 2 workers": loader(in_images, 2),
    "batches, 1 worker": loader(in_batches, 1),
    "batches": InPlace,
}


class Epochs:
    """A run on the first so many images of a folder, one epoch a call of run()."""

    def __init__(self, case, variant, precision, folder, train, test, seed=0):
        self.training = Training(case, variant, precision, seed)
        self.train_set, self.test_set = read_cifar(folder, train, test)
        self.loaded = {}
        evaluate = self.make_evaluate(precision)
        self.evaluate = compiled(evaluate) if variant == "compile" else evaluate
        self.folder = tempfile.TemporaryDirectory()
        self.epoch = itertools.count(1)

    def make_evaluate(self, precision):
        network, depth = NETWORKS["wrn"].student, self.training.case["depth"]

        @torch.no_grad()
        def evaluate(params, images, labels):
            with autocast(precision):
                logits, *_ = network(images, params, depth, False)
                loss = F.cross_entropy(logits, labels, reduction="sum")
            return loss, count_correct(logits, labels)

        return evaluate

    def batches(self, loader):
        if loader not in LOADERS:
            raise ValueError(f"unknown loader: {loader}")
        if loader not in self.loaded:
            self.loaded[loader] = LOADERS[loader](*self.train_set, self.training.case["batch"])
        return self.loaded[loader]

    def run(self, loader):
        start = time.perf_counter()
        trained = [self.train_batch(*batch) for batch in self.batches(loader)]
        middle = time.perf_counter()
        tested = [self.test_batch(*batch) for batch in self.test_batches()]
        end = time.perf_counter()
        times = {"train_time": middle - start, "test_time": end - middle}
        self.keep(means("train", trained) | means("test", tested) | times)

    def train_batch(self, images, labels):
        images = images.contiguous(memory_format=self.training.memory_format)
        loss, logits = self.training.step(images, labels)
        return loss.item() * len(labels), int(count_correct(logits, labels)), len(labels)

    def test_batches(self):
        images, labels = self.test_set
        return zip(images.split(EVAL_BATCH), labels.split(EVAL_BATCH))

    def test_batch(self, images, labels):
        images = normalize(images).contiguous(memory_format=self.training.memory_format)
        params = self.training.trained | self.training.stats
        loss, correct = self.evaluate(params, images, labels)
        return loss.item(), int(correct), len(labels)

    def keep(self, figures):
        folder = Path(self.folder.name)
        epoch = next(self.epoch)
        state = {
            "params": self.training.trained | self.training.stats,
            "optimizer": self.training.optimizer.state_dict(),
            "epoch": epoch,
        }
        torch.save(state, folder / "model.pt7")
        with open(folder / "log.txt", "a") as log:
            log.write("json_stats: " + json.dumps({"epoch": epoch} | figures) + "\n")


def count_correct(logits, labels):
    return (logits.argmax(1) == labels).sum()


def means(name, batches):
    losses, correct, counts = map(sum, zip(*batches))
    return {f"{name}_loss": losses / counts, f"{name}_acc": 100 * correct / counts}
