"""fixtures/safetensors: every dtype, odd but valid headers, shards as the hub and torch DCP name them."""

import json
import pathlib
import struct
import tempfile

import numpy as np
import safetensors.torch
import torch

from .samples import random
from .truth import SAFETENSORS_NAME, Manifest, row_major_bytes

#: The reference's dtype order, ascending; files hold their tensors in descending order.
ORDER = ["BOOL", "F4", "F6_E2M3", "F6_E3M2", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ",
         "I16", "U16", "F16", "BF16", "I32", "U32", "F32", "C64", "F64", "I64", "U64"]


def raw(header, data=b"", length=None):
    """A file of any header (text, bytes or a value) and any length field."""
    if not isinstance(header, (str, bytes)):
        header = json.dumps(header, separators=(",", ":"), ensure_ascii=False)
    header = header.encode() if isinstance(header, str) else header
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def info(dtype, shape, start, end):
    """One tensor's entry in a header."""
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def written(tensors, metadata=None):
    """The reference writer's bytes, but with the metadata's keys sorted (it writes them in random order)."""
    rows = [(name, SAFETENSORS_NAME[one.dtype], list(one.shape), row_major_bytes(one)) for name, one in tensors.items()]
    rows.sort(key=lambda row: (-ORDER.index(row[1]), row[0].encode()))
    header = {"__metadata__": dict(sorted(metadata.items()))} if metadata is not None else {}
    offset = 0
    for name, dtype, shape, data in rows:
        if dtype == "F4":
            shape[-1] *= 2
        header[name] = info(dtype, shape, offset, offset + len(data))
        offset += len(data)
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    bytes_ = raw(text + b" " * (-len(text) % 8), b"".join(row[3] for row in rows))
    if metadata is None or len(metadata) < 2:
        assert bytes_ == safetensors.torch.save({key: one.contiguous() for key, one in tensors.items()}, metadata)
    return bytes_


def _put(manifest, name, tensors, metadata=None, **facts):
    manifest.path(name).write_bytes(written(tensors, metadata))
    manifest.values(name, tensors.items(), format="safetensors", **facts)


def _dtypes(manifest):
    every = {}
    for dtype, name in SAFETENSORS_NAME.items():
        every[name] = random(name, 2, 3, dtype=dtype)
        _put(manifest, f"dtypes/{name}.safetensors", {"tensor": every[name]}, notes=f"one {name} tensor")
    _put(manifest, "dtypes/all.safetensors", every, {"format": "pt"}, notes="every dtype, in the reference writer's order")
    data = {"F4": b"\x21\x43\x65", "F6_E2M3": b"\1\2\3\4\5\6", "F6_E3M2": b"\7\x08\x09"}
    shapes = {"F4": [2, 3], "F6_E2M3": [2, 4], "F6_E3M2": [4]}
    for name, content in data.items():
        header = {"tensor": info(name, shapes[name], 0, len(content))}
        _by_hand(manifest, f"dtypes/sub-byte-{name}", raw(header, content), [("tensor", name, shapes[name], content)],
                 "sub-byte elements; the shape counts elements")


def _by_hand(manifest, name, data, rows, notes, **facts):
    """A file safetensors' torch binding cannot describe; the truth is given by hand, and the reference must open it."""
    import hashlib
    name += ".safetensors"
    manifest.path(name).write_bytes(data)
    if facts.pop("open", True):
        safetensors.deserialize(data)
    rows = [{"name": key, "dtype": dtype, "shape": shape, "sha256": hashlib.sha256(content).hexdigest()}
            for key, dtype, shape, content in rows]
    manifest.files.append({"file": name, "format": "safetensors", "select": "", "tensors": rows} | facts | {"notes": notes})


_ONE = struct.pack("<2f", 1.5, -2.5)
_A = '"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}'


