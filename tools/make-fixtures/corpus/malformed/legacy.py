"""Class l: legacy streams (five pickles, then the storages) broken in each part."""

import struct

from ..pickle_assembler import Ops, call, harmless, pickle, storage, tensor
from .case import FOUR, Case

MAGIC = 0x1950A86A20F9469CFC6C
_FACTS = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}


def held(key="0", numel=4, view=None, kind="FloatStorage"):
    """A legacy storage: six parts."""
    return storage(key, numel, kind, more=(view,))


def stream(pickled, storages, *, magic=MAGIC, version=1001, facts=None, keys=None, width=4):
    """A legacy stream; `storages` is a list or dictionary of (key, bytes)."""
    storages = dict(storages)
    out = b"".join(pickle(one) for one in (magic, version, _FACTS if facts is None else facts)) + pickled
    out += pickle(sorted(storages) if keys is None else keys)
    return out + b"".join(struct.pack("<q", len(storages[key]) // width) + storages[key] for key in sorted(storages))


def _good(**options):
    return stream(pickle({"weight": tensor(held())}), {"0": FOUR}, **options)


def _parts():
    yield "magic", _good(magic=MAGIC + 1), "another magic number", [4]
    yield "magic text", _good(magic=str(MAGIC)), "the magic number as text", [4]
    yield "magic negative", _good(magic=-MAGIC), "a negative magic number", [4]
    yield "version 1002", _good(version=1002), "protocol version 1002", [4]
    yield "version text", _good(version="1001"), "the version as text", [4]
    yield "facts list", _good(facts=[1]), "sys_info is a list", [0, 4]
    yield "keys missing", _good(keys=[]), "the key list lacks a storage", [4]
    yield "keys unknown", _good(keys=["0", "1"]), "the key list names a storage that no tensor has", [4]
    yield "keys twice", _good(keys=["0", "0"]), "a key stands twice", [4]
    yield "keys text", _good(keys="0"), "the key list is text", [0, 4]
    yield "keys none", _good(keys=None and 0 or Ops(b"N")), "the key list is None", [4]
    yield "keys numbers", _good(keys=[0]), "the key list holds numbers", [4]
    yield "keys dict", _good(keys={"0": 1}), "the key list is a dictionary", [0, 4]
    body = _good()
    for slug, count, what in [("count negative", -1, "a negative element count"), ("count huge", 1 << 62, "an element count of 2^62"),
                              ("count short", 3, "an element count smaller than the storage"), ("count long", 5, "an element count larger than the storage"),
                              ("count zero", 0, "an element count of 0")]:
        yield slug, body[:-24] + struct.pack("<q", count) + FOUR, what, [4]
    for slug, cut in [("cut data", 1), ("cut all data", 16), ("cut count", 20), ("cut keys", 25), ("cut object", 60)]:
        yield slug, body[:-cut], f"cut {cut} bytes before the end", [4]
    for place in (1, 5, 13, 17, 20, 40):
        yield f"cut at {place}", body[:place], f"cut after {place} bytes", [4]


def _objects():
    for slug, view, what in [("view past end", ("v", 2, 3), "a storage view past its storage"), ("view negative", ("v", -1, 2), "a negative view offset"),
                             ("view huge", ("v", 1 << 62, 1 << 62), "view offset and size overflow"), ("view short", ("v", 0), "view metadata of two parts"),
                             ("view text", "view", "view metadata is text")]:
        yield slug, stream(pickle({"weight": tensor(held(view=view), 0, (1,), (1,))}), {"0": FOUR}), what, [4]
    yield "view too small", stream(pickle({"weight": tensor(held(view=("v", 1, 2)))}), {"0": FOUR}), "a tensor larger than its storage view", [4]
    yield "five parts", stream(pickle({"weight": tensor(storage())}), {"0": FOUR}), "a storage without the sixth part", [0, 4]
    yield "two sizes", stream(pickle({"a": tensor(held()), "b": tensor(held(numel=8))}), {"0": FOUR}), "one key with two sizes", [4]
    yield "two types", stream(pickle({"a": tensor(held()), "b": tensor(held(kind="DoubleStorage"))}), {"0": FOUR}), "one key with two types", [4]
    yield "past end", stream(pickle({"a": tensor(held(), 1)}), {"0": FOUR}), "a tensor past its storage", [4]
    yield "no tensors", stream(pickle({"epoch": 1}), {}), "no tensors", [4]
    yield "module short", stream(pickle({"m": Ops(b"(" + b"X\6\0\0\0module" + b"t" + b"Q")}), {}), "a module without a class", [4]
    yield "overlong numel", stream(pickle({"a": tensor(held(numel=1 << 61), 0, (1,), (1,))}), {"0": FOUR}), "a storage of 2^61 floats", [4]


def _code():
    run = harmless()
    yield "code in magic", pickle(run) + _good(), "a call before the magic number", [3, 4]
    yield "code as magic", _good(magic=call("builtins int", str(MAGIC))), "a magic number that is computed by a call", [3, 4]
    yield "code in facts", _good(facts={"x": run}), "a call in sys_info", [3, 4]
    yield "code in object", stream(pickle({"weight": tensor(held()), "x": run}), {"0": FOUR}), "a call in the object", [3]
    yield "code in keys", _good(keys=[run]), "a call in the key list", [3, 4]
    yield "code after", _good() + pickle(run), "a call after the storages", [0, 3, 4]


def cases():
    for make in (_parts, _objects, _code):
        for slug, data, what, exits in make():
            yield Case("l", slug, data, what, exits)
