"""fixtures/pickle: small pickles with their meaning as Python's unpickler sees it, and torch.save's own pickles.

vectors.json   each opcode, protocols 0 to 5, old names; `value` is what Python's C unpickler makes of it,
               with stand-ins for every class, so that nothing is ever called
saves/*.pkl    data.pkl of torch.save, for dictionaries that tests describe and write again
"""

import _compat_pickle
import collections
import io
import json
import pickle
import struct
import zipfile

import torch


# Stand-ins: a class that records what would have been done.

class _Record:
    def __init__(self, callee, args, keywords):
        self.callee, self.args, self.keywords = callee, args, keywords
        self.items, self.elements, self.states = [], [], []

    def __setitem__(self, key, value):
        self.items.append((key, value))

    def append(self, value):
        self.elements.append(value)

    add = append

    def extend(self, values):
        self.elements.extend(values)

    def __setstate__(self, state):
        self.states.append(state)


class _Meta(type):
    def __call__(cls, *args):
        return _Record(cls.path, args, {})


def _new(cls, *args, **keywords):
    return _Record(cls.path, args, keywords)


def _stand_in(module, name):
    return _Meta("StandIn", (), {"path": module + "." + name, "__new__": _new})


class _Persistent:
    def __init__(self, pid):
        self.pid = pid


class _Unpickler(pickle.Unpickler):
    def __init__(self, data):
        super().__init__(io.BytesIO(data), encoding="bytes")
        self.protocol = data[1] if data[:1] == b"\x80" else 0
        self.known = {}

    def find_class(self, module, name):
        if self.protocol < 3:
            if (module, name) in _compat_pickle.NAME_MAPPING:
                module, name = _compat_pickle.NAME_MAPPING[module, name]
            else:
                module = _compat_pickle.IMPORT_MAPPING.get(module, module)
        return self.known.setdefault((module, name), _stand_in(module, name))

    def persistent_load(self, pid):
        return _Persistent(pid)


def _hex(text):
    return text.encode("utf-8", "surrogatepass").hex()


