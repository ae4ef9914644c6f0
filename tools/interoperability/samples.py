"""Random tensors and dictionaries, drawn from a seeded generator."""

from collections import OrderedDict

import torch

PLAIN = [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32,
         torch.int16, torch.int8, torch.uint8, torch.bool, torch.complex64]
UNTYPED = [torch.uint16, torch.uint32, torch.uint64, torch.float8_e4m3fn, torch.float8_e5m2,
           torch.float8_e4m3fnuz, torch.float8_e5m2fnuz, torch.float8_e8m0fnu]


def integer(generator, low, high):
    """An integer of low..<high."""
    return int(torch.randint(low, high, (1,), generator=generator))


def tensor(generator, dtype, shape):
    """A tensor of random bits (booleans 0 and 1), so that NaN and infinities occur."""
    count = 1
    for extent in shape:
        count *= extent
    if dtype == torch.bool:
        return torch.randint(0, 2, shape, generator=generator).bool()
    size = torch.empty(0, dtype=dtype).element_size()
    bits = torch.randint(0, 256, (count * size,), generator=generator, dtype=torch.uint8)
    return bits.view(dtype).reshape(shape) if count else torch.empty(shape, dtype=dtype)


def shape(generator, rank=None):
    rank = integer(generator, 0, 5) if rank is None else rank
    return tuple(integer(generator, 0 if integer(generator, 0, 20) == 0 else 1, 7) for _ in range(rank))


def state(generator, count=24, dtypes=tuple(PLAIN), ordered=False):
    """A flat dictionary of random tensors with names as models have them."""
    result = OrderedDict() if ordered else {}
    for index in range(count):
        name = f"layers.{index // 3}.{['weight', 'bias', 'é.running'][index % 3]}"
        result[name] = tensor(generator, dtypes[integer(generator, 0, len(dtypes))], shape(generator))
    return result


def views(generator):
    """Every kind of view, several over shared storages."""
    base = torch.randn(6, 8, generator=generator)
    flat = torch.randn(64, generator=generator)
    image = torch.randn(2, 3, 4, 5, generator=generator)
    # Two, because torch saves no storage that is seen as two dtypes.
    complex_ = torch.randn(4, 4, generator=generator, dtype=torch.complex64)
    other = torch.randn(4, 4, generator=generator, dtype=torch.complex64)
    return {
        "base": base, "transposed": base.t(), "row": base[2], "column": base[:, 3],
        "stepped": base[::2, 1::3], "corner": base[3:, 5:], "diagonal": base.diagonal(),
        "flat.a": flat[:24].view(4, 6), "flat.b": flat[24:40].view(2, 8), "flat.c": flat[40:],
        "windows": flat.unfold(0, 8, 3), "expanded": flat[:1].expand(7, 5),
        "channels_last": image.contiguous(memory_format=torch.channels_last),
        "permuted": image.permute(3, 1, 0, 2), "tied": base, "scalar": torch.tensor(3.5),
        "empty": torch.empty(0, 4), "conjugated": complex_.conj(), "imaginary": other.conj().imag,
        "strided": torch.as_strided(flat, (3, 4), (5, 2), 7),
    }
