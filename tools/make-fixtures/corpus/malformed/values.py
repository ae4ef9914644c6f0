"""Class v: numpy arrays, modules and containers inside a pickle that are not what they say."""

from ..pickle_assembler import BUILD, NEWOBJ, Ops, call, glob, pickle, state, tensor, value
from .case import Case, boxed, dictionary

_EMPTY = call("numpy._core.multiarray _reconstruct", glob("numpy", "ndarray"), (0,), b"b")
_F4 = Ops(call("numpy dtype", "f4", False, True) + value((3, "<", None, None, None, -1, -1, 0)) + BUILD)


def array(version=1, shape=(2,), dtype=_F4, fortran=False, data=b"\0" * 8):
    """The opcodes of an ndarray."""
    return Ops(_EMPTY + value((version, shape, dtype, fortran, data)) + BUILD)


def _dtype(kind, state_=(3, "<", None, None, None, -1, -1, 0)):
    return Ops(call("numpy dtype", kind, False, True) + value(state_) + BUILD)


def _arrays():
    yield "array short", array(data=b"\0" * 7), "an array with too few bytes"
    yield "array long", array(data=b"\0" * 9), "an array with too many bytes"
    yield "array negative", array(shape=(-2,)), "a negative shape"
    yield "array overflow", array(shape=(1 << 32, 1 << 32), data=b""), "a shape whose product is 2^64"
    yield "array huge", array(shape=(1 << 62,)), "a shape of 2^62"
    yield "array shape text", array(shape="2"), "a shape that is text"
    yield "array shape floats", array(shape=(2.0,)), "a shape of floats"
    yield "array rank 100", array(shape=(1,) * 100, data=b"\0" * 4), "an array of rank 100", [0, 4]
    yield "array version", array(version=9), "version 9 of an array", [0, 4]
    yield "array state short", Ops(_EMPTY + value((1, (2,))) + BUILD), "an array's state of two parts"
    yield "array state none", Ops(_EMPTY + b"N" + BUILD), "an array's state is None"
    yield "array data text", array(data="abcdefgh"), "an array's data is text"
    yield "array data list", array(data=[1, 2]), "an array's data is a list, the dtype is not object"
    yield "dtype unknown", array(dtype=_dtype("f3")), "dtype f3"
    yield "dtype wide", array(dtype=_dtype("f999999999999")), "dtype f999999999999"
    yield "dtype text", array(dtype="f4"), "a dtype that is text"
    yield "dtype order", array(dtype=_dtype("f4", (3, "?", None, None, None, -1, -1, 0))), "byte order '?'"
    yield "dtype object", array(dtype=_dtype("O8", (3, "|", None, None, None, -1, -1, 63)), data=[None, None]), "an object array"
    yield "dtype structured", array(dtype=_dtype("V8", (3, "|", None, ("a",), {"a": (_F4, 0)}, 8, 1, 16)), shape=(1,)), "a structured array"
    yield "dtype unicode", array(dtype=_dtype("U2", (3, "<", None, None, None, 8, 4, 8)), shape=(1,)), "an array of text"
    yield "dtype cycle", Ops(call("numpy dtype", "V8", False, True) + b"q\x63" + b"(K\3" + value("|") + b"h\x63h\x63h\x63K\1K\1K\0t" + BUILD), "a dtype that is its own subarray", [0, 4]
    yield "scalar short", call("numpy._core.multiarray scalar", _F4, b"\0\0"), "a scalar with too few bytes"
    yield "scalar no dtype", call("numpy._core.multiarray scalar", None, b"\0\0\0\0"), "a scalar without a dtype"
    yield "scalar one argument", call("numpy._core.multiarray scalar", _F4), "a scalar without a value", [0, 4]
    yield "frombuffer short", call("numpy._core.numeric _frombuffer", b"\0" * 4, _F4, (2,), "C"), "_frombuffer with too few bytes"
    yield "frombuffer order", call("numpy._core.numeric _frombuffer", b"\0" * 8, _F4, (2,), "Z"), "_frombuffer with order 'Z'", [0, 4]
    yield "encode odd", array(data=call("_codecs encode", "\u0400" * 8, "latin1")), "_codecs.encode of text beyond latin1"
    yield "encode other", array(data=call("_codecs encode", "a" * 8, "rot13")), "_codecs.encode with rot13"
    yield "encode none", array(data=call("_codecs encode")), "_codecs.encode of nothing"


def _containers():
    yield "ordered dict of ints", call("collections OrderedDict", [1, 2]), "an OrderedDict of numbers"
    yield "ordered dict of short pairs", call("collections OrderedDict", [["a"]]), "an OrderedDict of pairs of one"
    yield "ordered dict many", call("collections OrderedDict", [], [], []), "an OrderedDict of three arguments"
    yield "set of text", call("builtins set", 5), "a set of a number"
    yield "bytearray huge", call("builtins bytearray", 1 << 40), "a bytearray of 2^40"
    yield "range huge", call("builtins range", 1 << 62), "a range of 2^62", [0, 4]
    yield "counter", call("collections Counter", 5), "a Counter of a number"
    yield "complex text", call("builtins complex", "x"), "a complex of text"
    yield "device", call("torch device", 1, 2, 3), "a device of numbers"
    yield "nested bytes", call("torch.storage _load_from_bytes", b"garbage"), "_load_from_bytes of garbage"
    yield "nested text", call("torch.storage _load_from_bytes", "text"), "_load_from_bytes of text"
    yield "nested none", call("torch.storage _load_from_bytes"), "_load_from_bytes of nothing"


def _modules():
    def module(**attributes):
        return Ops(glob("torch.nn.modules.linear", "Linear") + b")" + NEWOBJ + value(attributes) + BUILD)
    good = {"_parameters": {"weight": tensor()}, "_buffers": {}, "_modules": {}}
    for slug, change, what in [("parameters list", {"_parameters": [tensor()]}, "_parameters is a list"), ("parameters none", {"_parameters": None}, "_parameters is None"),
                               ("modules int", {"_modules": {"a": 5}}, "a child that is a number"), ("key int", {"_parameters": {0: tensor()}}, "a parameter's name is a number"),
                               ("buffers text", {"_buffers": "x"}, "_buffers is text"), ("non persistent", {"_non_persistent_buffers_set": 5}, "the set of buffers that are not saved is a number")]:
        yield f"module {slug}", boxed(pickle(module(**(good | change)))), what, [0, 4]
    yield "module empty", boxed(pickle(module())), "a module without parameters", [4]


def cases():
    # Beside a good state dict a bad container may be left alone, as nothing asks for it.
    for slug, ops, what, *exits in _arrays():
        yield Case("v", slug, boxed(state(extra=ops)), what, exits[0] if exits else [4])
    for slug, ops, what, *exits in _containers():
        yield Case("v", slug, boxed(dictionary(extra=ops)), what + ", beside a good tensor", [0, 3, 4])
    for slug, data, what, exits in _modules():
        yield Case("v", slug, data, what, exits)