def render(value):
    """A value as one line, exactly."""
    if value is None or isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        length = 1
        while not -(1 << 8 * length - 1) <= value < 1 << 8 * length - 1:
            length += 1
        return "int:" + value.to_bytes(length, "little", signed=True).hex()
    if isinstance(value, float):
        return "float:" + struct.pack(">d", value).hex()
    if isinstance(value, str):
        return "text:" + _hex(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "bytes:" + bytes(value).hex()
    if isinstance(value, list):
        return "[" + " ".join(map(render, value)) + "]"
    if isinstance(value, tuple):
        return "(" + " ".join(map(render, value)) + ")"
    if isinstance(value, (set, frozenset)):
        return "<" + " ".join(sorted(map(render, value))) + ">"
    if isinstance(value, dict):
        return "{" + _pairs(value.items()) + "}"
    if isinstance(value, _Meta):
        return value.path
    if isinstance(value, _Persistent):
        return "pid(" + render(value.pid) + ")"
    parts = [value.callee, render(value.args)]
    if value.keywords:
        parts.append("keywords{" + _pairs(value.keywords.items()) + "}")
    if value.items:
        parts.append("items{" + _pairs(value.items) + "}")
    if value.elements:
        parts.append("elements" + render(value.elements))
    if value.states:
        parts.append("states" + render(value.states))
    return "call<" + " ".join(parts) + ">"


def _pairs(pairs):
    return " ".join(render(key) + "=" + render(item) for key, item in pairs)


# What is in the files.

def _u32(n):
    return struct.pack("<I", n)


def _opcodes():
    """Each opcode, its argument at its edges, by hand."""
    yield "NONE", b"N."
    yield "NEWTRUE NEWFALSE", b"\x80\x02\x88\x89\x86."
    for line in ["0", "7", "-7", "+7", "2147483647", "-2147483649", "9223372036854775807", "-9223372036854775808",
                 "9223372036854775808", "-9223372036854775809", "0x1F", "-0x1f", "017", "00", "01", "000", " 5 ",
                 "1" * 60, "-" + "9" * 60, "340282366920938463463374607431768211456", "18446744073709551616"]:
        yield "INT " + line, b"I" + line.encode() + b"\n."
    for line in ["0L", "5", "-5L", "0x10L", "0o17L", "0b101L", "00L", "9" * 100 + "L", "-" + "8" * 100 + "L",
                 "-128L", "-129L", "32768L", "119547037146038801333356L"]:
        yield "LONG " + line, b"L" + line.encode() + b"\n."
    for value in [0, 1, -1, 2**31 - 1, -2**31]:
        yield f"BININT {value}", b"J" + struct.pack("<i", value) + b"."
    for value in [0, 127, 128, 255]:
        yield f"BININT1 {value}", b"K" + bytes([value]) + b"."
    for value in [0, 256, 65535]:
        yield f"BININT2 {value}", b"M" + struct.pack("<H", value) + b"."
    for digits in ["", "00", "7f", "80", "ff", "ff00", "0080", "00ff", "0000", "ffff", "ffffffffffffff7f",
                   "0000000000000080", "000000000000008000", "ffffffffffffffffff", "ffffffffffffff7fff",
                   "ffffffffffffffff00", "6cfc9c46f9206aa85019", "01" + "00" * 20, "fe" + "ff" * 20]:
        data = bytes.fromhex(digits)
        yield "LONG1 " + digits, b"\x80\x02\x8a" + bytes([len(data)]) + data + b"."
        yield "LONG4 " + digits, b"\x80\x02\x8b" + struct.pack("<i", len(data)) + data + b"."
    for line in ["0.0", "-0.0", "1.5", "1e300", "-1e-320", "3", "inf", "-inf", "Infinity", "nan", ".5", "5.", "1E+5"]:
        yield "FLOAT " + line, b"F" + line.encode() + b"\n."
    for value in [0.0, -0.0, 1.5, float("inf"), 5e-324, 1.7976931348623157e308]:
        yield f"BINFLOAT {value}", b"G" + struct.pack(">d", value) + b"."
    for line in [r"''", r'""', r"'abc'", r'"it' + "'" + r's"', r"'a\nb\tc\r\a\b\f\v'", r"'\'\"\\'", r"'\x00\xff\x41'",
                 r"'\0\12\101\377\400\1234'", r"'\q\%'", "'\u00e9'"]:
        yield "STRING " + line, b"S" + line.encode() + b"\n."
    for data in [b"", b"abc", b"\x00\xff", b"x" * 255]:
        yield f"SHORT_BINSTRING {len(data)}", b"U" + bytes([len(data)]) + data + b"."
        yield f"BINSTRING {len(data)}", b"T" + _u32(len(data)) + data + b"."
        yield f"SHORT_BINBYTES {len(data)}", b"\x80\x03C" + bytes([len(data)]) + data + b"."
        yield f"BINBYTES {len(data)}", b"\x80\x03B" + _u32(len(data)) + data + b"."
        yield f"BINBYTES8 {len(data)}", b"\x80\x04\x8e" + struct.pack("<Q", len(data)) + data + b"."
        yield f"BYTEARRAY8 {len(data)}", b"\x80\x05\x96" + struct.pack("<Q", len(data)) + data + b"."
    for line in [b"", b"abc", b"\xe9\xff", rb"\u20ac\u005cn", rb"\\u0041", rb"\\\u0041", rb"\U0001f600", rb"\ud800",
                 rb"\ud83d\ude00", rb"a\qb", b"\\", rb"\u00e9\u0000\u000a"]:
        yield "UNICODE " + line.decode("latin1"), b"V" + line + b"\n."
    for text in ["", "abc", "é€😀", "e\u0301", "\0", "x" * 200, "\ud800"]:
        data = text.encode("utf-8", "surrogatepass")
        yield f"BINUNICODE {len(data)}", b"X" + _u32(len(data)) + data + b"."
        yield f"SHORT_BINUNICODE {len(data)}", b"\x80\x04\x8c" + bytes([len(data)]) + data + b"."
        yield f"BINUNICODE8 {len(data)}", b"\x80\x04\x8d" + struct.pack("<Q", len(data)) + data + b"."

    yield "EMPTY_TUPLE", b")."
    yield "TUPLE", b"(K\x01K\x02K\x03K\x04t."
    yield "TUPLE of none", b"(t."
    yield "TUPLE1 TUPLE2 TUPLE3", b"\x80\x02NN\x85N\x86NN\x87\x85."
    yield "EMPTY_LIST APPEND APPENDS", b"]K\x01a(K\x02K\x03e(eK\x04a."
    yield "LIST", b"(K\x01K\x02l."
    yield "EMPTY_DICT SETITEM SETITEMS", b"}K\x01Ns(K\x02NK\x03Nu(u."
    yield "DICT", b"(K\x01NK\x02Nd."
    yield "EMPTY_SET ADDITEMS", b"\x80\x04\x8f(K\x01K\x02\x90(\x90(K\x03\x90."
    yield "FROZENSET", b"\x80\x04(K\x01K\x02\x91."
    yield "interleaved containers", b"]q\x00]q\x01(K\x01K\x02eh\x00K\x03ah\x01K\x04ah\x00K\x05ah\x01\x86."
    yield "POP", b"K\x01K\x020."
    yield "POP of a MARK", b"K\x01(0."
    yield "POP_MARK", b"K\x01(K\x02K\x031."
    yield "DUP", b"]2K\x01a\x86."
    yield "PUT GET", b"]p7\ng7\nK\x01a\x86."
    yield "GET of a padded number", b"Np7\n(g007\ng+7\nt."
    yield "BINPUT BINGET", b"]q\xff(h\xffh\xffe0h\xff0K\x05."
    yield "LONG_BINPUT LONG_BINGET", b"]r\x00\x01\x00\x00K\x01aj\x00\x01\x00\x00\x86."
    yield "PUT twice", b"Kaq\x00Kbq\x00h\x00\x87."
    yield "MEMOIZE", b"\x80\x04Ka\x94Kb\x94h\x00h\x01\x86\x86."
    yield "MEMOIZE after a gap", b"\x80\x04Kaq\x05Kb\x94h\x01\x86."
    yield "memo of a filled list", b"]q\x00K\x01ah\x00\x86."
    yield "PERSID", b"P12 ab\n."
    yield "BINPERSID", b"\x80\x02(X\x07\0\0\0storagecm\nC\nK\x07tQ."

    yield "GLOBAL", b"cm.sub\nName\n."
    yield "STACK_GLOBAL", b"\x80\x04\x8c\x01m\x8c\x03A.B\x93."
    yield "REDUCE", b"cm\nC\n(K\x01K\x02K\x03K\x04tR."
    yield "REDUCE of nothing", b"cm\nC\n)R."
    yield "NEWOBJ", b"\x80\x02cm\nC\nK\x01\x85\x81."
    yield "NEWOBJ_EX", b"\x80\x04cm\nC\nK\x01\x85}\x8c\x01kK\x02s\x92."
    yield "INST", b"(K\x01im\nC\n."
    yield "OBJ", b"(cm\nC\nK\x01K\x02o."
    yield "BUILD", b"cm\nC\n)R}K\x01K\x02sbNb."
    yield "items and elements of objects", b"cm\nC\n)RK\x01K\x02s(K\x03K\x04K\x05K\x06uK\x07a(K\x08K\x09e."
    yield "ADDITEMS of an object", b"\x80\x04cm\nC\n)R(K\x01K\x02\x90."
    yield "object in its own state", b"cm\nC\n)Rq\x00]h\x00ab0K\x02."
    yield "FRAME", b"\x80\x04\x95" + struct.pack("<Q", 3) + b"K\x01."
    yield "FRAME by frame", b"\x80\x04\x95" + struct.pack("<Q", 2) + b"K\x01\x95" + struct.pack("<Q", 2) + b"\x85."
    yield "FRAME of none", b"\x80\x04\x95" + struct.pack("<Q", 0) + b"N."
    yield "READONLY_BUFFER", b"\x80\x05\x96" + struct.pack("<Q", 1) + b"a\x98."
    yield "rest on the stack", b"K\x01K\x02."
    yield "MARK left over", b"(K\x01."
    yield "copyreg._reconstructor", b"ccopy_reg\n_reconstructor\n(cm\nC\nc__builtin__\nobject\nNtR}K\x01K\x02sb."
    yield "copyreg.__newobj__", b"ccopy_reg\n__newobj__\n(cm\nC\nK\x05tR."
    for module, name in [("__builtin__", "set"), ("__builtin__", "xrange"), ("__builtin__", "unicode"),
                         ("copy_reg", "_reconstructor"), ("exceptions", "ValueError"), ("exceptions", "StandardError"),
                         ("UserDict", "UserDict"), ("UserDict", "Other"), ("itertools", "izip_longest"), ("collections", "x")]:
        line = f"c{module}\n{name}\n.".encode()
        yield f"{module}.{name} in protocol 2", b"\x80\x02" + line
        if not module.startswith("__"):
            yield f"{module}.{name} in protocol 3", b"\x80\x03" + line


def _normal(text):
    """Creations through copyreg, as NEWOBJ says them."""
    text = text.replace("call<copyreg._reconstructor (m.C builtins.object None)", "call<m.C ()")
    return text.replace("call<copyreg.__newobj__ (m.C int:05)", "call<m.C (int:05)")


class _Thing:
    def __init__(self):
        self.name, self.values = "x", [1, 2]


_SAMPLE = {
    "none": None, "bools": [True, False], "ints": [0, 1, 255, 256, 65535, 65536, -1, 2**31, 2**63, -2**70, 10**400],
    "floats": (0.5, -0.0, 1e300), "texts": ["", "abc", "é€😀", "x" * 300], "nested": {"a": {"b": [(), (1,), (1, 2, 3, 4)]}},
    1: "int key", (1, 2): "tuple key", "ordered": collections.OrderedDict(a=1, b=2), "shared": [[1]] * 3, "thing": _Thing(),
    "many": {str(n): n for n in range(1001)}, "long list": list(range(1001)),
}


def _vectors():
    for name, data in _opcodes():
        try:
            value = render(_Unpickler(data).load())
        except Exception as error:
            raise ValueError(name) from error
        yield {"name": name, "hex": data.hex(), "value": _normal(value)}


def _protocols():
    """One object in every protocol; the same meaning six times."""
    pickles = [pickle.dumps(_SAMPLE, protocol) for protocol in range(6)]
    values = {_normal_thing(render(_Unpickler(data).load())) for data in pickles}
    assert len(values) == 1, values
    return {"hex": [data.hex() for data in pickles], "value": values.pop()}


def _normal_thing(text):
    name = f"{_Thing.__module__}.{_Thing.__qualname__}"
    return text.replace(f"call<copyreg._reconstructor ({name} builtins.object None)", f"call<{name} ()")


# torch.save

def _data_pickle(value):
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return zipfile.ZipFile(buffer).read("archive/data.pkl")


def _scalars(count, kind=dict):
    return kind((f"t{n}", torch.zeros(())) for n in range(count))


class _Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
        self.weight = torch.nn.Parameter(torch.zeros(2))
        self.register_buffer("b", torch.zeros(1, dtype=torch.int64))


def _views():
    base = torch.zeros(4, 6)
    vector = torch.zeros(70000)
    return {"base": base, "transposed": base.t(), "row": base[1], "step": base[:, ::2], "again": base,
            "far": vector[69990:], "expanded": torch.zeros(1).expand(5), "empty": torch.zeros(0, 3)}


def _types():
    names = ["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool", "complex64",
             "complex128", "uint16", "uint32", "uint64", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz",
             "float8_e5m2fnuz", "float8_e8m0fnu"]
    return {name: torch.zeros(2, 3).to(getattr(torch, name)) for name in names}


def _roles():
    shared = torch.zeros(2)

    def conjugated():
        return torch.zeros(2, dtype=torch.complex64).conj()

    return {"tracked": torch.zeros(2, requires_grad=True), "parameter": torch.nn.Parameter(shared),
            "frozen": torch.nn.Parameter(shared, requires_grad=False), "plain": shared, "conj": conjugated(),
            "neg": conjugated().imag, "both": torch._neg_view(conjugated())}


def _saves():
    for count in [0, 1, 2, 10, 1000, 1001, 1500, 2500]:
        yield f"dict-{count}", _scalars(count)
    for count in [0, 1, 2, 1000, 1001]:
        yield f"ordered-{count}", _scalars(count, collections.OrderedDict)
    model = _Model()
    yield "state-dict", model.state_dict()
    yield "views", _views()
    yield "types", _types()
    yield "roles", _roles()


def make(root, _):
    folder = root / "pickle"
    (folder / "saves").mkdir(parents=True, exist_ok=True)
    document = {"vectors": list(_vectors()), "protocols": _protocols()}
    (folder / "vectors.json").write_text(json.dumps(document, indent=0, ensure_ascii=True) + "\n")
    for name, value in _saves():
        (folder / "saves" / f"{name}.pkl").write_bytes(_data_pickle(value))
