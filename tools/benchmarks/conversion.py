"""Conversions of a large checkpoint, beside `cp` of the same bytes and beside Python."""

import json
import os

import torch
from safetensors import safe_open
from safetensors.torch import load_file

import timing
from bench import case, remove, require, require_identical
from inputs import TORCH_TO_SAFETENSORS

SHARD, LARGER_SHARD = "1GB", "2GB"
SMALL_SHARD, SMALL_LARGER_SHARD = "5MB", "10MB"


@case
def pt_to_safetensors(bench):
    source, target, theirs = bench.inputs.model_pt, bench.path("out.safetensors"), bench.path("theirs.safetensors")
    words = ["convert", source, "-o", target]
    bench.ligature(*words)
    require_identical(bench.inputs.model_safetensors, target)

    def python():
        remove(theirs)
        outcome = timing.python(TORCH_TO_SAFETENSORS, source, theirs)
        remove(theirs)
        return {"torch and safetensors": outcome}

    bench.against_copy(".pt → safetensors", words, source, target, 0.6,
                       rivals=[(python, "torch and safetensors", 0.3)], peak_limit=96)


@case
def safetensors_to_pt(bench):
    source, target, theirs = bench.inputs.model_safetensors, bench.path("out/model.pt"), bench.path("theirs/model.pt")
    for path in target, theirs:
        os.makedirs(os.path.dirname(path), exist_ok=True)
    words = ["convert", source, "-o", target]
    bench.ligature(*words)
    # The archive's name is in it, so both are called the same.
    torch.save(load_file(source), theirs)
    require_identical(theirs, target)
    remove(theirs)
    bench.against_copy("safetensors → .pt", words, source, target, 0.8)


@case
def float32_to_bfloat16(bench):
    source, target = bench.inputs.model_safetensors, bench.path("half.safetensors")
    words = ["convert", source, "-o", target, "--dtype", "bf16"]
    bench.ligature(*words)
    with safe_open(source, "pt") as before, safe_open(target, "pt") as after:
        require(set(before.keys()) == set(after.keys()), "the cast has other names")
        for name in before.keys():
            expected = before.get_tensor(name).to(torch.bfloat16)
            require(torch.equal(expected.view(torch.int16), after.get_tensor(name).view(torch.int16)),
                    f"{name} is cast otherwise than torch does")
    bench.against_copy("float32 → bfloat16", words, source, target, 0.5)


@case
def reshard(bench):
    whole, source, target = bench.inputs.model_safetensors, bench.path("shards/"), bench.path("larger/")
    small, large = (SMALL_SHARD, SMALL_LARGER_SHARD) if bench.is_quick else (SHARD, LARGER_SHARD)
    bench.ligature("convert", whole, "-o", source, "--to", "safetensors", "--shard-size", small)
    words = ["convert", source, "-o", target, "--to", "safetensors", "--shard-size", large]
    bench.ligature(*words)
    for folder in source, target:
        require_shards(whole, folder)
    bench.against_copy(f"shards of {small} → {large}", words, source, target, 0.8)
    remove(source)


def require_shards(whole, folder):
    """The shards that an index names hold the tensors of the whole file."""
    with open(os.path.join(folder, "model.safetensors.index.json")) as file:
        places = json.load(file)["weight_map"]
    require(len(set(places.values())) > 1, f"{folder} holds one shard")
    shards = {name: safe_open(os.path.join(folder, name), "pt") for name in set(places.values())}
    with safe_open(whole, "pt") as expected:
        require(set(expected.keys()) == set(places), f"{folder} has other names")
        for name, place in places.items():
            require(torch.equal(expected.get_tensor(name), shards[place].get_tensor(name)),
                    f"{folder}: {name} has other values")
