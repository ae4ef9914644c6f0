"""The files that are measured, made from a seed when a case asks for them."""

import functools
import json
import os

import numpy
import torch
from safetensors.numpy import save_file as save_arrays
from x_transformers import Decoder, TransformerWrapper

import timing

SEED = 20261125
RELEASE = "2.31.10"

# What a user of the libraries would write; sys.argv: source, destination.
TORCH_TO_SAFETENSORS = """
import sys, torch
from safetensors.torch import save_file
save_file(torch.load(sys.argv[1], mmap=True, weights_only=True), sys.argv[2], metadata={"format": "pt"})
"""


class Inputs:
    """Files in a folder; each is made once."""

    def __init__(self, folder, is_quick):
        self.folder, self.is_quick = folder, is_quick

    def path(self, name):
        return os.path.join(self.folder, name)

    @property
    def net(self):
        """A decoder whose head is tied to its table: 3.4 GiB in float32."""
        if self.is_quick:
            return decoder(dim=256, depth=4, heads=4, vocabulary=8192, tie_embedding=True)
        return decoder(dim=2048, depth=16, heads=32, vocabulary=50304, tie_embedding=True)

    @functools.cached_property
    def model_pt(self):
        """The decoder as torch saves it."""
        path = self.path("model.pt")
        torch.save(random_state(self.net), path)
        write_configuration(self.net, self.path("model.ligature.json"))
        return path

    @functools.cached_property
    def model_safetensors(self):
        """The decoder as torch and safetensors convert it."""
        path = self.path("model.safetensors")
        timing.python(TORCH_TO_SAFETENSORS, self.model_pt, path)
        return path

    @functools.cached_property
    def many_tensors(self):
        """A safetensors file of 100,000 small tensors, named as the experts of a large model, and their names."""
        path, names = self.path("many.safetensors"), expert_names(1_000 if self.is_quick else 100_000)
        save_arrays({name: numpy.zeros(4, numpy.float32) for name in names}, path)
        return path, names

    @functools.cached_property
    def many_storages(self):
        """A `.pt` of 10,000 small tensors, and their names."""
        path, names = self.path("many.pt"), expert_names(100 if self.is_quick else 10_000)
        torch.save({name: torch.zeros(4) for name in names}, path)
        return path, names


def decoder(dim, depth, heads, vocabulary, rotary=False, **options):
    """The arguments of a TransformerWrapper around a Decoder."""
    layers = dict(dim=dim, depth=depth, heads=heads, attn_dim_head=64, rotary_pos_emb=rotary)
    return dict(num_tokens=vocabulary, max_seq_len=1024, use_abs_pos_emb=not rotary, **options, attn_layers=layers)


def build(net):
    """The model itself, with x-transformers' own initial weights."""
    net = dict(net)
    layers = net.pop("attn_layers")
    torch.manual_seed(SEED)
    return TransformerWrapper(**net, attn_layers=Decoder(**layers)).eval()


def random_state(net):
    """A state dict of random numbers, without the time and memory that building the model takes."""
    with torch.device("meta"):
        shapes = build(net).state_dict()
    generator = torch.Generator().manual_seed(SEED)
    for name in shapes:
        shapes[name] = torch.empty(shapes[name].shape).normal_(0, 0.02, generator=generator)
    return shapes


def write_configuration(net, path):
    """What Ligature reads beside a checkpoint: the same arguments."""
    layers = {"class": "Decoder", **net["attn_layers"]}
    with open(path, "w") as file:
        json.dump({"x_transformers": RELEASE, "class": "TransformerWrapper", **net, "attn_layers": layers}, file)


def expert_names(count):
    """So many names: layers of 25 experts with four tensors each."""
    return [f"model.layers.{i // 100}.mlp.experts.{i // 4 % 25}.w{i % 4}.weight" for i in range(count)]
