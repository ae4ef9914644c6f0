"""Class i: directories whose index, shards or DCP notes do not fit together."""

import json

import torch

from ..pickle_assembler import harmless, pickle, tensor
from ..safetensors_files import written
from .case import Case, boxed

_INDEX = "model.safetensors.index.json"
_ONE, _TWO = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"


def _shard(**tensors):
    return written({name: torch.full(tuple(shape), 1.5) for name, shape in tensors.items()}, {"format": "pt"})


_FILES = {_ONE: _shard(a=[2], b=[3]), _TWO: _shard(c=[4])}
_MAP = {"a": _ONE, "b": _ONE, "c": _TWO}


def _with(index, files=None, name=_INDEX):
    return {name: index if isinstance(index, (str, bytes)) else json.dumps(index)} | (_FILES if files is None else files)


def _map(weight_map, files=None, size=36):
    return _with({"metadata": {"total_size": size}, "weight_map": weight_map}, files)


def _indexes():
    for slug, index, what in [("not json", "hello", "the index is not JSON"), ("empty", "", "the index is empty"), ("list", "[]", "the index is a list"), ("no map", "{}", "no weight_map"), ("map list", {"weight_map": []}, "weight_map is a list"),
                              ("map numbers", {"weight_map": {"a": 1}}, "a shard that is a number"), ("map null", {"weight_map": None}, "weight_map is null"), ("map nested", {"weight_map": {"a": {"file": _ONE}}}, "a shard that is an object"), ("cut", '{"weight_map":{"a":"' + _ONE, "the index is cut"),
                              ("twice", '{"weight_map":{},"weight_map":{"a":"' + _ONE + '"}}', "weight_map twice"), ("name twice", '{"weight_map":{"a":"' + _ONE + '","a":"' + _TWO + '"}}', "one name with two shards"), ("deep", "[" * 20000, "20,000 open brackets"), ("not utf8", b'{"weight_map":{"\xff":"x"}}', "the index is not UTF-8")]:
        yield slug, _with(index), what, [0, 4] if slug in ("twice", "name twice") else [4]
    yield "empty map", _map({}), "an empty weight_map", [0, 4]
    for slug, target in [("climbs", "../" + _ONE), ("absolute", "/etc/hostname"), ("drive", "C:\\" + _ONE), ("backslash", "..\\" + _ONE), ("folder", "."), ("empty name", ""), ("device", "/dev/zero"), ("other suffix", "pytorch_model.bin"), ("url", "https://example.invalid/model.safetensors"),
                         ("home", "~/model.safetensors"), ("nul", "model\0.safetensors"), ("itself", _INDEX), ("missing", "model-00003-of-00003.safetensors"), ("inner climb", "x/../../" + _ONE)]:
        yield f"shard {slug}", _map(_MAP | {"a": target}), f"a shard named {target!r}", [3, 4]
    yield "tensor missing", _map(_MAP | {"d": _TWO}), "the index names a tensor that no shard has", [4]
    yield "tensor elsewhere", _map(_MAP | {"a": _TWO}), "the index names the wrong shard", [0, 4]
    yield "tensor unlisted", _map({"a": _ONE, "c": _TWO}), "a shard holds a tensor that the index does not name", [0, 4]
    yield "size lies", _map(_MAP, size=1), "total_size is wrong", [0, 4]
    yield "size text", _map(_MAP, size="many"), "total_size is text", [0, 4]
    yield "shard gone", _map(_MAP, {_ONE: _FILES[_ONE]}), "a shard is missing", [4]
    yield "shard cut", _map(_MAP, _FILES | {_TWO: _FILES[_TWO][:-3]}), "a shard is cut", [4]
    yield "shard pointer", _map(_MAP, _FILES | {_TWO: b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 120\n"}), "a shard is an LFS pointer", [4]
    yield "shard html", _map(_MAP, _FILES | {_TWO: b"<!DOCTYPE html><html><body>404</body></html>"}), "a shard is an HTML page", [4]
    yield "same name twice", _map(_MAP, {_ONE: _FILES[_ONE], _TWO: _shard(c=[4], a=[2])}), "one tensor in two shards", [0, 3, 4]
    yield "no index", dict(_FILES), "numbered shards and no index", [0, 4]
    yield "no index gone", {_ONE: _FILES[_ONE]}, "the first of two shards, no index", [4]
    yield "two models", {"a.safetensors": _shard(a=[2]), "b.safetensors": _shard(b=[2])}, "two models in one directory", [2, 3, 4]
    yield "nothing", {"config.json": "{}"}, "no checkpoint in the directory", [2, 4]
    mixed = {"pytorch_model.bin.index.json": json.dumps({"weight_map": {"weight": "pytorch_model-00001-of-00001.bin"}}), "pytorch_model-00001-of-00001.bin": boxed(pickle({"weight": tensor(), "x": harmless()}))}
    yield "bin with code", mixed, "a .bin shard with a call", [3]
    case = "/" + _INDEX
    yield "index file", _map(_MAP | {"d": _TWO}), "the index file itself, and a tensor that no shard has", [4], case


def _dcp(parts):
    files = {}
    for index, (tensors, offsets, *more) in enumerate(parts, 1):
        text = offsets if isinstance(offsets, str) else json.dumps({name: {"saved_offsets": one} for name, one in offsets.items()})
        meta = {"DCP_SHARDING_INFO": text, "DCP_VERSION": more[0] if more else "1.0", "format": "pt"}
        data = {name: torch.arange(float(torch.Size(shape).numel())).reshape(shape) for name, shape in tensors.items()}
        files[f"shard-{index:05}-model-00001-of-00001.safetensors"] = written(data, meta)
    return files


def _distributed():
    half = ({"w": (2, 4)}, {"w": [0, 0]})
    for slug, parts, what, exits in [
        ("gap", [half, ({"w": (2, 4)}, {"w": [3, 0]})], "rows 2..3 are in no shard", [4]), ("overlap", [half, ({"w": (2, 4)}, {"w": [1, 0]})], "row 1 is in two shards", [4]),
        ("hole", [({"w": (2, 2)}, {"w": [0, 0]}), ({"w": (2, 2)}, {"w": [2, 2]})], "two corners of a square, the others missing", [4]), ("negative", [half, ({"w": (2, 4)}, {"w": [-2, 0]})], "a negative offset", [4]),
        ("huge", [half, ({"w": (2, 4)}, {"w": [1 << 62, 0]})], "an offset of 2^62", [3, 4]), ("wraps", [half, ({"w": (2, 4)}, {"w": [(1 << 63) - 1, 0]})], "an offset that wraps around", [3, 4]), ("beyond", [half, ({"w": (2, 4)}, {"w": [1 << 64, 0]})], "an offset of 2^64", [4]),
        ("rank", [half, ({"w": (2, 4)}, {"w": [2]})], "an offset of another rank", [4]), ("ranks", [half, ({"w": (8,)}, {"w": [0]})], "pieces of different rank", [4]), ("text", [({"w": (2, 4)}, "hello")], "the notes are not JSON", [4]), ("list", [({"w": (2, 4)}, "[]")], "the notes are a list", [4]),
        ("missing", [({"w": (2, 4)}, {})], "the notes lack the tensor", [4]), ("unknown", [({"w": (2, 4)}, {"w": [0, 0], "x": [0]})], "the notes name a tensor that is not there", [0, 4]), ("float", [({"w": (2, 4)}, {"w": [0.0, 0]})], "an offset that is a float", [0, 4]),
        ("offsets text", [({"w": (2, 4)}, '{"w":{"saved_offsets":"00"}}')], "offsets that are text", [4]), ("first missing", [({"w": (2, 4)}, {"w": [2, 0]})], "rows 0..1 are in no shard", [4]), ("version", [(*half, "9.0")], "notes of version 9.0", [0, 4]), ("twice", [half, half], "one piece in two shards", [0, 4]),
    ]:
        yield "dcp " + slug, _dcp(parts), "DCP: " + what, exits
    mixed = _dcp([half, ({"w": (2, 4)}, {"w": [2, 0]})])
    name = sorted(mixed)[1]
    mixed[name] = written({"w": torch.zeros(2, 4, dtype=torch.int32)}, {"DCP_SHARDING_INFO": '{"w": {"saved_offsets": [2, 0]}}', "DCP_VERSION": "1.0", "format": "pt"})
    yield "dcp dtypes", mixed, "DCP: pieces of two dtypes", [4]
    lost = _dcp([half, ({"w": (2, 4)}, {"w": [2, 0]})])
    yield "dcp shard cut", lost | {name: lost[name][:-5]}, "DCP: a shard is cut", [4]


def cases():
    for make in (_indexes, _distributed):
        for slug, files, what, exits, *entry in make():
            yield Case("i", slug, files, what, exits, suffix="", entry=entry[0] if entry else "")
