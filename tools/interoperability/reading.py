"""The real libraries write, Ligature converts to safetensors, the real library reads that."""

import argparse
import io
import os
import zipfile
from collections import OrderedDict

import numpy
import safetensors.torch
import torch

from harness import case, raw, require, require_same
import samples


def through_safetensors(tool, source, expected, *flags):
    destination = source + ".out.safetensors"
    tool.convert(source, destination, *flags, "--aliases", "copy")
    require_same(expected, safetensors.torch.load_file(destination), source)


@case
def torch_zip_of_each_dtype(tool, folder, generator):
    for dtype in samples.PLAIN + samples.UNTYPED:
        state = {f"t{i}": samples.tensor(generator, dtype, samples.shape(generator)) for i in range(6)}
        path = f"{folder}/{str(dtype).split('.')[1]}.pt"
        torch.save(state, path)
        through_safetensors(tool, path, state)


@case
def torch_views_and_shared_storages(tool, folder, generator):
    state = samples.views(generator)
    for name, options in [("zip", {}), ("legacy", {"_use_new_zipfile_serialization": False})]:
        path = f"{folder}/views.{name}.pt"
        torch.save(state, path, **options)
        through_safetensors(tool, path, {k: v.resolve_conj().resolve_neg() for k, v in state.items()})


@case
def torch_pickle_protocols(tool, folder, generator):
    state = samples.state(generator, ordered=True)
    for protocol in range(2, 6):
        path = f"{folder}/protocol{protocol}.pt"
        torch.save(state, path, pickle_protocol=protocol)
        through_safetensors(tool, path, state)


@case
def torch_module_state_dict_parameters_and_modules(tool, folder, generator):
    torch.manual_seed(samples.integer(generator, 0, 1 << 30))
    model = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8), torch.nn.Flatten(), torch.nn.Linear(8, 4))
    state = model.state_dict()
    torch.save(state, f"{folder}/state.pt")
    through_safetensors(tool, f"{folder}/state.pt", state)
    torch.save(dict(model.named_parameters()), f"{folder}/parameters.pt")
    through_safetensors(tool, f"{folder}/parameters.pt", dict(model.named_parameters()))
    torch.save(model, f"{folder}/module.pt")
    through_safetensors(tool, f"{folder}/module.pt", state)


@case
def training_checkpoints(tool, folder, generator):
    torch.manual_seed(samples.integer(generator, 0, 1 << 30))
    model = torch.nn.Linear(5, 3)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.randn(2, 5)).sum().backward()
    optimizer.step()
    for key in ["state_dict", "model", "model_state_dict", "module", "net", "params_ema"]:
        path = f"{folder}/{key}.ckpt"
        torch.save({"epoch": 3, key: model.state_dict(), "optimizer": optimizer.state_dict(),
                    "args": argparse.Namespace(lr=0.1), "best": numpy.float64(0.5)}, path)
        through_safetensors(tool, path, model.state_dict())


@case
def torchscript_archives(tool, folder, generator):
    torch.manual_seed(samples.integer(generator, 0, 1 << 30))
    model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.BatchNorm1d(4)).eval()
    path = f"{folder}/script.pt"
    torch.jit.save(torch.jit.trace(model, torch.randn(2, 4)), path)
    through_safetensors(tool, path, model.state_dict())


@case
def rezipped_archives(tool, folder, generator):
    state = samples.state(generator)
    buffer = io.BytesIO()
    torch.save(state, buffer)
    for name, method in [("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)]:
        path = f"{folder}/{name}.pt"
        with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(path, "w", method) as target:
            for record in source.namelist():
                target.writestr(record, source.read(record))
        through_safetensors(tool, path, state)


@case
def numpy_archives(tool, folder, generator):
    state = {k: v for k, v in samples.state(generator, dtypes=(
        torch.float32, torch.float64, torch.float16, torch.int64, torch.uint8, torch.bool)).items()}
    arrays = {k: v.numpy() for k, v in state.items()}
    arrays["fortran"] = numpy.asfortranarray(numpy.arange(24, dtype="f4").reshape(4, 6))
    arrays["big"] = numpy.arange(12, dtype=">f4").reshape(3, 4)
    expected = {k: torch.from_numpy(numpy.ascontiguousarray(
        v.astype(v.dtype.newbyteorder("=")))).reshape(v.shape) for k, v in arrays.items()}
    for name, save in [("stored", numpy.savez), ("deflated", numpy.savez_compressed)]:
        save(f"{folder}/{name}.npz", **arrays)
        through_safetensors(tool, f"{folder}/{name}.npz", expected)


@case
def hashes_do_not_depend_on_the_container(tool, folder, generator):
    state = samples.state(generator)
    torch.save(state, f"{folder}/a.pt")
    safetensors.torch.save_file(state, f"{folder}/a.safetensors")
    require(tool.json("hash", f"{folder}/a.pt")["checkpoint"]
            == tool.json("hash", f"{folder}/a.safetensors")["checkpoint"], "the digests differ")
    tool.run("diff", f"{folder}/a.pt", f"{folder}/a.safetensors")
    # One tensor of two names, which save_model stores once.
    model = torch.nn.ModuleList([torch.nn.Linear(3, 3), torch.nn.Linear(3, 3)])
    model[1].weight = model[0].weight
    torch.save(model.state_dict(), f"{folder}/m.pt")
    safetensors.torch.save_model(model, f"{folder}/m.safetensors")
    tool.run("diff", f"{folder}/m.pt", f"{folder}/m.safetensors")
    require(tool.json("hash", f"{folder}/m.pt")["checkpoint"]
            == tool.json("hash", f"{folder}/m.safetensors")["checkpoint"], "the digests of tied models differ")


@case
def parameter_counts(tool, folder, generator):
    from x_transformers import Encoder, TransformerWrapper, XTransformer
    torch.manual_seed(samples.integer(generator, 0, 1 << 30))
    models = {
        "wrapper": TransformerWrapper(num_tokens=64, max_seq_len=32,
                                      attn_layers=Encoder(dim=32, depth=2, heads=4)),
        "tied": XTransformer(dim=32, enc_num_tokens=40, enc_depth=1, enc_heads=2, enc_max_seq_len=16,
                             dec_num_tokens=40, dec_depth=1, dec_heads=2, dec_max_seq_len=16,
                             tie_token_emb=True)}
    for name, model in models.items():
        path = f"{folder}/{name}.pt"
        torch.save(model.state_dict(), path)
        expected = sum(p.numel() for p in model.parameters())
        found = tool.json("count", path)
        require(found["parameters"] == expected, f"{name}: {found['parameters']}, expected {expected}")
        tool.run("count", path, "--expect", expected)
        tool.run("count", path, "--expect", expected + 1, expect=1)
