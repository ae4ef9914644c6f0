"""Models of older releases, migrated: the newest release loads them strictly and computes what they computed."""

import collections
import json
import os

import torch

import graphs
import logits
from harness import Mismatch, case, require
from older_releases import RELEASES, TOLERANCE, models, opened, tolerance
from safetensors import safe_open


def given_to(path):
    """The inputs of a generated model."""
    with safe_open(path, "pt") as file:
        return {key.removeprefix("input."): file.get_tensor(key)
                for key in file.keys() if key.startswith("input.")}


def migrated_difference(tool, folder, path):
    """The largest difference of the newest release's output; None and the reason where it cannot hold the model."""
    _, expected, configuration = opened(path, folder)
    try:
        tool.run("migrate", f"{folder}/model.safetensors", "-o", f"{folder}/new.pt", "--force", "-q")
    except Mismatch as problem:
        if "cannot hold it" not in str(problem):
            raise
        return None, str(problem).split("cannot hold it: ", 1)[1]
    with open(f"{folder}/new.ligature.json") as file:
        call = json.load(file)
    require(call.pop("x_transformers") == logits.xt_version(), "another release")
    model = graphs.build(call).eval()
    model.load_state_dict(torch.load(f"{folder}/new.pt", weights_only=True), strict=True)
    with torch.no_grad():
        found = logits.forward(model, call, given_to(path)).numpy()
    require(found.shape == expected.shape, f"shape {found.shape}, expected {expected.shape}")
    difference = float(abs(found - expected).max()) / max(1.0, float(expected.std()))
    # In units of what float32 allows.
    return difference * TOLERANCE / tolerance(configuration), None


@case
def migrated_models_compute_the_same_in_the_newest_release(tool, folder, generator):
    worst, count, refused = 0.0, 0, collections.Counter()
    for version in RELEASES:
        seed = int(torch.randint(0, 1 << 20, (1,), generator=generator))
        for path in models(version, folder, 5, seed):
            difference, reason = migrated_difference(tool, folder, path)
            if reason:
                refused[reason] += 1
                continue
            require(difference <= TOLERANCE, f"{os.path.basename(path)} (seed {seed}): differs by {difference}")
            worst, count = max(worst, difference), count + 1
    require(count > 0, "every model was refused")
    print(f"        {count} models, largest difference {worst:.1e}; {sum(refused.values())} cannot be held")
