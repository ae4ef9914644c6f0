"""fixtures/torch/legacy: streams of old torch, Python 2's pickles, the tar format, TorchScript, shard sets."""

import collections
import io
import json
import pickle
import struct
import tarfile
import zipfile

import torch

from .samples import random
from .torch_archive import Pickler, entries, legacy, records
from .zip_writer import archive, entry


class _Python2(Pickler):
    """Writes what cPickle of Python 2 wrote: byte strings for all text, LONG1 for longs, OrderedDict by pairs."""

    dispatch = dict(Pickler.dispatch)

    def save_str(self, text):
        data = text.encode()
        self.write(b"U" + struct.pack("<B", len(data)) + data if len(data) < 256 else b"T" + struct.pack("<i", len(data)) + data)
        self.memoize(text)

    def save_long(self, number):
        data = pickle.encode_long(number)
        self.write(b"\x8a" + bytes([len(data)]) + data)

    def save_ordered(self, value):
        self.save_reduce(type(value), ([[key, one] for key, one in value.items()],), obj=value)

    dispatch[str], dispatch[int], dispatch[collections.OrderedDict] = save_str, save_long, save_ordered


class _Views(Pickler):
    """Storages as torch 0.3 wrote them: a view of a root storage, named by key, offset and size."""

    def persistent_id(self, value):
        one = super().persistent_id(value)
        if one is None or one[0] != "storage":
            return one
        return (*one[:5], ("view-" + one[2], 2, one[4] - 3))


def _state():
    matrix = random("legacy", 3, 5)
    return collections.OrderedDict([("weight", matrix), ("turned", matrix.t()), ("bias", random("lb", 5, dtype=torch.float64)),
                                    ("steps", torch.tensor(7)), ("tied", matrix)])


def _streams(manifest):
    manifest.path("legacy/python2.pt").write_bytes(legacy({"state_dict": _state(), "text": "x" * 300, "epoch": 1 << 40}, pickler=_Python2))
    manifest.torch("legacy/python2.pt", ["state_dict"], format="pt-legacy", notes="Python 2: SHORT_BINSTRING, BINSTRING, LONG1")
    manifest.path("legacy/big-endian-said.pt").write_bytes(legacy(_state(), little_endian=False))
    manifest.torch("legacy/big-endian-said.pt", format="pt-legacy", notes="sys_info says big-endian; torch ignores it, as the data are always little")
    manifest.path("legacy/cuda.pt").write_bytes(legacy(_state(), location="cuda:1"))
    manifest.torch("legacy/cuda.pt", format="pt-legacy", notes="storages that lived on a GPU")
    manifest.path("legacy/text-keys.pt").write_bytes(legacy(_state(), key=lambda i: "ba"[i % 2] + str(i)))
    manifest.torch("legacy/text-keys.pt", format="pt-legacy", notes="storage keys that are not numbers; data in the order of the key list")
    base = random("views", 20)
    value = {"whole": base[:17], "part": base[4:10].view(2, 3)}
    expected = {"whole": base[2:19], "part": base[6:12].view(2, 3)}
    manifest.path("legacy/storage-views.pt").write_bytes(legacy(value, pickler=_Views))
    manifest.torch("legacy/storage-views.pt", format="pt-legacy", notes="view_metadata (key, offset 2, size 17): tensors of a storage's view")
    loaded = torch.load(manifest.path("legacy/storage-views.pt"), weights_only=False)
    assert all(torch.equal(loaded[key], one) for key, one in expected.items())
    manifest.path("legacy/trailing.pt").write_bytes(legacy(_state()) + b"trailing bytes")
    manifest.torch("legacy/trailing.pt", format="pt-legacy", exit=[0, 4], notes="bytes after the last storage; torch does not look")
    for name, value in {"module": torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1))}.items():
        for index, one in enumerate(value.parameters()):
            one.data = random(f"{name}{index}", *one.shape)
        manifest.legacy(f"legacy/{name}.pt", value, everything=False, notes="a whole module: ('module', class, source file, source)")


