"""Writes everything below a fixtures folder: python -m corpus FIXTURES [models torch safetensors malformed elements pickle]."""

import importlib
import pathlib
import platform
import sys
import warnings

warnings.filterwarnings("ignore")

import numpy
import safetensors
import torch

from .samples import SEED
from .truth import Manifest

PARTS = {"models": "models", "safetensors": "safetensors_files", "malformed": "malformed",
         "elements": "elements", "pickle": "pickles"}
TORCH_MODULES = ["torch_tensors", "torch_sharing", "torch_checkpoints", "torch_values",
                 "torch_containers", "torch_legacy", "torch_by_hand", "numpy_files"]


def versions():
    """What a manifest says about its making."""
    return {"seed": SEED, "torch": torch.__version__.split("+")[0], "safetensors": safetensors.__version__,
            "numpy": numpy.__version__, "python": platform.python_version()}


def _torch(root):
    manifest = Manifest(root / "torch", "valid files as torch and its users write them, usual and odd")
    for name in TORCH_MODULES:
        importlib.import_module("." + name, __package__).make(manifest)
    manifest.write(**versions())


def main():
    root = pathlib.Path(sys.argv[1])
    wanted = sys.argv[2:] or ["models", "torch", "safetensors", "malformed", "elements", "pickle"]
    for part in wanted:
        if part == "torch":
            _torch(root)
        else:
            importlib.import_module("." + PARTS[part], __package__).make(root, versions())


main()
