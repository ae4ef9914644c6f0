"""Ligature writes, the real libraries read; where identity is promised, the bytes are compared."""

import json
import os
from collections import OrderedDict

import numpy
import safetensors
import safetensors.torch
import torch

from harness import case, raw, require, require_identical, require_same
import samples


def reloaded(path):
    """A .pt as every reader of it sees it; all must agree."""
    strict = torch.load(path, weights_only=True)
    mapped = torch.load(path, weights_only=True, mmap=True)
    require_same(strict, mapped, f"{path} with mmap")
    return strict


@case
def safetensors_is_byte_identical(tool, folder, generator):
    state = samples.state(generator, count=60, dtypes=tuple(samples.PLAIN + samples.UNTYPED))
    torch.save(state, f"{folder}/a.pt")
    for metadata in [{"format": "pt"}, None]:
        safetensors.torch.save_file(state, f"{folder}/reference.safetensors", metadata=metadata)
        tool.convert(f"{folder}/reference.safetensors", f"{folder}/again.safetensors", "--force")
        require_identical(f"{folder}/reference.safetensors", f"{folder}/again.safetensors")
    safetensors.torch.save_file(state, f"{folder}/reference.safetensors", metadata={"format": "pt"})
    tool.convert(f"{folder}/a.pt", f"{folder}/a.safetensors")
    require_identical(f"{folder}/reference.safetensors", f"{folder}/a.safetensors")


@case
def torch_is_byte_identical(tool, folder, generator):
    kinds = {
        "plain": samples.state(generator, count=30),
        "ordered": samples.state(generator, count=30, ordered=True),
        "untyped": samples.state(generator, count=30, dtypes=tuple(samples.UNTYPED)),
        "views": {k: v for k, v in samples.views(generator).items()},
        "thousand": {f"t{i}": torch.full((2,), float(i)) for i in range(1001)},
        "empty": {},
        "module": torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4)).state_dict(),
    }
    for name, state in kinds.items():
        os.makedirs(f"{folder}/{name}")
        source, destination = f"{folder}/{name}.pt", f"{folder}/{name}/{name}.pt"
        torch.save(state, source)
        if name == "empty":
            continue
        tool.convert(source, destination)
        require_identical(source, destination)
        require_same({k: v for k, v in state.items()}, reloaded(destination), destination)


@case
def torch_from_safetensors_is_byte_identical(tool, folder, generator):
    state = samples.state(generator, count=40, dtypes=tuple(samples.PLAIN + samples.UNTYPED))
    safetensors.torch.save_file(state, f"{folder}/model.safetensors")
    os.makedirs(f"{folder}/reference")
    # Tensors without elements may lie at one address, and torch refuses to save those of two dtypes there.
    loaded = safetensors.torch.load_file(f"{folder}/model.safetensors")
    torch.save({name: tensor.clone() for name, tensor in loaded.items()}, f"{folder}/reference/model.pt")
    tool.convert(f"{folder}/model.safetensors", f"{folder}/model.pt")
    require_identical(f"{folder}/reference/model.pt", f"{folder}/model.pt")
    require_same(state, reloaded(f"{folder}/model.pt"), "model.pt")


@case
def aliases_survive(tool, folder, generator):
    shared = torch.randn(5, 4, generator=generator)
    state = {"decoder.emb": shared, "encoder.emb": shared, "head": torch.randn(3, generator=generator)}
    torch.save(state, f"{folder}/a.pt")
    tool.convert(f"{folder}/a.pt", f"{folder}/b.pt")
    again = reloaded(f"{folder}/b.pt")
    require(again["decoder.emb"].data_ptr() == again["encoder.emb"].data_ptr(), "the alias is gone")
    tool.convert(f"{folder}/a.pt", f"{folder}/meta.safetensors")
    with safetensors.safe_open(f"{folder}/meta.safetensors", "pt") as file:
        require(sorted(file.keys()) == ["decoder.emb", "head"], f"kept {list(file.keys())}")
        require(file.metadata().get("encoder.emb") == "decoder.emb", f"metadata {file.metadata()}")
    tool.convert(f"{folder}/a.pt", f"{folder}/copy.safetensors", "--aliases", "copy")
    require_same(state, safetensors.torch.load_file(f"{folder}/copy.safetensors"), "copy")
    tool.convert(f"{folder}/a.pt", f"{folder}/error.safetensors", "--aliases", "error", expect=3)
    require(not os.path.exists(f"{folder}/error.safetensors"), "an output was left behind")


@case
def tied_model_loads_strictly(tool, folder, generator):
    from x_transformers import XTransformer
    arguments = dict(dim=32, enc_num_tokens=40, enc_depth=1, enc_heads=2, enc_max_seq_len=16,
                     dec_num_tokens=40, dec_depth=1, dec_heads=2, dec_max_seq_len=16, tie_token_emb=True)
    model, other = XTransformer(**arguments), XTransformer(**arguments)
    torch.save(model.state_dict(), f"{folder}/model.pt")
    tool.convert(f"{folder}/model.pt", f"{folder}/model.safetensors")
    missing, unexpected = safetensors.torch.load_model(other, f"{folder}/model.safetensors")
    require(not missing and not unexpected, f"missing {missing}, unexpected {unexpected}")
    require_same(model.state_dict(), other.state_dict(), "load_model")


