"""fixtures/torch: shared storages, parameters, subclasses, and tensors that are more than strides."""

import collections
import sys
import types

import torch

from .samples import random
from .torch_archive import entries, legacy, plain, records
from .zip_writer import archive


def _sharing(manifest):
    weight = random("tied", 5, 4)
    value = collections.OrderedDict(embed=weight, bias=random("b", 4), head=weight, decoder=weight, turned=weight.t(),
                                    part=weight[1:3], other=random("o", 5, 4))
    manifest.save("sharing/tied.pt", value, notes="three names for one tensor, a transposed view and a slice of it")
    manifest.legacy("sharing/tied-legacy.pt", value)
    copies = {"a": weight, "b": weight.clone(), "zeros1": torch.zeros(4), "zeros2": torch.zeros(4)}
    manifest.save("sharing/equal-not-shared.pt", copies, notes="equal values in separate storages are not aliases")
    raw = random("raw", 16, dtype=torch.uint8)
    value = {"u8": raw, "f32": raw.view(torch.float32), "u16": raw.view(torch.uint16), "e4m3": raw.view(torch.float8_e4m3fn),
             "i64": raw[8:].view(torch.int64)}
    pickled, storages = _reinterpreted(value)
    manifest.path("sharing/one-storage-five-dtypes.pt").write_bytes(
        archive(entries("archive", pickled, storages, order="2.1", alignment=0)))
    manifest.torch("sharing/one-storage-five-dtypes.pt", notes="_rebuild_tensor_v3 with five dtypes over one UntypedStorage")
    young = random("young", 32, dtype=torch.uint8)
    value = {"u16": young.view(torch.uint16), "e4m3": young.view(torch.float8_e4m3fn), "u32": young.view(torch.uint32)[1:5],
             "u64": young.view(torch.uint64).view(2, 2).t()}
    manifest.save("sharing/one-storage-young-dtypes.pt", value, notes="torch.save of one storage as four dtypes that have no typed storage")
    g = {"gen.w": random("g", 3, 3), "gen.b": random("gb", 3)}
    manifest.save("sharing/params-and-ema.pt", {"params": g, "params_ema": dict(g)}, ["params"], selectAny=["params", "params_ema"],
                   notes="BasicSR: params and params_ema share all storages; either may be chosen")
    empties = {"a": torch.empty(0), "b": torch.empty(0, 3, dtype=torch.int64), "c": torch.empty(0).view(0, 7)}
    empties["d"] = empties["a"]
    manifest.save("sharing/empty.pt", empties, notes="empty tensors, two of them one object")


def _reinterpreted(value):
    # torch refuses to save views of one storage under several typed storages; over UntypedStorage it is legal.
    class Untyped:
        def __init__(self, tensor):
            self.tensor = tensor

        def __reduce__(self):
            one = self.tensor
            return torch._utils._rebuild_tensor_v3, (
                one.untyped_storage(), one.storage_offset(), tuple(one.shape), one.stride(), False,
                collections.OrderedDict(), one.dtype)
    return records({key: Untyped(one) for key, one in value.items()})


def _parameters(manifest):
    stateful = torch.nn.Parameter(random("state", 3))
    stateful.note, stateful.extra = "kept by _rebuild_parameter_with_state", random("extra", 2)
    buffer = torch.nn.Buffer(random("buffer", 2))
    value = {"plain": torch.nn.Parameter(random("pp", 2, 2)), "frozen": torch.nn.Parameter(random("pf", 2), requires_grad=False),
             "stateful": stateful, "view": torch.nn.Parameter(random("pv", 4, 3).t()), "buffer": buffer,
             "leaf": random("leaf", 2).requires_grad_()}
    manifest.save("wrapped/parameters.pt", value, everything=False,
                  notes="Parameter, Parameter with state, Buffer, requires_grad")
    manifest.legacy("wrapped/parameters-legacy.pt", value, everything=False)
    manifest.save("wrapped/parameter-in-list.pt", [torch.nn.Parameter(random("list", 2))],
                  notes="a list holding one Parameter")


class _Labelled(torch.Tensor):
    pass


_Labelled.__module__, _Labelled.__qualname__, _Labelled.__name__ = "labs.tensors", "LabelledTensor", "LabelledTensor"


def _subclasses(manifest):
    labelled = random("sub", 3, 2).as_subclass(_Labelled)
    labelled.label, labelled.scale = "rows", random("scale", 3)
    tagged = random("attr", 2)
    tagged.comment = "a plain tensor with an attribute"
    manifest.save("wrapped/subclass.pt", {"labelled": labelled, "tagged": tagged, "plain": random("plain", 2)}, everything=False,
                   notes="_rebuild_from_type_v2: an unknown subclass with state, and a tensor with an attribute")


