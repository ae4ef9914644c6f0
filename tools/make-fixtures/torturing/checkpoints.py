"""Random checkpoints: structures, dtypes, views, sharing, protocols and containers, all legal."""

import argparse
import collections
import random

import numpy as np
import torch

from corpus.safetensors_files import written
from corpus.torch_archive import entries, legacy, records
from corpus.truth import SAFETENSORS_NAME
from corpus.zip_writer import archive, entry

_DTYPES = [one for one, name in SAFETENSORS_NAME.items() if name != "F4"]
_PARTS = ["weight", "bias", "layers", "attn", "to_q", "norm", "γ", "日本", "a b", "running_mean", "emb", "x'y", "10", "2", "_orig_mod", "😀", "Z"]


class Maker:
    """Makes one checkpoint from a seed."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.generator = torch.Generator().manual_seed(seed)
        self.storages, self.count = [], 0

    def _values(self, count, dtype):
        if dtype == torch.bool:
            return torch.randint(0, 2, (count,), generator=self.generator, dtype=torch.bool)
        raw = torch.randint(0, 256, (count * dtype.itemsize,), generator=self.generator, dtype=torch.uint8)
        return raw.view(dtype) if count else torch.empty(0, dtype=dtype)

    def _flat(self):
        if self.storages and self.dice.random() < 0.4:
            return self.dice.choice(self.storages)
        # Repeated values, for deflate to find.
        flat = self._values(self.dice.choice([0, 1, 2, 7, 30, 64, 257]), self.dice.choice(_DTYPES))
        self.storages.append(flat)
        return flat

    def _strided(self, flat):
        rank = self.dice.choice([0, 1, 1, 2, 2, 2, 3, 4, 6])
        room, size, stride = flat.numel() - 1, [], []
        offset = self.dice.randint(0, room) if room >= 0 and self.dice.random() < 0.5 else 0
        room -= offset
        if flat.numel() == 0:
            return flat.as_strided([self.dice.randint(0, 3) for _ in range(rank)] + [0], [self.dice.randint(0, 9) for _ in range(rank + 1)], 0)
        for _ in range(rank):
            step = self.dice.choice([0, 1, 1, 2, 3, 5, 8])
            count = self.dice.randint(0 if self.dice.random() < 0.05 else 1, min(5, room // step + 1) if step else 4)
            size.append(count)
            stride.append(step)
            room -= max(count - 1, 0) * step
        return flat.as_strided(size, stride, offset)

    def tensor(self):
        """A tensor: contiguous, a view, a Parameter, conjugated or negated."""
        flat = self._flat()
        one = flat if self.dice.random() < 0.3 else self._strided(flat)
        if one.dtype == torch.complex64 and self.dice.random() < 0.5:
            one = one.conj()
        if one.dtype in (torch.float32, torch.float16, torch.int32, torch.float64) and self.dice.random() < 0.08:
            one = torch._neg_view(one)
        if one.is_floating_point() and one.dtype.itemsize > 1 and not one.is_neg() and self.dice.random() < 0.2:
            one = torch.nn.Parameter(one, requires_grad=self.dice.random() < 0.5)
        return one

    def _name(self):
        self.count += 1
        return self.dice.choice(_PARTS) + "_" * self.dice.randint(0, 1) + str(self.count)

    def _leaf(self):
        return self.dice.choice([lambda: None, lambda: 5, lambda: -1.5, lambda: "text", lambda: (1, "a"), lambda: b"\x00\xff", lambda: True, lambda: 1 << 70,
                                 lambda: torch.float16, lambda: torch.Size([2, 3]), lambda: {1, 2}, lambda: torch.device("cpu"), lambda: "x" * 300])()

    def _array(self):
        kind = self.dice.choice(["<f4", ">f4", "<f8", ">i2", "u1", "?", "<f2", ">c8", "<i8", "i1"])
        raw = np.random.default_rng(self.dice.randint(0, 1 << 30)).integers(0, 2, (self.dice.randint(0, 4), self.dice.randint(1, 3))).astype(kind)
        return self.dice.choice([raw, np.asfortranarray(raw), raw.T, raw.reshape(-1), np.array(raw.sum()).astype(kind)])

    def tree(self, depth=0):
        """A nested container."""
        width = self.dice.randint(1, 5)
        if depth < 4 and self.dice.random() < 0.25:
            items = [self._item(depth) for _ in range(width)]
            return self.dice.choice([list, tuple])(items)
        kind = self.dice.choice([dict, collections.OrderedDict, lambda pairs: collections.defaultdict(int, pairs)])
        made = kind([(self._name(), self._item(depth)) for _ in range(width)])
        if isinstance(made, collections.OrderedDict) and self.dice.random() < 0.3:
            made._metadata = collections.OrderedDict({"": {"version": 1}})
        return made

    def _item(self, depth):
        roll = self.dice.random()
        if roll < 0.55 or depth > 4:
            return self.tensor()
        if roll < 0.75:
            return self.tree(depth + 1)
        return self._array() if roll < 0.83 else self._leaf()

    def state(self):
        """A flat state dict, as most are."""
        return collections.OrderedDict((self._name(), self.tensor()) for _ in range(self.dice.randint(1, 40)))


def torch_file(maker, value):
    """The pair (bytes, format) of a file that holds the value."""
    dice = maker.dice
    protocol = dice.choice([2, 2, 2, 3, 4, 5])
    if dice.random() < 0.25:
        return legacy(value, protocol=protocol), "pt-legacy"
    offset = dice.choice([0, 0, 7, 94342553230112])
    pickled, storages = records(value, protocol=protocol, key=lambda i: str(offset + i * (64 if offset > 7 else 1)), location=dice.choice(["cpu", "cuda:0", "mps"]))
    options = {"alignment": dice.choice([0, 0, 1, 64, 64, 4096]), "method": dice.choice([0, 0, 8]), "force_zip64": dice.random() < 0.15}
    if not options["force_zip64"]:
        options["descriptor"] = dice.choice([None, None, "32"])
    items = entries(dice.choice(["archive", "model v1 [x]", "日本"]), pickled, storages, order=dice.choice(["1.6", "2.1", "2.1"]), **options)
    if dice.random() < 0.3:
        dice.shuffle(items)
    if dice.random() < 0.2:
        items.append(entry(items[0].name.split(b"/")[0] + b"/extra/note.txt", b"hello"))
    return archive(items, zip64=dice.random() < 0.2, comment=b"note" * dice.randint(0, 2)), "pt"


def safetensors_file(maker):
    """The pair (bytes, tensors) of a safetensors file."""
    tensors = {name: one.detach().resolve_conj().resolve_neg().clone(memory_format=torch.contiguous_format) for name, one in maker.state().items()}
    return written(tensors, maker.dice.choice([None, {"format": "pt"}, {"a": "1", "b": "\n\"é"}])), tensors


def namespace(value):
    """The value inside an object of an unknown class."""
    return argparse.Namespace(held=value, rate=0.1)
