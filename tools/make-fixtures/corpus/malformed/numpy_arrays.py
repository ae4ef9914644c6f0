"""Classes y and x: .npy headers that are not literals or not true, and .npz archives of them."""

import io

import numpy as np

from ..numpy_files import npy, npy_by_hand
from ..zip_writer import archive, deflate, entry
from .case import FOUR, Case


def _header(text, data=FOUR, **options):
    return npy_by_hand(text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text, data, **options)


def _dict(descr="'<f4'", order="False", shape="(4,)", more=""):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, {more}}}\n"


def _frames():
    good = _header(_dict())
    yield "magic", b"\x93NUMPX" + good[6:], "a wrong magic", [4]
    for version in ((0, 0), (4, 0), (255, 255), (1, 1)):
        yield f"version {version[0]} {version[1]}", _header(_dict(), version=version), f"version {version[0]}.{version[1]}", [0, 4] if version == (1, 1) else [4]
    yield "length past end", _header(_dict(), length=60000), "a header longer than the file", [4]
    yield "length 4 GB", _header(_dict(), version=(2, 0), length=0xFFFFFFFF), "a header of 4 GB", [4]
    yield "length zero", _header("", length=0), "a header of no bytes", [4]
    yield "length cuts", _header(_dict(), length=20), "a header cut by its length", [4]
    yield "nuls", _header("\0" * 60), "a header of NULs", [4]
    for cut in (3, 6, 8, 9, 20):
        yield f"cut at {cut}", good[:cut], f"cut after {cut} bytes", [4]
    yield "data short", good[:-1], "one byte of data is missing", [4]
    yield "data none", good[:-16], "all data are missing", [4]


def _fields():
    for slug, text, what, *exits in [
        ("no descr", "{'fortran_order': False, 'shape': (4,)}\n", "no descr"), ("no shape", "{'descr': '<f4', 'fortran_order': False}\n", "no shape"),
        ("no order", "{'descr': '<f4', 'shape': (4,)}\n", "no fortran_order"), ("extra key", _dict(more="'x': 1"), "a fourth key"), ("empty dict", "{}\n", "an empty dictionary"),
        ("twice", _dict(more="'shape': (2, 2)"), "shape twice", [0, 4]), ("not dict", "('<f4', False, (4,))\n", "a tuple instead of a dictionary"), ("set", "{'descr', 'shape'}\n", "a set"),
        ("object", _dict("'|O'"), "an object array"), ("structured", _dict("[('a', '<f4')]"), "a structured array"), ("text", _dict("'<U1'"), "an array of text"), ("bytes", _dict("'|S4'"), "an array of bytes"),
        ("void", _dict("'|V4'"), "an array of void"), ("time", _dict("'<M8[s]'", shape="(2,)"), "an array of times"), ("span", _dict("'<m8'", shape="(2,)"), "an array of spans"), ("f3", _dict("'<f3'"), "dtype <f3"),
        ("f16", _dict("'<f16'", shape="(1,)"), "long doubles"), ("c32", _dict("'<c32'", shape="()"), "long complex"), ("c16", _dict("'<c16'", shape="(1,)"), "complex128", [3, 4]), ("no order mark", _dict("'f4'"), "no byte order mark", [0, 4]), ("bad mark", _dict("'?f4'"), "byte order '?'"),
        ("name", _dict("'float32'"), "a dtype by name", [0, 4]), ("descr none", _dict("None"), "descr is None"), ("descr int", _dict("4"), "descr is a number"), ("negative", _dict(shape="(-4,)"), "a negative size"), ("negative pair", _dict(shape="(-2, -2)"), "two negative sizes"),
        ("float size", _dict(shape="(4.0,)"), "a size that is a float"), ("size int", _dict(shape="4"), "a shape that is a number"), ("size list", _dict(shape="[4]"), "a shape that is a list", [0, 4]), ("size text", _dict(shape="'4'"), "a shape that is text"), ("size none", _dict(shape="None"), "a shape that is None"),
        ("overflow", _dict(shape="(4294967296, 4294967296)"), "a shape of 2^64 elements"), ("wraps", _dict(shape="(4611686018427387905, 4)"), "a shape that wraps around to 4"), ("wide", _dict(shape="(99999999999999999999999,)"), "a size beyond 64 bits"), ("zero wide", _dict(shape="(0, 99999999999999999999999)"), "no elements, a size beyond 64 bits"),
        ("huge", _dict(shape="(1099511627776,)"), "4 TB in 16 bytes"), ("bool size", _dict(shape="(True, 4)"), "a size that is True", [0, 4]), ("order int", _dict(order="0"), "fortran_order 0", [0, 4]), ("order text", _dict(order="'False'"), "fortran_order as text"), ("order none", _dict(order="None"), "fortran_order None"),
        ("call", _dict(shape="(__import__('os').system('true'),)"), "a call in the shape"), ("call descr", _dict("__import__('os').system('true')"), "a call as descr"), ("lambda", _dict(shape="(lambda: 4)()"), "a lambda"), ("comprehension", _dict(shape="tuple(4 for _ in '1')"), "a comprehension"),
        ("sum", _dict(shape="(2+2,)"), "an expression", [0, 4]), ("power", _dict(shape="(9**9**9,)"), "a power tower"), ("repeat", _dict(shape="(1,)*99999999"), "a repeated tuple"), ("hex", _dict(shape="(0x4,)"), "a hexadecimal size", [0, 4]), ("leading zero", _dict(shape="(04,)"), "a leading zero", [0, 4]),
        ("comment", "{'descr': '<f4', # x\n 'fortran_order': False, 'shape': (4,)}\n", "a comment", [0, 4]), ("join", _dict("'<' 'f4'"), "two strings side by side", [0, 4]), ("prefix", _dict("b'<f4'"), "a bytes string", [0, 4]), ("raw", _dict("r'<f4'"), "a raw string", [0, 4]), ("formatted", _dict("f'<f{4}'"), "a formatted string"),
        ("open", "{'descr': '<f4', 'fortran_order': False, 'shape': (4,", "no closing brackets"), ("open text", "{'descr': '<f4", "no closing quote"), ("after", _dict()[:-1] + " x\n", "text after the dictionary"), ("two", _dict()[:-1] + _dict(), "two dictionaries"), ("commas", "{,}\n", "only a comma"),
        ("deep", "(" * 20000 + "\n", "20,000 open brackets"), ("deep dict", "{1:" * 9000 + "\n", "9,000 open dictionaries"), ("minus", _dict(shape="(" + "-" * 20001 + "4,)"), "20,001 minus signs"), ("digits", _dict(shape="(" + "9" * 20000 + ",)"), "20,000 digits"),
        ("rank 1000", _dict(shape="(4," + "1," * 999 + ")"), "rank 1000", [0, 4]), ("not latin1", b"{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }\xff\n", "a byte 0xFF after the dictionary"), ("nul inside", "{'descr': '<f4'\0, 'fortran_order': False, 'shape': (4,)}\n", "a NUL in the header"),
    ]:
        data = _header(text, version=(2, 0)) if len(text) > 65000 else _header(text)
        yield slug, data, what, exits[0] if exits else [4]


