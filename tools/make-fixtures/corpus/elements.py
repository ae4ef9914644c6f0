"""fixtures/elements: what torch makes of single elements when it converts them."""

import hashlib
import json

import torch

FLOAT8 = {"F8_E5M2": torch.float8_e5m2, "F8_E4M3": torch.float8_e4m3fn, "F8_E8M0": torch.float8_e8m0fnu,
          "F8_E4M3FNUZ": torch.float8_e4m3fnuz, "F8_E5M2FNUZ": torch.float8_e5m2fnuz}
TARGETS = {"F32": torch.float32, "F64": torch.float64, "F16": torch.float16, "BF16": torch.bfloat16}

# Every sign, exponent and upper fraction of a float32 meets these lower halves: at, below and above
# the ties of bfloat16; with the upper fractions they reach those of float16 too.
LOWER_HALVES = [0x0000, 0x0001, 0x0FFF, 0x1000, 0x1001, 0x7FFF, 0x8000, 0x8001, 0xFFFF]


def _table(dtype):
    """The 256 values as float32, in hexadecimal; NaNs alike, for torch itself gives them several forms."""
    values = torch.arange(256, dtype=torch.uint8).view(dtype).float()
    bits = values.view(torch.int32).tolist()
    return ["nan" if value != value else f"{bit & 0xFFFFFFFF:08x}" for value, bit in zip(values.tolist(), bits)]


def _digest(tensor):
    return hashlib.sha256(tensor.contiguous().view(torch.uint8).numpy().tobytes()).hexdigest()


def _without_nan(tensor):
    return torch.where(tensor.isnan(), torch.zeros_like(tensor), tensor)


def _patterns():
    """float32 values: upper halves outermost; NaNs are zero."""
    upper = torch.arange(65536, dtype=torch.int64)[:, None] << 16
    bits = (upper | torch.tensor(LOWER_HALVES)[None, :]).flatten()
    bits = torch.where(bits >= 1 << 31, bits - (1 << 32), bits)
    return _without_nan(bits.to(torch.int32).view(torch.float32))


def _halves(dtype):
    bits = torch.arange(65536, dtype=torch.int64)
    bits = torch.where(bits >= 1 << 15, bits - (1 << 16), bits)
    return _without_nan(bits.to(torch.int16).view(dtype))


def make(root, versions):
    folder = root / "elements"
    folder.mkdir(parents=True, exist_ok=True)
    sources = {"F32": _patterns(), "F16": _halves(torch.float16), "BF16": _halves(torch.bfloat16)}
    digests = [{"from": source, "to": target, "sha256": _digest(values.to(dtype))}
               for source, values in sources.items() for target, dtype in TARGETS.items()]
    content = {**versions, "lowerHalves": LOWER_HALVES,
               "float8": {name: _table(dtype) for name, dtype in FLOAT8.items()}, "digests": digests}
    (folder / "conversions.json").write_text(json.dumps(content, indent=1) + "\n")
