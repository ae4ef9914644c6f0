"""Models of older releases of x-transformers: `fit` binds them, `logits` computes what they computed."""

import json
import os
import sys

import numpy
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from harness import Mismatch, case, require

MAKERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "make-fixtures")
sys.path.insert(0, MAKERS)
import releases  # noqa: E402

GENERATOR = os.path.join(MAKERS, "eras.py")
TOLERANCE = 1e-4


def models(version, folder, count, seed):
    """Paths of fresh random models of a release."""
    made = os.path.join(folder, version)
    releases.run(version, GENERATOR, made, "--count", count, "--seed", seed)
    return sorted(os.path.join(made, name) for name in os.listdir(made))


def opened(path, folder):
    """Writes the model, its configuration and its inputs as files; returns the words and the output."""
    words, state, output = [], {}, None
    with safe_open(path, "pt") as file:
        configuration = file.metadata()["configuration"]
        for key in file.keys():
            kind, _, name = key.partition(".")
            if kind == "state":
                state[name] = file.get_tensor(key)
            elif kind == "output":
                output = file.get_tensor(key).numpy()
            else:
                numpy.save(f"{folder}/{name}.npy", file.get_tensor(key).numpy())
                is_id = name.startswith("embed_ids.")
                flag = "--embed-ids" if is_id else f"--{name.replace('_', '-')}"
                prefix = f"{name.split('.', 1)[1]}=" if is_id else ""
                words += [flag, f"{prefix}{folder}/{name}.npy"]
    save_file(state, f"{folder}/model.safetensors")
    with open(f"{folder}/model.ligature.json", "w") as file:
        file.write(configuration)
    return words, output, json.loads(configuration)


def difference(tool, folder, words, expected, model="model"):
    """The largest difference of `logits` from the real output, relative to its spread where that is large."""
    tool.run("logits", f"{folder}/{model}.safetensors", *words, "-o", f"{folder}/out.npy", "--force", "-q")
    found = numpy.load(f"{folder}/out.npy")
    require(found.shape == expected.shape, f"shape {found.shape}, expected {expected.shape}")
    return float(numpy.abs(found - expected).max()) / max(1.0, float(expected.std()))


# One of each era; each takes some seconds.
RELEASES = ["0.24.1", "1.2.0", "1.14.0", "1.19.1", "1.27.16", "1.30.23", "1.44.0", "2.25.4"]


# What a release did by mistake and has no formula here, or what fails only in the library's own forward pass.
REFUSALS = ["no forward pass is built", "residual attention cannot follow"]


def tolerance(configuration):
    """Releases that multiplied cosines by the scale three times make numbers of 1000: float32 is coarser there."""
    release = tuple(int(part) for part in configuration["x_transformers"].split("."))
    is_coarse = "attn_qk_norm" in json.dumps(configuration) and (2, 17, 1) <= release < (2, 25, 5)
    return TOLERANCE * (50 if is_coarse else 1)


@case
def logits_are_those_of_older_releases(tool, folder, generator):
    worst, count = 0.0, 0
    for version in RELEASES:
        seed = int(torch.randint(0, 1 << 20, (1,), generator=generator))
        for path in models(version, folder, 5, seed):
            words, expected, configuration = opened(path, folder)
            name = f"{os.path.basename(path)} (seed {seed})"
            tool.run("fit", f"{folder}/model.safetensors", "-q")
            try:
                found = difference(tool, folder, words, expected)
            except Mismatch as problem:
                if any(refusal in str(problem) for refusal in REFUSALS):
                    continue
                raise Mismatch(f"{name}: {problem}") from None
            require(found <= tolerance(configuration), f"{name}: differs by {found}")
            worst, count = max(worst, found), count + 1
    print(f"        {count} models, largest difference {worst:.1e}")
