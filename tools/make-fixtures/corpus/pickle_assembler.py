"""Pickles written opcode by opcode, so that they can be wrong. Nothing here is ever unpickled."""

import struct

PROTO, STOP, MARK = b"\x80\x02", b".", b"("
REDUCE, BUILD, POP, NEWOBJ = b"R", b"b", b"0", b"\x81"


class Ops(bytes):
    """Opcodes that leave one value on the stack; plain bytes are data."""


def value(one):
    """The opcodes for a Python value; `Ops` inside it are taken as they are."""
    if isinstance(one, Ops):
        return one
    if one is None or isinstance(one, bool):
        return {None: b"N", True: b"\x88", False: b"\x89"}[one]
    if isinstance(one, int):
        return _integer(one)
    if isinstance(one, float):
        return b"G" + struct.pack(">d", one)
    if isinstance(one, str):
        data = one.encode("utf-8", "surrogatepass")
        return b"X" + struct.pack("<I", len(data)) + data
    if isinstance(one, bytes):
        return b"B" + struct.pack("<I", len(one)) + one
    if isinstance(one, tuple):
        return MARK + b"".join(map(value, one)) + b"t"
    if isinstance(one, list):
        return b"](" + b"".join(map(value, one)) + b"e"
    if isinstance(one, dict):
        return b"}(" + b"".join(value(key) + value(item) for key, item in one.items()) + b"u"
    raise TypeError(one)


def _integer(number):
    if 0 <= number < 256:
        return b"K" + bytes([number])
    if -(1 << 31) <= number < 1 << 31:
        return b"J" + struct.pack("<i", number)
    data = number.to_bytes(number.bit_length() // 8 + 1, "little", signed=True)
    return (b"\x8a" + bytes([len(data)]) if len(data) < 256 else b"\x8b" + struct.pack("<i", len(data))) + data


def pairs(*items):
    """A dictionary from (key, value) pairs, repeated keys and all."""
    return Ops(b"}(" + b"".join(value(key) + value(item) for key, item in items) + b"u")


def glob(module, name):
    """GLOBAL."""
    return Ops(b"c" + module.encode() + b"\n" + name.encode() + b"\n")


def call(function, *arguments):
    """REDUCE of a global ("module name") or of any opcodes."""
    function = function if isinstance(function, Ops) else glob(*function.rsplit(" ", 1))
    return Ops(function + value(tuple(arguments)) + REDUCE)


def harmless(function="os system", argument="true"):
    """A call that a scanner must take for an attack, and that does nothing."""
    return call(function, argument)


def storage(key="0", numel=4, kind="FloatStorage", location="cpu", more=()):
    """A storage's persistent id."""
    kind = kind if isinstance(kind, Ops) else glob("torch", kind)
    return Ops(value(("storage", kind, key, location, numel, *more)) + b"Q")


HOOKS = Ops(glob("collections", "OrderedDict") + b")" + REDUCE)


def tensor(held=None, offset=0, size=(2, 2), stride=(2, 1), grad=False, hooks=HOOKS, more=()):
    """_rebuild_tensor_v2 over `held`, by default four floats under key "0"."""
    return call("torch._utils _rebuild_tensor_v2", storage() if held is None else held, offset, size, stride, grad, hooks, *more)


def pickle(one, end=STOP):
    """A whole pickle of protocol 2."""
    return PROTO + value(one) + end


def state(**tensors):
    """A pickle of a state dict."""
    return pickle(tensors)
