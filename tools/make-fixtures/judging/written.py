"""Reads what the command wrote, as strictly as the reference writer writes."""

import hashlib
import json
import struct

#: The reference writer's order: descending by this, then ascending by the name's UTF-8 bytes.
_ORDER = ["BOOL", "F4", "F6_E2M3", "F6_E3M2", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ",
          "I16", "U16", "F16", "BF16", "I32", "U32", "F32", "C64", "F64", "I64", "U64"]


class Wrong(Exception):
    """What is wrong with a written file."""


def read(path):
    """The pair (tensors by name, metadata) of a safetensors file; a tensor is (dtype, shape, sha256)."""
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    text, body = data[8 : 8 + size], data[8 + size :]
    header = json.loads(text)
    metadata = header.pop("__metadata__", None)
    end, tensors = 0, {}
    for name, row in header.items():
        start, stop = row["data_offsets"]
        if start != end:
            raise Wrong(f"'{name}' begins at {start}, not {end}")
        end = stop
        tensors[name] = (row["dtype"], row["shape"], hashlib.sha256(body[start:stop]).hexdigest())
    if end != len(body):
        raise Wrong(f"the data have {len(body)} bytes, the header says {end}")
    _check_header(header, metadata, text)
    return tensors, metadata or {}


def _check_header(header, metadata, text):
    order = sorted(header, key=lambda name: (-_ORDER.index(header[name]["dtype"]), name.encode()))
    if list(header) != order:
        raise Wrong("the tensors do not stand in the reference writer's order")
    whole = ({} if metadata is None else {"__metadata__": dict(sorted(metadata.items(), key=lambda one: one[0].encode()))}) | {
        name: {key: header[name][key] for key in ("dtype", "shape", "data_offsets")} for name in order}
    canonical = json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode()
    if text != canonical + b" " * (-len(canonical) % 8):
        raise Wrong("the header's text is not the reference writer's")


def differences(expected, tensors, metadata, *, optional=(), may_add=(), by="name"):
    """What differs between a manifest's tensors and those written; dropped aliases count where metadata names them."""
    if by == "none":
        return
    if by == "content":
        wanted = sorted((row["dtype"], row["shape"], row["sha256"]) for row in expected)
        found = sorted((dtype, shape, digest) for dtype, shape, digest in tensors.values())
        missing = [one[:2] for one in wanted if one not in found]
        extra = [one[:2] for one in found if one not in wanted]
        if missing or extra:
            yield f"by content: missing {missing[:4]}, extra {extra[:4]}; names {list(tensors)[:8]}"
        return
    names = set()
    for row in expected:
        name = row["name"]
        names.add(name)
        kept = name if name in tensors else metadata.get(name)
        if kept not in tensors:
            if name not in optional:
                yield f"'{name}' is missing; there are {list(tensors)[:6]}"
            continue
        dtype, shape, digest = tensors[kept]
        if (dtype, shape) != (row["dtype"], row["shape"]):
            yield f"'{name}' is {dtype} {shape}, not {row['dtype']} {row['shape']}"
        elif digest != row["sha256"]:
            yield f"'{name}' has other values"
    extra = [name for name in tensors if name not in names and name not in may_add]
    if extra:
        yield f"unexpected: {extra[:6]}"
