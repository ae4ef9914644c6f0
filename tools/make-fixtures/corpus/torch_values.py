"""fixtures/torch: tensors beside and inside everything else that people pickle."""

import argparse
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import pathlib
import sys
import types
import uuid

import numpy as np
import torch

from .samples import array, random
from .torch_archive import entries, records
from .zip_writer import archive


class _Colour(enum.Enum):
    RED = 1


@dataclasses.dataclass
class _Settings:
    rate: float
    weight: torch.Tensor


class _Slotted:
    __slots__ = ("tensor", "note")


class _Reduced:
    def __init__(self, tensor):
        self.tensor = tensor

    def __reduce__(self):
        return type(self), (self.tensor,)


class _NewArguments(dict):
    def __new__(cls, *args, **kwargs):
        return super().__new__(cls)

    def __getnewargs_ex__(self):
        return (1,), {"k": 2}


_Point = collections.namedtuple("_Point", "x y")


def _house():
    # The classes live in a package that no reader has.
    names = {"Colour": _Colour, "Settings": _Settings, "Slotted": _Slotted, "Reduced": _Reduced, "Point": _Point,
             "NewArguments": _NewArguments}
    sys.modules.setdefault("labs", types.ModuleType("labs"))
    sys.modules["labs.things"] = types.ModuleType("labs.things")
    for name, kind in names.items():
        kind.__module__, kind.__qualname__, kind.__name__ = "labs.things", name, name
        setattr(sys.modules["labs.things"], name, kind)


def _beside(manifest):
    """Non-tensor values next to a state dict."""
    values = {
        "namespace": argparse.Namespace(lr=0.1, layers=[1, 2]), "path": pathlib.PurePosixPath("runs/1"),
        "datetime": [datetime.datetime(2024, 2, 29, 1, 2, 3), datetime.date(2020, 1, 1), datetime.timedelta(1)],
        "uuid": uuid.UUID(int=5), "decimal": decimal.Decimal("1.5"), "fraction": fractions.Fraction(1, 3),
        "complex": 1 + 2j, "range": range(3), "slice": slice(1, None), "enum": _Colour.RED,
        "counter": collections.Counter("aab"), "deque": collections.deque([1], 3), "point": _Point(1, 2),
        "defaultdict": collections.defaultdict(list, a=[1]), "partial": functools.partial(torch.nn.functional.relu),
        "dtype": torch.float16, "device": torch.device("cuda", 1), "size": torch.Size([2, 3]), "layout": torch.strided,
        "qscheme": torch.per_channel_affine, "bytes": b"\x80", "set": {1, 2},
        "new": _NewArguments(a=1), "function": torch.nn.functional.relu, "class": torch.nn.Linear, "numpy_dtype": np.dtype("<f4"),
        "random": np.random.RandomState(1).get_state(legacy=True)[0], "big": 1 << 2100, "negative": -(1 << 63)}
    state = {"weight": random("beside", 2, 2)}
    for protocol in (2, 4):
        torch.save({"state_dict": state, **values}, manifest.path(f"values/beside-{protocol}.pt"), pickle_protocol=protocol)
        manifest.torch(f"values/beside-{protocol}.pt", ["state_dict"], everything=False,
                       notes=f"one of each usual Python value beside the state dict, protocol {protocol}")
    torch.save({"state_dict": state, "rng": {"numpy": np.random.RandomState(3).get_state(), "torch": torch.arange(4).byte(),
                                             "generator": np.random.default_rng(1)}}, manifest.path("values/rng.pt"))
    manifest.torch("values/rng.pt", ["state_dict"], everything=False, notes="numpy random states are opaque")


def _inside(manifest):
    """Tensors inside objects of unknown classes."""
    slotted = _Slotted()
    slotted.tensor, slotted.note = random("slotted", 2), "slots"
    cases = {
        "namespace": argparse.Namespace(weight=random("ns", 2, 3), lr=0.1),
        "dataclass": _Settings(0.5, random("dc", 4)),
        "object-in-dict": {"cfg": argparse.Namespace(anchors=random("an", 3, 2)), "plain": random("pl", 2)},
    }
    for name, value in cases.items():
        manifest.save(f"values/inside-{name}.pt", value, match="content", convertWith=["--select", "."],
                       notes="a tensor among an unknown object's attributes")
    hidden = {"reduced": _Reduced(random("red", 3)), "slots": slotted, "partial": functools.partial(torch.nn.functional.relu, random("part", 2)),
              "point": _Point(random("px", 1), random("py", 2)), "deque": collections.deque([random("dq", 2)]),
              "default": collections.defaultdict(list, k=[random("df", 2)])}
    torch.save(hidden, manifest.path("values/inside-arguments.pt"))
    found = [("a", hidden["reduced"].tensor), ("b", slotted.tensor), ("c", hidden["partial"].args[0]), ("d", hidden["point"].x),
             ("e", hidden["point"].y), ("f", hidden["deque"][0]), ("g", hidden["default"]["k"][0])]
    manifest.values("values/inside-arguments.pt", found, match="content", convertWith=["--select", "."],
                    notes="tensors in REDUCE arguments, slots, partials, named tuples, deques; names are the reader's choice")