def _tar(manifest):
    """The format of 2016: a tar with sys_info, pickle, tensors and storages."""
    data = random("tar", 6)
    tensors = {"weight": data[:6].view(2, 3), "part": data[1:4]}

    def dumped(*values):
        return b"".join(pickle.dumps(value, 2) for value in values)

    class Keys(pickle._Pickler):
        def persistent_id(self, value):
            return next((100 + i for i, one in enumerate(tensors.values()) if one is value), None)
    storages = dumped(1, (7, "cpu", torch.FloatStorage)) + struct.pack("<q", 6) + bytes(data.untyped_storage().tolist()) + dumped([])
    body = dumped(2)
    for index, one in enumerate(tensors.values()):
        body += dumped((100 + index, 7, "torch.FloatTensor")) + struct.pack("<ii", one.dim(), 0)
        body += struct.pack(f"<{one.dim()}q", *one.shape) + struct.pack(f"<{one.dim()}q", *one.stride()) + struct.pack("<q", one.storage_offset())
    pickled = io.BytesIO()
    Keys(pickled, 2).dump(tensors)
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in [("sys_info", dumped({"protocol_version": 1000})), ("pickle", pickled.getvalue()),
                              ("tensors", body), ("storages", storages)]:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    manifest.path("legacy/tar-2016.pt").write_bytes(stream.getvalue())
    manifest.torch("legacy/tar-2016.pt", format="pt-tar", exit=[0, 4], notes="the tar format of torch 0.1.1: read it or name it")


class _Scripted(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = torch.nn.Linear(3, 2)
        self.conv = torch.nn.Conv1d(2, 2, 1, bias=False)
        self.register_buffer("mean", torch.zeros(2, dtype=torch.float64))
        self.names, self.size = ["a", "b"], 5

    def forward(self, x):
        return self.fc(x) + self.mean[0]


def _script(manifest):
    model = _Scripted().eval()
    for name, one in model.state_dict().items():
        one.copy_(random("script" + name, *one.shape, dtype=one.dtype))
    traced = torch.jit.trace(model, random("traced", 1, 3))
    for name, scripted in [("scripted", torch.jit.script(model)), ("traced", traced)]:
        stream = io.BytesIO()
        torch.jit.save(scripted, stream)
        # The debug records name this machine's paths; nothing needs them.
        with zipfile.ZipFile(stream) as zipped:
            kept = [item for item in zipped.infolist() if not item.filename.endswith(".debug_pkl")]
            items = [entry(item.filename, zipped.read(item), method=item.compress_type, alignment=64) for item in kept]
        items = [one for one in items if b"serialization_id" not in one.name]
        code = [one for one in items if one.name.endswith(b".py")]
        for one in code:
            one.data = b"\n".join(line for line in one.data.split(b"\n") if b"/" not in line)
        manifest.path(f"script/{name}.pt").write_bytes(archive(items))
        manifest.torch(f"script/{name}.pt", loaded=dict(model.state_dict()), everything=False, format="torchscript",
                       notes="TorchScript: data/N first, code deflated, constants.pkl; the code is dropped")


def _shards(manifest):
    state = list(_state().items())[:4] + [("final", random("final", 2, 2))]
    for folder, legacy_stream in [("bin-zip", False), ("bin-legacy", True)]:
        halves = [dict(state[:3]), dict(state[3:])]
        names = [f"pytorch_model-{i:05}-of-00002.bin" for i in (1, 2)]
        for name, half in zip(names, halves):
            data = legacy(half) if legacy_stream else archive(entries("archive", *records(half), order="2.1"))
            manifest.path(f"shards/{folder}/{name}").write_bytes(data)
        total = sum(one.numel() * one.element_size() for _, one in state)
        index = {"metadata": {"total_size": total}, "weight_map": {key: name for name, half in zip(names, halves) for key in half}}
        manifest.path(f"shards/{folder}/pytorch_model.bin.index.json").write_text(json.dumps(index, indent=2))
        for source in (f"shards/{folder}", f"shards/{folder}/pytorch_model.bin.index.json"):
            manifest.torch(source, loaded=dict(state), everything=False, format="any", notes="a sharded .bin checkpoint and its index")


def make(manifest):
    _streams(manifest)
    _tar(manifest)
    _script(manifest)
    _shards(manifest)
