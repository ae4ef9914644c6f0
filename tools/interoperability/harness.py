"""What the cases share: running the command, comparing tensors, registering cases."""

import json
import os
import subprocess
import zlib

import torch

CASES = []


class Mismatch(Exception):
    """Something differs that must not."""


def case(function):
    """Registers a case: a function of (tool, folder, generator)."""
    CASES.append(function)
    return function


class Tool:
    """The built command."""

    def __init__(self, path):
        self.path = os.path.abspath(path)

    def run(self, *words, expect=0, cwd=None):
        result = subprocess.run(
            [self.path, *map(str, words)], capture_output=True, text=True, cwd=cwd)
        if result.returncode != expect:
            raise Mismatch(
                f"ligature {' '.join(map(str, words))}: exit {result.returncode}, expected {expect}: "
                f"{result.stderr.strip() or result.stdout.strip()}")
        return result.stdout

    def convert(self, source, destination, *flags, expect=0):
        return self.run("convert", source, "-o", destination, *flags, expect=expect)

    def json(self, *words):
        return json.loads(self.run(*words, "--json"))

    def json_of(self, *words):
        """The answer, whatever the exit code."""
        return json.loads(subprocess.run([self.path, *map(str, words), "--json"], capture_output=True, text=True).stdout)


def raw(tensor):
    """The bytes of a tensor: contiguous, row-major, little-endian."""
    tensor = tensor.detach().resolve_conj().resolve_neg().contiguous().cpu()
    if tensor.numel() == 0:
        return b""
    return tensor.reshape(-1).view(torch.uint8).numpy().tobytes()


def require(condition, message):
    if not condition:
        raise Mismatch(message)


def require_same(expected, found, where):
    """Both are dictionaries of tensors: same names, dtypes, shapes and bytes."""
    missing, extra = set(expected) - set(found), set(found) - set(expected)
    require(not missing and not extra, f"{where}: missing {sorted(missing)[:5]}, extra {sorted(extra)[:5]}")
    for name, tensor in expected.items():
        other = found[name]
        require(other.dtype == tensor.dtype, f"{where}: {name}: {other.dtype}, expected {tensor.dtype}")
        require(tuple(other.shape) == tuple(tensor.shape),
                f"{where}: {name}: {tuple(other.shape)}, expected {tuple(tensor.shape)}")
        require(raw(other) == raw(tensor), f"{where}: {name}: other values")


def require_identical(expected_path, found_path):
    with open(expected_path, "rb") as a, open(found_path, "rb") as b:
        expected, found = a.read(), b.read()
    if expected == found:
        return
    first = next((i for i, (x, y) in enumerate(zip(expected, found)) if x != y),
                 min(len(expected), len(found)))
    raise Mismatch(f"{found_path}: differs from {expected_path} at byte {first} "
                   f"({len(found)} against {len(expected)} bytes)")


def seed_of(name, seed):
    """A seed of its own for each case, stable from run to run."""
    return seed * 1_000_003 + zlib.crc32(name.encode())