@case
def casts_round_as_torch_does(tool, folder, generator):
    state = {"a": torch.randn(1000, generator=generator) * 100,
             "b": torch.randn(7, 9, generator=generator, dtype=torch.float64),
             "c": torch.randn(33, generator=generator).bfloat16(), "i": torch.arange(5)}
    torch.save(state, f"{folder}/a.pt")
    for flag, dtype in [("f16", torch.float16), ("bf16", torch.bfloat16), ("f32", torch.float32),
                        ("f64", torch.float64)]:
        tool.convert(f"{folder}/a.pt", f"{folder}/{flag}.safetensors", "--dtype", flag)
        expected = {k: v.to(dtype) if v.is_floating_point() else v for k, v in state.items()}
        require_same(expected, safetensors.torch.load_file(f"{folder}/{flag}.safetensors"), flag)


@case
def float8_casts(tool, folder, generator):
    for dtype in samples.UNTYPED[3:]:
        values = torch.arange(256, dtype=torch.uint8).view(dtype)
        torch.save({"a": values}, f"{folder}/a.pt")
        tool.convert(f"{folder}/a.pt", f"{folder}/a.safetensors", "--dtype", "f32", "--force")
        found = safetensors.torch.load_file(f"{folder}/a.safetensors")["a"]
        expected = values.float()
        same = (found == expected) | (found.isnan() & expected.isnan())
        require(bool(same.all()), f"{dtype}: {(~same).nonzero().flatten().tolist()[:5]}")


@case
def sharding_is_the_hubs(tool, folder, generator):
    from huggingface_hub import save_torch_state_dict
    state = {f"layers.{i}.weight": torch.randn(samples.integer(generator, 1, 4000), generator=generator)
             for i in range(40)}
    torch.save(state, f"{folder}/a.pt")
    os.makedirs(f"{folder}/reference")
    save_torch_state_dict(state, f"{folder}/reference", max_shard_size="30KB")
    tool.convert(f"{folder}/a.pt", f"{folder}/found/", "--to", "safetensors", "--shard-size", "30KB")
    names = sorted(os.listdir(f"{folder}/reference"))
    require(names == sorted(os.listdir(f"{folder}/found")), f"{sorted(os.listdir(f'{folder}/found'))}")
    for name in names:
        require_identical(f"{folder}/reference/{name}", f"{folder}/found/{name}")
    tool.convert(f"{folder}/found", f"{folder}/merged.safetensors")
    require_same(state, safetensors.torch.load_file(f"{folder}/merged.safetensors"), "merged")
    tool.convert(f"{folder}/found", f"{folder}/again/", "--to", "safetensors", "--shard-size", "70KB")
    tool.run("diff", f"{folder}/again", f"{folder}/a.pt")


@case
def transformers_reads_the_shards(tool, folder, generator):
    from transformers import AutoModel, BertConfig, BertModel
    torch.manual_seed(samples.integer(generator, 0, 1 << 30))
    model = BertModel(BertConfig(vocab_size=99, hidden_size=32, num_hidden_layers=2,
                                 num_attention_heads=4, intermediate_size=37))
    model.save_pretrained(f"{folder}/source")
    tool.convert(f"{folder}/source", f"{folder}/sharded/", "--to", "safetensors", "--shard-size", "20KB")
    model.config.save_pretrained(f"{folder}/sharded")
    again = AutoModel.from_pretrained(f"{folder}/sharded")
    require_same(model.state_dict(), again.state_dict(), "from_pretrained")


@case
def npz_is_read_by_numpy(tool, folder, generator):
    dtypes = (torch.float32, torch.float64, torch.float16, torch.int64, torch.uint8, torch.bool,
              torch.complex64)
    state = samples.state(generator, dtypes=dtypes)
    torch.save(state, f"{folder}/a.pt")
    tool.convert(f"{folder}/a.pt", f"{folder}/a.npz")
    with numpy.load(f"{folder}/a.npz") as found:
        require(sorted(found.files) == sorted(state), f"{found.files}")
        for name, tensor in state.items():
            require(found[name].tobytes() == raw(tensor), f"{name}: other values")


@case
def output_does_not_depend_on_threads(tool, folder, generator):
    state = samples.state(generator, count=200)
    torch.save(state, f"{folder}/a.pt")
    for suffix in ["safetensors", "pt"]:
        paths = []
        for threads in (1, 2, 5):
            os.makedirs(f"{folder}/{suffix}{threads}")
            paths.append(f"{folder}/{suffix}{threads}/m.{suffix}")
            tool.convert(f"{folder}/a.pt", paths[-1], "-j", threads)
        require_identical(paths[0], paths[1])
        require_identical(paths[0], paths[2])