def _numpy(manifest):
    arrays = {"f4": array("f4", 2, 3), "fortran": np.asfortranarray(array("fo", 3, 4, dtype="float64")), "zero_d": np.array(2.5),
              "empty": np.zeros((0, 2), "int32"), "big_endian": array("be", 3, dtype=">f4"), "bool": np.array([True, False]),
              "i8": array("i8", 2, dtype="int8"), "u64": array("u64", 2, dtype="uint64"), "c8": array("c8", 2, dtype="complex64"),
              "f2": array("f2", 3, dtype="float16"), "strided": array("st", 4, 4)[::2, 1:], "scalar": np.float32(1.5),
              "scalar_i8": np.int64(-7), "scalar_bool": np.bool_(True), "scalar_be": np.dtype(">i2").type(258)}
    for protocol in (2, 3, 4, 5):
        value = {"weight": random("np", 2, 2), "arrays": arrays, "list": [arrays["f4"], arrays["scalar"]]}
        torch.save(value, manifest.path(f"values/numpy-{protocol}.pt"), pickle_protocol=protocol)
        manifest.torch(f"values/numpy-{protocol}.pt", convertWith=["--select", "."],
                       notes=f"numpy arrays and scalars, protocol {protocol}; --select . takes them all")
    pickled, storages = records({"arrays": arrays, "weight": random("np", 2, 2)})
    pickled = pickled.replace(b"cnumpy._core.multiarray", b"cnumpy.core.multiarray")
    manifest.path("values/numpy-1.pt").write_bytes(archive(entries("archive", pickled, storages, order="2.1", alignment=0)))
    manifest.torch("values/numpy-1.pt", convertWith=["--select", "."], notes="numpy 1's module names (numpy.core.multiarray)")
    unholdable = {"text": np.array(["a", "bc"]), "c16": array("c16", 2, dtype="complex128"), "when": np.array(["2020-01-01"], "M8[D]"),
                  "fields": np.zeros(2, [("a", "f4"), ("b", "i2")]), "objects": np.array([{"a": 1}, None], dtype=object)}
    manifest.save("values/numpy-unholdable.pt", {"state_dict": {"weight": random("nu", 2)}, "extra": unholdable}, ["state_dict"], everything=False,
                   notes="text, structured, datetime and object arrays beside the state dict")


class _Text(str):
    pass


def _keys(manifest):
    """Keys of classes that Python prints as texts."""
    _Text.__module__, _Text.__qualname__, _Text.__name__ = "labs.things", "Text", "Text"
    sys.modules["labs.things"].Text = _Text
    keys = [_Text("weight"), np.str_("bi\u00e4s"), np.float32(0.1), np.float64(1e-7), np.bool_(True), np.int16(-3), torch.device("cuda", 1), torch.device("cpu")]
    value = {key: random(f"key{place}", 2) for place, key in enumerate(keys)}
    for protocol in (2, 4):
        torch.save(value, manifest.path(f"values/keys-{protocol}.pt"), pickle_protocol=protocol)
        manifest.values(f"values/keys-{protocol}.pt", [(str(key), one) for key, one in value.items()],
                        notes=f"a subclass of str, scalars of numpy and devices as keys, protocol {protocol}")


def _containers(manifest):
    loop = {"weight": random("loop", 2)}
    loop["self"] = loop
    inner = [loop]
    inner.append(inner)
    manifest.save("values/cycles.pt", {"state_dict": {"weight": random("cyc", 2)}, "cycle": loop, "list": inner}, ["state_dict"], everything=False,
                  notes="dictionaries and lists that hold themselves")
    shared = {"w": random("sh", 2)}
    manifest.save("values/shared-dict.pt", {"a": shared, "b": shared}, selectAny=["", "."], convertWith=["--select", "."],
                  notes="one dictionary under two keys")
    counter = collections.OrderedDict(zip("ab", [random("oa", 2), random("ob", 2)]))
    counter._metadata = collections.OrderedDict({"": {"version": 1}})
    counter.hidden = random("hidden", 2)
    manifest.save("values/ordered-attributes.pt", counter, everything=False, mayAdd=["hidden"],
                   notes="attributes of an OrderedDict are not its items")


def make(manifest):
    _house()
    _beside(manifest)
    _inside(manifest)
    _numpy(manifest)
    _keys(manifest)
    _containers(manifest)
