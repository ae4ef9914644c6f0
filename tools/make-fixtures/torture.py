#!/usr/bin/env python3
"""Makes random checkpoints and random damage: torture.py OUT [--seed N] [--count K] [--damage D] [--large]

Writes OUT/valid and OUT/damaged, each with a manifest for judge.py. Needs the Python of tools/python-env.
"""

import argparse
import json
import pathlib
import random
import sys
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).parent))
warnings.filterwarnings("ignore")

import torch

from corpus.torch_archive import TYPED
from corpus.truth import Manifest, flattened
from corpus.pickle_assembler import state, storage, tensor
from torturing import checkpoints, damage


def make_valid(folder, seed, count):
    """Random valid files, each with its truth."""
    manifest = Manifest(folder / "valid", f"random valid files, seed {seed}")
    for index in range(count):
        maker = checkpoints.Maker(seed * 1_000_003 + index)
        roll = maker.dice.random()
        if roll < 0.2:
            data, tensors = checkpoints.safetensors_file(maker)
            manifest.path(f"{index:05}.safetensors").write_bytes(data)
            manifest.values(f"{index:05}.safetensors", tensors.items(), format="safetensors")
            continue
        flat = roll < 0.5
        value = maker.state() if flat else maker.tree()
        if maker.dice.random() < 0.1:
            value, flat = {"epoch": 3, "state_dict": maker.state(), "other": [1, None]}, True
        data, format_ = checkpoints.torch_file(maker, value)
        name = f"{index:05}.pt"
        manifest.path(name).write_bytes(data)
        nested = isinstance(value, dict) and "state_dict" in value
        facts = {} if flat else {"convertWith": ["--select", "."], "exit": [0, 4] if _has_no_tensor(value) else [0]}
        if format_ == "pt-legacy" and _has_untyped(value):
            # torch cannot read these back from its own legacy streams.
            facts |= {"loaded": value, "exit": [0, 4]}
        manifest.torch(name, ["state_dict"] if nested else None, format=format_, everything=not nested, notes="random", **facts)
    manifest.write(seed=seed, torch=torch.__version__)
    return manifest


def _has_untyped(value):
    return any(isinstance(one, torch.Tensor) and one.dtype not in TYPED for _, one in flattened(value))


def _has_no_tensor(value):
    return not any(True for _ in flattened(value))


def make_damaged(folder, valid, seed, count):
    """Damaged copies of valid files; what may come of each is in the manifest."""
    dice, place, rows = random.Random(seed), folder / "damaged", []
    place.mkdir(parents=True, exist_ok=True)
    sources = [one for one in valid.files if (valid.folder / one["file"]).stat().st_size]
    for index in range(count):
        source, kind = dice.choice(sources), dice.choice(list(damage.KINDS))
        original = (valid.folder / source["file"]).read_bytes()
        data = damage.KINDS[kind](dice, original)
        if data == original:
            continue
        name = f"{index:05}-{kind}-{source['file']}"
        (place / name).write_bytes(data)
        rows.append({"file": name, "class": "damaged", "what": f"{kind} of {source['file']}", "exit": [3, 4] if kind == "cut" else [0, 3, 4]})
    head = {"schema": 1, "about": f"damaged files, seed {seed}", "weight": "", "files": rows}
    (place / "manifest.json").write_text(json.dumps(head, indent=1) + "\n")


def make_large(folder):
    """Sparse files beyond 4 GiB: torch's zip64 quirks, and a safetensors file; a few values of each are asked for."""
    manifest = Manifest(folder / "large", "sparse files beyond 4 GiB")
    count, marks = (5 << 30) // 4, torch.tensor([1.5, -2.5, 3.5, -4.5])
    held = storage(numel=count)
    pickled = state(first=tensor(held, 0, (2, 2), (2, 1)), last=tensor(held, count - 4, (4,), (1,)), far=tensor(held, 0, (2,), (count - 1,)), after=tensor(storage("1"), 0, (4,), (1,)))
    raw = marks.numpy().tobytes()
    _sparse_archive(manifest.path("zip64.pt"), pickled, count * 4, raw)
    found = {"first": marks.view(2, 2), "last": marks, "far": torch.stack([marks[0], marks[3]]), "after": marks}
    manifest.values("zip64.pt", found.items(), notes="a storage of 5 GiB with torch's local zip64 extra, and a header beyond 4 GiB; every CRC is 0")
    header = json.dumps({"big": {"dtype": "U8", "shape": [5 << 30], "data_offsets": [0, 5 << 30]}, "small": {"dtype": "F32", "shape": [4], "data_offsets": [5 << 30, (5 << 30) + 16]}}).encode()
    with open(manifest.path("large.safetensors"), "wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.seek(5 << 30, 1)
        file.write(raw)
    manifest.values("large.safetensors", [("small", marks)], format="safetensors", convertWith=["--include", "small"], notes="one tensor beyond 4 GiB")
    manifest.write()


def _sparse_archive(path, pickled, size, marks):
    import struct
    with open(path, "wb") as file:
        rows = []

        def put(name, length, write):
            offset = file.tell()
            fields = b""
            if length >= 0xFFFFFFFF:
                fields += struct.pack("<QQ", length, 0)
            if offset >= 0xFFFFFFFF:
                fields += struct.pack("<Q", offset)
            extra = struct.pack("<HH", 1, len(fields)) + fields if fields else b""
            pad = -(offset + 30 + len(name) + len(extra) + 4) % 64
            extra += b"FB" + struct.pack("<H", pad) + b"Z" * pad
            file.write(struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 0, 0x0808, 0, 0, 0, 0, 0, 0, len(name), len(extra)) + name + extra)
            write()
            file.write(b"PK\7\x08" + (struct.pack("<IQQ", 0, length, length) if fields else struct.pack("<III", 0, length, length)))
            rows.append((name, length, offset))

        def sparse():
            file.write(marks)
            file.seek(size - 32, 1)
            file.write(marks)
        put(b"big/data.pkl", len(pickled), lambda: file.write(pickled))
        put(b"big/data/0", size, sparse)
        put(b"big/data/1", len(marks), lambda: file.write(marks))
        put(b"big/version", 2, lambda: file.write(b"3\n"))
        start = file.tell()
        for name, length, offset in rows:
            wide = [one for one in (length, length, offset) if one >= 0xFFFFFFFF]
            extra = struct.pack("<HH", 1, 8 * len(wide)) + struct.pack(f"<{len(wide)}Q", *wide) if wide else b""
            short = min(length, 0xFFFFFFFF)
            file.write(struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", 0, 0, 0x0808, 0, 0, 0, 0, short, short, len(name), len(extra), 0, 0, 0, 0, min(offset, 0xFFFFFFFF)) + name + extra)
        end = file.tell()
        file.write(b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 0x031E, 45, 0, 0, len(rows), len(rows), end - start, start))
        file.write(b"PK\6\7" + struct.pack("<IQI", 0, end, 1))
        file.write(b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, len(rows), len(rows), end - start, 0xFFFFFFFF, 0))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--damage", type=int, help="damaged files (default: twice the count)")
    parser.add_argument("--large", action="store_true", help="also sparse files of 5 GiB")
    options = parser.parse_args()
    valid = make_valid(options.out, options.seed, options.count)
    make_damaged(options.out, valid, options.seed, 2 * options.count if options.damage is None else options.damage)
    if options.large:
        make_large(options.out)


main()