def _headers(manifest):
    """Odd but valid (reference §1.5): the reference reads every one of these."""
    row = ("a", "F32", [2], _ONE)
    for name, header, notes in [
        ("leading-space", " \t\r\n{" + _A + "}", "white space before the object"),
        ("trailing-space", "{" + _A + "} \t\r\n", "white space of every kind after it"),
        ("inner-space", '{ "a" : { "dtype" : "F32" ,\n"shape":[ 2 ], "data_offsets" :[0 , 8 ] } }', "white space everywhere"),
        ("unaligned", "{" + _A + "}" + " " * 3, "a header length that is not a multiple of 8"),
        ("field-order", '{"a":{"data_offsets":[0,8],"shape":[2],"dtype":"F32"}}', "fields in another order"),
        ("metadata-last", "{" + _A + ',"__metadata__":{"k":"v"}}', "__metadata__ after the tensors"),
        ("metadata-null", '{"__metadata__":null,' + _A + "}", "__metadata__ is null"),
        ("metadata-empty", '{"__metadata__":{},' + _A + "}", "__metadata__ is empty"),
        ("unknown-field", '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"note":{"x":[1,null]}}}', "an unknown field in an info"),
        ("array-info", '{"a":["F32",[2],[0,8]]}', "an info as an array"),
        ("escaped-name", '{"\\u0061":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', "a name written with an escape"),
        ("escaped-dtype", '{"a":{"dtyp\\u0065":"F\\u00332","shape":[2],"data_offsets":[0,8]}}', "escapes in field and dtype"),
    ]:
        facts = {"exit": [0, 4]} if name == "array-info" else {}
        _by_hand(manifest, f"headers/{name}", raw(header, _ONE), [row], notes, **facts)
    wide = '{"__metadata__":{"é":"\\ud83d\\ude00","quote\\"":"\\n\\u0001"},"日本":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
    _by_hand(manifest, "headers/unicode", raw(wide, _ONE), [("日本", "F32", [2], _ONE)], "names and metadata beyond ASCII, surrogate pairs")
    _by_hand(manifest, "headers/empty-name", raw({"": info("F32", [2], 0, 8)}, _ONE), [("", "F32", [2], _ONE)], "an empty name", exit=[0, 3])
    _by_hand(manifest, "headers/zero-sizes", raw({"z": info("F32", [0, 1 << 40, 4], 0, 0), "a": info("F32", [2], 0, 8), "e": info("I8", [0], 8, 8),
             "y": info("BF16", [3, 0], 0, 0)}, _ONE), [("z", "F32", [0, 1 << 40, 4], b""), ("a", "F32", [2], _ONE), ("e", "I8", [0], b""),
                                                  ("y", "BF16", [3, 0], b"")], "zero-size tensors at every possible offset")
    _by_hand(manifest, "headers/rank-1000", raw({"a": info("U8", [1] * 1000, 0, 1)}, b"x"), [("a", "U8", [1] * 1000, b"x")], "rank 1000")
    _by_hand(manifest, "headers/bool-7", raw({"a": info("BOOL", [3], 0, 3)}, b"\0\1\7"), [("a", "BOOL", [3], b"\0\1\7")], "a bool byte of 7")
    _by_hand(manifest, "headers/no-tensors", raw("{}      "), [], "no tensors", exit=[0, 4])
    _by_hand(manifest, "headers/metadata-only", raw({"__metadata__": {"format": "pt"}}), [], "metadata and no tensors", exit=[0, 4])
    _by_hand(manifest, "headers/metadata-twice-inside", raw('{"__metadata__":{"k":"1","k":"2"},' + _A + "}", _ONE), [row],
             "one key twice in __metadata__: the reference takes the last", exit=[0, 4])
    names = ["10", "2", "é", "e\u0301", "\ufffd", "😀", "Z", "a", "~", "\x7f", "\u2028"]
    _put(manifest, "headers/name-order.safetensors", {key: random(key, 1) for key in names}, notes="order is that of UTF-8 bytes")
    odd = {"a": random("oa", 3, dtype=torch.uint8), "b": random("ob", 2), "c": random("oc", 5, dtype=torch.bool)}
    rows, header, body = [], {}, b""
    for key, one in odd.items():
        data = row_major_bytes(one)
        header[key] = info(SAFETENSORS_NAME[one.dtype], list(one.shape), len(body), len(body) + len(data))
        rows.append((key, SAFETENSORS_NAME[one.dtype], list(one.shape), data))
        body += data
    _by_hand(manifest, "headers/unaligned-tensors", raw(header, body), rows, "a float tensor at an odd offset")
    _by_hand(manifest, "headers/depth-100", raw('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":' + "[" * 100 + "]" * 100 + "}}", _ONE),
             [row], "an ignored field nested 100 deep (the reference's limit is 128)")
    keys = {f"layers.{i}.{part}": random(f"{i}{part}", 1, dtype=torch.float16) for i in range(12) for part in ("w", "b")}
    _put(manifest, "headers/layers.safetensors", keys, {"format": "pt", "note": "two keys"}, notes="natural order against byte order")