class _Shell(torch.Tensor):
    """A tensor that is two others: what quantisation libraries make."""

    @staticmethod
    def __new__(cls, packed, scale):
        return torch.Tensor._make_wrapper_subclass(cls, packed.shape, dtype=packed.dtype)

    def __init__(self, packed, scale):
        self.packed, self.scale = packed, scale

    @classmethod
    def __torch_dispatch__(cls, function, types, args=(), kwargs=None):
        raise NotImplementedError(function)

    def __reduce_ex__(self, protocol):
        made_with = (type(self), self.dtype, self.shape, self.stride(), 0, self.layout, self.device, False)
        return torch._utils._rebuild_wrapper_subclass, made_with, {"packed": self.packed, "scale": self.scale}


_Shell.__module__, _Shell.__qualname__, _Shell.__name__ = "labs.tensors", "Shell", "Shell"


def _without_elements(manifest):
    packed, scale, weight = random("packed", 3, 2), random("scale", 3), random("weight", 2, 2)
    torch.save({"shell": _Shell(packed, scale), "weight": weight}, manifest.path("wrapped/shell-state.pt"))
    manifest.values("wrapped/shell-state.pt", [("shell.packed", packed), ("shell.scale", scale), ("weight", weight)],
                    notes="a wrapper subclass whose tensors are in the state that BUILD gives it")
    torch.save({"lazy": torch.nn.UninitializedParameter(), "weight": weight}, manifest.path("wrapped/uninitialised.pt"))
    manifest.values("wrapped/uninitialised.pt", [("weight", weight)], notes="a parameter of a lazy module that has not run yet")


def _more_than_strides(manifest):
    dense = random("sp", 4, 5) * (random("mask", 4, 5) > 0.5)
    cases = {
        "sparse-coo": dense.to_sparse(), "sparse-csr": dense.to_sparse_csr(), "sparse-csc": dense.to_sparse_csc(),
        "sparse-bsr": random("bsr", 4, 4).to_sparse_bsr((2, 2)), "sparse-bsc": random("bsc", 4, 4).to_sparse_bsc((2, 2)),
        "quantised-per-tensor": torch.quantize_per_tensor(random("q", 3, 4), 0.1, 10, torch.quint8),
        "quantised-qint8": torch.quantize_per_tensor(random("q8", 3), 0.2, 0, torch.qint8),
        "quantised-qint32": torch.quantize_per_tensor(random("q32", 3), 0.01, 0, torch.qint32),
        "quantised-per-channel": torch.quantize_per_channel(
            random("qc", 3, 4), torch.tensor([0.1, 0.2, 0.3], dtype=torch.float64), torch.tensor([0, 1, 2]), 0, torch.qint8),
        "nested-tensor": torch.nested.nested_tensor([random("n1", 2, 3), random("n2", 4, 3)]),
        "meta": torch.empty(3, 4, device="meta"),
    }
    for name, tensor in cases.items():
        manifest.save(f"layouts/{name}.pt", {"odd": tensor, "weight": random("weight", 2, 2)}, everything=False,
                       notes="a tensor without plain strided data beside one with: refused by name, or excluded")


def _storages(manifest):
    weight = random("sw", 3, 2)
    value = {"weight": weight, "typed": weight.clone().view(-1)._typed_storage(), "untyped": weight.untyped_storage()}
    # torch.save refuses one storage under two types; older ones did not.
    manifest.path("wrapped/bare-storages.pt").write_bytes(plain(value))
    manifest.torch("wrapped/bare-storages.pt", everything=False, mayAdd=["typed", "untyped"],
                   notes="bare storages as values of the state dict, one shared with a tensor")
    inner = legacy({"inner": random("inner", 2, 3)})

    class Loads:
        def __reduce__(self):
            return torch.storage._load_from_bytes, (inner,)
    manifest.path("wrapped/load-from-bytes.pt").write_bytes(plain({"outer": random("outer", 2), "cached": Loads()}))
    manifest.torch("wrapped/load-from-bytes.pt", optional=["cached.inner"],
                   notes="a nested legacy torch.save inside the pickle")


def make(manifest):
    _sharing(manifest)
    _parameters(manifest)
    sys.modules["labs"], sys.modules["labs.tensors"] = types.ModuleType("labs"), types.ModuleType("labs.tensors")
    sys.modules["labs.tensors"].LabelledTensor = _Labelled
    sys.modules["labs.tensors"].Shell = _Shell
    _subclasses(manifest)
    _without_elements(manifest)
    _more_than_strides(manifest)
    _storages(manifest)