def _object_array():
    stream = io.BytesIO()
    np.save(stream, np.array([None, 1], dtype=object), allow_pickle=True)
    return stream.getvalue()


def _archives():
    good, other = npy(np.arange(4, dtype="<f4")), npy(np.zeros(3, "<i2"))
    yield "object member", archive([entry("a.npy", good), entry("b.npy", _object_array())]), "one member is an object array", [3, 4]
    yield "text member", archive([entry("a.npy", good), entry("b.npy", npy(np.array(["x"])))]), "one member is text", [3, 4]
    yield "bad member", archive([entry("a.npy", good), entry("b.npy", b"\x93NUMPY\x01\0")]), "one member is cut", [4]
    yield "not npy", archive([entry("a.npy", good), entry("b.npy", b"hello")]), "one member is no array", [4]
    yield "empty member", archive([entry("a.npy", b"")]), "a member of no bytes", [4]
    yield "duplicate", archive([entry("a.npy", good), entry("a.npy", other)]), "one member twice", [3, 4]
    yield "suffix twins", archive([entry("a.npy", good), entry("a", other)]), "a.npy and a: one name", [0, 3, 4]
    yield "crc", archive([entry("a.npy", good, central={"crc": 5}, local={"crc": 5})]), "a wrong CRC", [4]
    yield "bomb", archive([entry("a.npy", _header(_dict(), b"\0" * (8 << 20)), method=8)]), "8 MB where 16 bytes are needed", [0, 4]
    yield "bomb header", archive([entry("a.npy", _header(_dict()[:-1] + " " * (16 << 20) + "\n", version=(2, 0)), method=8)]), "a header of 16 MB of spaces", [0, 4]
    yield "declared", archive([entry("a.npy", good, method=8, central={"size": 1 << 30}, local={"size": 1 << 30})]), "a member that declares 1 GB", [4]
    yield "short", archive([entry("a.npy", _header(_dict(shape="(400,)")), method=8)]), "a deflated member with too few data", [4]
    yield "cut deflate", archive([entry("a.npy", good, method=8, stored=deflate(good)[:-3])]), "a deflate stream cut short", [4]
    yield "path", archive([entry("../../a.npy", good)]), "a member's name that climbs", [0, 4]
    yield "absolute", archive([entry("/etc/a.npy", good)]), "a member's name that is absolute", [0, 4]
    yield "nested", archive([entry("a.npz", archive([entry("a.npy", good)]))]), "an .npz in an .npz", [4]
    yield "mixed", archive([entry("a.npy", good), entry("readme.txt", b"hello")]), "a member that is no array beside one", [0, 3, 4]
    yield "metadata name", archive([entry("__metadata__.npy", good)]), "a member named __metadata__", [3, 4]
    yield "empty name", archive([entry(".npy", good)]), "a member without a name", [0, 3, 4]
    yield "both kinds", archive([entry("m/a.npy", good), entry("m/data.pkl", b"\x80\x02}."), entry("m/version", b"3\n")]), "an .npz that is also a torch archive", [0, 4]


def cases():
    for make in (_frames, _fields):
        for slug, data, what, exits in make():
            yield Case("y", slug, data, what, exits, suffix=".npy")
    for slug, data, what, exits in _archives():
        yield Case("x", slug, data, what, exits, suffix=".npz")
