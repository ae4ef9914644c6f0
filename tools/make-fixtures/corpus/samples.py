"""Seeded sample tensors: the same name always gives the same values."""

import zlib

import numpy as np
import torch

SEED = 20250601


def generator(name):
    """A torch generator seeded by a name."""
    return torch.Generator().manual_seed(SEED ^ zlib.crc32(name.encode()))


def random(name, *shape, dtype=torch.float32):
    """Random values over the dtype's useful range; bit patterns for the integer and narrow types."""
    source = generator(name)
    if dtype == torch.bool:
        return torch.randint(0, 2, shape, generator=source, dtype=torch.bool)
    if dtype in (torch.float32, torch.float64, torch.float16, torch.bfloat16):
        return torch.randn(shape, generator=source, dtype=torch.float64).to(dtype)
    if dtype.is_complex:
        half = torch.float64 if dtype == torch.complex128 else torch.float32
        return torch.complex(torch.randn(shape, generator=source, dtype=half),
                             torch.randn(shape, generator=source, dtype=half)).to(dtype)
    width = dtype.itemsize
    count = int(np.prod(shape, dtype=np.int64)) * width
    raw = torch.randint(0, 256, (count,), generator=source, dtype=torch.uint8)
    if not count:
        return torch.empty(shape, dtype=dtype)
    return raw.view(dtype).reshape(shape)


def array(name, *shape, dtype="float32"):
    """Random numpy values, seeded by a name."""
    source = np.random.default_rng(SEED ^ zlib.crc32(name.encode()))
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return np.asarray(source.standard_normal(shape)).astype(kind)
    if kind.kind == "c":
        return np.asarray(source.standard_normal(shape) + 1j * source.standard_normal(shape)).astype(kind)
    if kind.kind == "b":
        return np.asarray(source.integers(0, 2, shape)).astype(kind)
    info = np.iinfo(kind)
    return np.asarray(source.integers(info.min, info.max, shape, dtype=kind.newbyteorder("="))).astype(kind)