def _hub(manifest):
    state = {f"layers.{i}.weight": random(f"hub{i}", 3, 2, dtype=torch.float16) for i in range(3)} | {"embed": random("he", 4, 2)}

    def shards(folder, variant, groups, trailing="\n"):
        map_, infix = {}, f".{variant}" if variant else ""
        for index, names in enumerate(groups, 1):
            name = f"model{infix}-{index:05}-of-{len(groups):05}.safetensors"
            manifest.path(f"{folder}/{name}").write_bytes(written({key: state[key] for key in names}, {"format": "pt"}))
            map_ |= {key: name for key in names}
        size = sum(one.numel() * one.element_size() for one in state.values())
        index = f"model.safetensors.index{infix}.json"
        text = json.dumps({"metadata": {"total_size": size, "total_parameters": 26}, "weight_map": map_}, indent=2, sort_keys=True)
        manifest.path(f"{folder}/{index}").write_text(text + trailing)
        for source in (folder, f"{folder}/{index}"):
            manifest.values(source, state.items(), format="safetensors", notes=f"hub shards, variant {variant or 'none'}")

    names = list(state)
    shards("hub", "", [names[:2], names[2:]])
    shards("hub-fp16", "fp16", [names[:1], names[1:3], names[3:]], "")
    folder = "hub-single"
    manifest.path(folder + "/model.safetensors").write_bytes(written(state, {"format": "pt"}))
    manifest.path(folder + "/config.json").write_text('{"architectures": ["Model"], "dtype": "float16"}\n')
    manifest.values(folder, state.items(), format="safetensors", notes="a directory with one model.safetensors and its config")
    folder = "hub-aliased-metadata"
    meta = {"format": "pt", "lm_head.weight": "embed"}
    manifest.path(folder + ".safetensors").write_bytes(written(state, meta))
    manifest.values(folder + ".safetensors", state.items(), format="safetensors", mayAdd=["lm_head.weight"],
                    notes="save_model's note: lm_head.weight was dropped, embed kept")


def _dcp(manifest):
    """torch.distributed.checkpoint's HuggingFaceStorageWriter with save_distributed: one file for each rank."""
    full = {"rows": random("rows", 6, 4), "grid": random("grid", 4, 6, dtype=torch.bfloat16), "columns": random("columns", 2, 5),
            "vector": random("vector", 7, dtype=torch.int64), "whole": random("whole", 3), "scalar": random("scalar")}
    pieces = [
        {"rows": (0, 0, 2, 4), "grid": (0, 0, 2, 3), "columns": (0, 0, 2, 2), "vector": (0, 4), "whole": (0, 3), "scalar": ()},
        {"rows": (2, 0, 4, 4), "grid": (0, 3, 2, 3), "columns": (0, 2, 2, 3), "vector": (4, 3)},
        {"grid": (2, 0, 2, 3)},
        {"grid": (2, 3, 2, 3)},
    ]

    def write(folder, parts):
        for index, part in enumerate(parts, 1):
            tensors, offsets = {}, {}
            for name, box in part.items():
                rank = len(box) // 2
                cut = tuple(slice(start, start + size) for start, size in zip(box[:rank], box[rank:]))
                tensors[name], offsets[name] = full[name][cut], {"saved_offsets": list(box[:rank])}
            meta = {"DCP_SHARDING_INFO": json.dumps(offsets), "DCP_VERSION": "1.0", "format": "pt"}
            path = manifest.path(f"{folder}/shard-{index:05}-model-00001-of-00001.safetensors")
            path.write_bytes(written(tensors, meta))

    write("dcp", pieces)
    _consolidates(manifest.folder / "dcp", full)
    manifest.values("dcp", full.items(), format="safetensors", notes="torch DCP, four ranks: rows, a 2 by 2 grid, columns")
    write("dcp-one-rank", [{name: (0,) * one.dim() + tuple(one.shape) for name, one in full.items()}])
    _consolidates(manifest.folder / "dcp-one-rank", full)
    manifest.values("dcp-one-rank", full.items(), format="safetensors", notes="torch DCP, one rank")
    _really_written(manifest.folder / "dcp-one-rank", full)


def _consolidates(folder, full):
    # Not consolidate_safetensors_files: torch 2.15's fails on integer tensors (finfo of their dtype).
    import torch.distributed.checkpoint as dcp
    found = {name: torch.zeros_like(one) for name, one in full.items()}
    dcp.load(found, storage_reader=dcp.HuggingFaceStorageReader(str(folder)), no_dist=True)
    assert all(torch.equal(found[name], value) for name, value in full.items())


def _really_written(folder, full):
    """Ours is what the writer itself makes, but for the order of the metadata."""
    import torch.distributed.checkpoint as dcp
    with tempfile.TemporaryDirectory() as place:
        dcp.save(dict(full), storage_writer=dcp.HuggingFaceStorageWriter(place, save_distributed=True), no_dist=True)
        [theirs] = pathlib.Path(place).glob("*.safetensors")
        [ours] = folder.glob("*.safetensors")
        assert theirs.name == ours.name, theirs.name
        (size,), (size2,) = struct.unpack("<Q", theirs.read_bytes()[:8]), struct.unpack("<Q", ours.read_bytes()[:8])
        a, b = json.loads(theirs.read_bytes()[8 : 8 + size]), json.loads(ours.read_bytes()[8 : 8 + size2])
        loads = json.loads
        assert loads(a["__metadata__"].pop("DCP_SHARDING_INFO")) == loads(b["__metadata__"].pop("DCP_SHARDING_INFO"))
        assert a == b and theirs.read_bytes()[8 + size :] == ours.read_bytes()[8 + size2 :]


def make(root, made):
    manifest = Manifest(root / "safetensors", "valid safetensors files, usual and odd")
    _dtypes(manifest)
    _headers(manifest)
    _hub(manifest)
    _dcp(manifest)
    manifest.write(**made)
