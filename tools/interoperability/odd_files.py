"""Valid files that few programs write: every dtype in every view, shared bytes, keys and arrays of all kinds."""

import os

import numpy
import safetensors.torch
import torch

from harness import case, raw, require, require_identical, require_same
import samples
from reading import through_safetensors

DTYPES = samples.PLAIN + samples.UNTYPED
OPTIMIZERS = ["SGD", "Adam", "RMSprop", "Adagrad", "Adadelta", "Adamax", "NAdam", "ASGD", "Rprop", "Adafactor"]


def views(base):
    """Views of 48 elements that are not packed."""
    matrix = base.view(6, 8)
    return {"turned": matrix.t(), "stepped": matrix[::2, 1::3], "diagonal": matrix.diagonal(), "repeated": base[5:6].expand(3, 4),
            "windows": base.unfold(0, 8, 5), "element": base[9], "none": base[3:3], "deep": base.view((1,) * 64 + (48,))}


@case
def views_of_each_dtype(tool, folder, generator):
    for dtype in DTYPES:
        state = views(samples.tensor(generator, dtype, (48,)))
        for name, options in [("zip", {}), ("legacy", {"_use_new_zipfile_serialization": False})]:
            path = f"{folder}/{str(dtype).split('.')[1]}.{name}.pt"
            torch.save(state, path, **options)
            through_safetensors(tool, path, state)


@case
def views_of_packed_pairs(tool, folder, generator):
    numbers = samples.tensor(generator, torch.uint8, (48,))
    state = {name: view for name, view in views(numbers).items() if name not in ("element", "none")}
    torch.save({name: view.view(torch.float4_e2m1fn_x2) for name, view in state.items()}, f"{folder}/a.pt")
    tool.convert(f"{folder}/a.pt", f"{folder}/a.safetensors", "--aliases", "copy")
    found = safetensors.torch.load_file(f"{folder}/a.safetensors")
    require_same(state, {name: tensor.view(torch.uint8) for name, tensor in found.items()}, "float4_e2m1fn_x2")


@case
def one_storage_of_several_dtypes(tool, folder, generator):
    base = samples.tensor(generator, torch.uint8, (64,))
    state = {"u16": base.view(torch.uint16), "e4m3": base.view(torch.float8_e4m3fn), "u32": base.view(torch.uint32)[3:9],
             "u64": base.view(torch.uint64).view(2, 4).t()}
    os.makedirs(f"{folder}/found")
    torch.save(state, f"{folder}/a.pt")
    tool.convert(f"{folder}/a.pt", f"{folder}/found/a.pt")
    require_identical(f"{folder}/a.pt", f"{folder}/found/a.pt")
    through_safetensors(tool, f"{folder}/a.pt", state)


@case
def keys_of_every_kind(tool, folder, generator):
    keys = [0, -5, (1, "x"), 2.5, None, b"by", 2 ** 70, (), frozenset([1]), 1e30, 1j, numpy.int64(3), numpy.float32(0.1),
            numpy.str_("é"), torch.float32, torch.Size([1, 2]), torch.device("cuda", 1), "a/b", "", " ", "日本", "é", "e\u0301"]
    state = {key: samples.tensor(generator, torch.float32, (place + 1,)) for place, key in enumerate(keys)}
    for protocol in range(2, 6):
        torch.save(state, f"{folder}/{protocol}.pt", pickle_protocol=protocol)
        through_safetensors(tool, f"{folder}/{protocol}.pt", {str(key): tensor for key, tensor in state.items()})


@case
def optimizers_states(tool, folder, generator):
    torch.manual_seed(samples.integer(generator, 0, 1 << 30))
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 2))
    for name in OPTIMIZERS:
        optimizer = getattr(torch.optim, name)(model.parameters(), lr=0.01)
        model(torch.randn(2, 3)).sum().backward()
        optimizer.step()
        state = optimizer.state_dict()["state"]
        expected = {f"optimizer.state.{number}.{key}": value for number, values in state.items()
                    for key, value in values.items() if isinstance(value, torch.Tensor)}
        torch.save({"optimizer": optimizer.state_dict(), "epoch": 1, "model": model.state_dict()}, f"{folder}/{name}.pt")
        through_safetensors(tool, f"{folder}/{name}.pt", model.state_dict())
        expected |= {f"model.{key}": value for key, value in model.state_dict().items()}
        through_safetensors(tool, f"{folder}/{name}.pt", expected, "--select", ".", "--force")


@case
def arrays_that_are_no_tensors(tool, folder, generator):
    numbers = {"w": numpy.arange(6, dtype="f4").reshape(2, 3), "W": numpy.arange(3, dtype=">i8")}
    others = {"words": numpy.array(["a", "bc"]), "records": numpy.zeros(2, [("x", "f4")]), "dates": numpy.array(["2020-01-01"], "M8[D]"),
              "objects": numpy.array([None, {}], dtype=object)}
    numpy.savez(f"{folder}/a.npz", **numbers, **others)
    listed = [tensor["name"] for tensor in tool.json("inspect", f"{folder}/a.npz")["tensors"]]
    require(sorted(listed) == sorted(numbers), f"listed {listed}")
    tool.convert(f"{folder}/a.npz", f"{folder}/refused.safetensors", expect=4)
    tool.convert(f"{folder}/a.npz", f"{folder}/a.safetensors", *[word for name in others for word in ("--exclude", name)])
    found = safetensors.torch.load_file(f"{folder}/a.safetensors")
    for name, array in numbers.items():
        require(raw(found[name]) == array.astype(array.dtype.newbyteorder("<")).tobytes(), f"{name}: other values")
