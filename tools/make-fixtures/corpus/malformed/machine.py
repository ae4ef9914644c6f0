"""Class p: pickles that break the machine: its stack, marks, memo, lengths, depth and patience."""

import struct

from ..pickle_assembler import BUILD, MARK, NEWOBJ, POP, PROTO, REDUCE, STOP, Ops, call, glob, pairs, pickle, state, storage, tensor, value
from ..zip_writer import archive, entry
from .case import Case, boxed, dictionary, parts
from .legacy import stream


def packed(pickled):
    """The same with data.pkl deflated, for long ones."""
    items = parts(b"")
    return archive([entry("m/data.pkl", pickled, method=8), *items[1:]])


def _inside(ops):
    return boxed(dictionary(extra=Ops(ops)))


def _stack():
    yield "no stop", boxed(state(weight=tensor())[:-1]), "no STOP"
    yield "stop on nothing", boxed(PROTO + STOP), "STOP on an empty stack"
    for name, code in [("reduce", b"R"), ("build", b"b"), ("setitem", b"s"), ("append", b"a"), ("tuple1", b"\x85"), ("tuple2", b"\x86"),
                       ("tuple3", b"\x87"), ("pop", b"0"), ("dup", b"2"), ("binpersid", b"Q"), ("newobj", b"\x81"), ("newobj ex", b"\x92"),
                       ("stack global", b"\x93"), ("memoize", b"\x94"), ("binput", b"q\x01"), ("long binput", b"r\1\0\0\0"), ("put", b"p1\n"),
                       ("readonly buffer", b"\x98")]:
        yield f"underflow {name}", boxed(PROTO + code + b"N."), f"{name.upper()} on an empty stack"
    for name, code in [("tuple", b"t"), ("setitems", b"u"), ("appends", b"e"), ("list", b"l"), ("dict", b"d"), ("inst", b"ia\nb\n"),
                       ("obj", b"o"), ("pop mark", b"1"), ("additems", b"\x90"), ("frozenset", b"\x91")]:
        yield f"no mark {name}", boxed(PROTO + b"}NN" + code + b"."), f"{name.upper()} without a MARK"
    yield "mark at stop", boxed(PROTO + b"}(."), "a MARK is left at STOP"
    yield "mark as value", boxed(PROTO + b"}(K\1K\2(tu."), "a MARK amid the values"
    yield "mark below reduce", boxed(PROTO + glob("a", "b") + b"(R."), "REDUCE with a MARK as its arguments"
    yield "left over", boxed(PROTO + b"NN" + value({"weight": tensor()}) + STOP), "values left on the stack at STOP", [0, 4]
    yield "after stop", boxed(state(weight=tensor()) + b"garbage"), "bytes after STOP", [0, 4]
    yield "obj without class", boxed(PROTO + b"(o."), "OBJ with no class"
    yield "odd setitems", boxed(PROTO + b"}(K\1K\2K\3u."), "SETITEMS with a key and no value"
    yield "odd dict", boxed(PROTO + b"(K\1K\2K\3d."), "DICT with a key and no value"


def _memo():
    for name, code in [("binget", b"h\x07"), ("long binget", b"j\7\0\0\0"), ("get", b"g7\n"), ("get huge", b"g99999999999999999999999\n"),
                       ("get text", b"gx\n"), ("get negative", b"g-1\n"), ("put negative", b"Np-1\n"), ("put text", b"Npx\n")]:
        yield f"memo {name}", boxed(PROTO + code + b"."), f"memo: {name}"
    yield "memo huge index", boxed(PROTO + value({"weight": tensor()}) + b"r\xff\xff\xff\xff."), "LONG_BINPUT 4294967295", [0, 4]
    yield "memo text huge", boxed(PROTO + value({"weight": tensor()}) + b"p9223372036854775807\n."), "PUT 2^63 - 1", [0, 4]
    yield "memo of mark", boxed(PROTO + b"(q\0h\0t."), "BINPUT of a MARK"


def _lengths():
    for name, code in [
        ("binunicode", b"X\xff\xff\xff\xff"), ("binunicode short", b"X\x10\0\0\0abc"), ("binunicode8", b"\x8d" + b"\xff" * 7 + b"\x7f"),
        ("binunicode8 max", b"\x8d" + b"\xff" * 8), ("short binunicode", b"\x8c\xffab"), ("binbytes", b"B\xff\xff\xff\xffa"),
        ("binbytes8", b"\x8e" + b"\xff" * 8), ("short binbytes", b"C\x09a"), ("bytearray8", b"\x96" + b"\xff" * 8),
        ("binstring negative", b"T\xff\xff\xff\xff"), ("binstring", b"T\xff\xff\xff\x7fa"), ("short binstring", b"U\x50a"),
        ("long4 negative", b"\x8b\xff\xff\xff\xff"), ("long4 huge", b"\x8b\xff\xff\xff\x7f"), ("long1", b"\x8a\xff\1"), ("binfloat", b"G\0\0"),
        ("binint", b"J\1\2"), ("binint2", b"M\1"), ("frame", b"\x95" + b"\xff" * 8), ("frame signed", b"\x95" + b"\0" * 7 + b"\x80"),
        ("global one line", b"ccollections\n"), ("global no line", b"ccollections"), ("inst one line", b"(iabc\n"), ("ext4", b"\x84\1"), ("proto", b"\x80")]:
        yield f"length {name}", boxed(PROTO + code), f"{name}: longer than the pickle"
    whole = b"\x80\x04" + value({"weight": tensor()}) + STOP
    yield "frame long", boxed(b"\x80\x04\x95" + struct.pack("<Q", len(whole) + 90) + whole[2:]), "a FRAME that ends beyond the pickle"
    yield "frame short", boxed(b"\x80\x04\x95" + struct.pack("<Q", 9) + whole[2:]), "a FRAME that ends inside an opcode", [0, 4]
    yield "frame in frame", boxed(b"\x80\x04\x95" + struct.pack("<Q", len(whole) + 7) + b"\x95" + struct.pack("<Q", len(whole) - 2) + whole[2:]), "a FRAME within a FRAME", [0, 4]


def _text():
    for name, code in [("int letters", b"Iabc\n"), ("int empty", b"I\n"), ("int underscore", b"I1_0\n"), ("int spaces", b"I 1 \n"), ("float letters", b"Fabc\n"),
                       ("long letters", b"LxL\n"), ("string bare", b"Sabc\n"), ("string half", b"S'abc\n"), ("string one quote", b"S'\n"),
                       ("string escape", b"S'\\x4'\n"), ("unicode escape", b"V\\u12\n"), ("unicode wide", b"V\\U99999999\n"), ("no newline", b"I12")]:
        yield f"text {name}", _inside(code), f"{name}", [0, 4] if name in ("int underscore", "int spaces", "string escape") else [4]
    yield "utf8 invalid", _inside(b"X\2\0\0\0\xff\xfe"), "BINUNICODE that is not UTF-8"
    yield "utf8 overlong", _inside(b"X\2\0\0\0\xc0\x80"), "BINUNICODE with an overlong NUL"
    yield "global not utf8", _inside(b"c\xff\xfe\nx\n"), "a global whose module is not UTF-8", [0, 4]
    yield "long digits", packed(PROTO + b"}X\1\0\0\0aL" + b"9" * 200_000 + b"L\ns."), "a LONG of 200,000 digits"
    yield "int digits", packed(PROTO + b"}X\1\0\0\0aI" + b"7" * 200_000 + b"\ns."), "an INT of 200,000 digits"
    yield "get digits", packed(PROTO + b"g" + b"1" * 200_000 + b"\n."), "a GET of 200,000 digits"
    yield "long4 big", packed(PROTO + b"}X\1\0\0\0a\x8b" + struct.pack("<i", 500_000) + b"\x7f" * 500_000 + b"s."), "a LONG4 of 500,000 bytes", [4]
    yield "global 1 MB", packed(dictionary(extra=glob("x" * 900_000, "y"))), "a global's module of 900,000 letters", [0, 4]
    yield "name 1 MB", packed(PROTO + value({"n" * 900_000: tensor()}) + STOP), "a tensor's name of 900,000 letters", [0, 3, 4]


def _types():
    for name, code in [
        ("setitem on list", b"]K\1K\2s"), ("append on dict", b"}K\1a"), ("appends on tuple", b")(K\1e"), ("additems on list", b"](K\1\x90"),
        ("build on none", b"N}b"), ("build on int", b"K\1}b"), ("build on text", value("a") + b"}b"), ("reduce on int", b"K\1)R"),
        ("reduce on text", value("print") + b")R"), ("reduce no tuple", glob("collections", "OrderedDict") + b"K\1R"), ("newobj on int", b"K\1)\x81"),
        ("newobj no tuple", glob("labs", "A") + b"N\x81"), ("newobj ex no dict", glob("labs", "A") + b")N\x92"), ("stack global ints", b"K\1K\2\x93"),
        ("stack global none", b"NN\x93"), ("list as key", b"}]K\1s"), ("dict as key", b"}}K\1s"), ("set of lists", b"\x8f(]\x90"), ("frozenset of lists", b"(]\x91"),
        ("persid int", b"K\1Q"), ("persid none", b"NQ"), ("persid text", b"Pstorage\n"), ("persid empty", b")Q"), ("persid unknown", value(("stuff", 1, 2, 3, 4)) + b"Q"),
        ("persid list", value(["storage", 1]) + b"Q"), ("next buffer", b"\x97"), ("readonly of int", b"K\1\x98"), ("setitem on int", b"K\1K\2K\3s")]:
        exits = [0, 4] if name in ("newobj no tuple", "newobj ex no dict", "readonly of int", "list as key", "dict as key", "set of lists",
                                   "frozenset of lists", "reduce no tuple") else [4]
        yield f"type {name}", _inside(code), name, exits
    for code in (0x00, 0x01, 0x0A, 0x20, 0x7F, 0x99, 0x9A, 0xFE, 0xFF):
        yield f"opcode {code:02x}", _inside(bytes([code])), f"an unknown opcode 0x{code:02x}"
    for protocol in (6, 255):
        yield f"protocol {protocol}", boxed(bytes([0x80, protocol]) + state(weight=tensor())[2:]), f"protocol {protocol}", [0, 4]
    yield "protocol again", boxed(PROTO + b"\x80\x02" + state(weight=tensor())[2:]), "PROTO twice", [0, 4]
    yield "protocol 9 inside", _inside(b"\x80\x09N"), "PROTO 9 in the middle", [0, 4]
    for name, one in [("none", None), ("int", 5), ("text", "hello"), ("list of ints", [1, 2]), ("nested dicts", {"a": {"b": {}}}), ("bytes", b"x"), ("float", 1.5)]:
        yield f"root {name}", boxed(pickle(one)), f"the root is {name}: no tensors"
    yield "root storage", boxed(pickle(storage())), "the root is a bare storage", [0, 4]
    yield "root class", boxed(pickle(glob("torch.nn", "Linear"))), "the root is a class"


def _depth():
    deep = 200_000
    yield "depth lists", packed(PROTO + b"]" * deep + b"a" * (deep - 1) + STOP), "200,000 lists inside one another"
    yield "depth tuples", packed(PROTO + b")" + b"\x85" * deep + STOP), "200,000 tuples inside one another"
    yield "depth dicts", packed(PROTO + b"}" + b"K\1}" * deep + b"s" * deep + STOP), "200,000 dictionaries inside one another"
    yield "depth reduce", packed(PROTO + glob("labs", "A") + b"q\0" + b")R" + b"0" + b"N" + b"".join([b"\x85q\1" + b"0h\0h\1R"] * 60_000) + STOP), "60,000 calls inside one another"
    yield "depth marks", packed(PROTO + b"(" * deep + b"t" * deep + STOP), "200,000 MARKs"
    yield "depth below tensor", packed(PROTO + b"}X\1\0\0\0ax"[:-1] + b"]" * 50_000 + tensor() + b"a" * 50_000 + b"s" + STOP), "a tensor below 50,000 lists", [0, 3, 4]
    yield "depth build", packed(PROTO + glob("labs", "A") + b"q\0" + b")\x81" + (b"h\0)\x81") * 50_000 + b"b" * 50_000 + STOP), "50,000 states inside one another"
    yield "depth parameters", packed(PROTO + b"}X\1\0\0\0a" + glob("torch._utils", "_rebuild_parameter") * 3000 + tensor()
                                     + b"".join([b"\x88" + glob("collections", "OrderedDict") + b")R\x87R"] * 3000) + b"s" + STOP), "3,000 Parameters inside one another", [0, 4]


def _growth():
    leaf = tensor()
    doubled = b"".join(b"2\x86" for _ in range(60))
    yield "doubling dup", boxed(pickle(Ops(leaf + doubled))), "DUP and TUPLE2, 60 times: 2^60 paths to a tensor", [3, 4]
    memo = b"".join(b"q" + bytes([i]) + b"0h" + bytes([i]) + b"h" + bytes([i]) + b"\x86" for i in range(60))
    yield "doubling memo", boxed(pickle(Ops(leaf + memo))), "memo and TUPLE2, 60 times", [3, 4]
    dicts = leaf + b"".join(b"q" + bytes([i]) + b"0}(X\1\0\0\0ah" + bytes([i]) + b"X\1\0\0\0bh" + bytes([i]) + b"u" for i in range(60))
    yield "doubling dicts", boxed(pickle(Ops(dicts))), "60 dictionaries, each twice in the next", [3, 4]
    yield "doubling beside", boxed(dictionary(extra=Ops(b")" + doubled))), "2^60 paths beside the state dict, none to a tensor", [0, 4]
    keys = b"".join(b"2\x86" for _ in range(40))
    yield "doubling key", boxed(PROTO + b"}" + b")" + keys + leaf + b"s" + STOP), "a dictionary's key is a tuple of 2^40 leaves", [0, 3, 4]
    yield "cycle list", boxed(PROTO + b"]q\0h\0a."), "a list that holds itself"
    yield "cycle dict", boxed(PROTO + b"}q\0(" + value("self") + b"h\0" + value("weight") + leaf + b"u."), "a dictionary that holds itself", [0, 4]
    yield "cycle tuple", boxed(PROTO + b"]q\0h\0\x85a."), "a list that holds a tuple that holds it"
    yield "cycle object", boxed(PROTO + glob("labs", "A") + b")\x81q\0}" + value("me") + b"h\0sb."), "an object that holds itself"
    yield "cycle module", boxed(PROTO + glob("torch.nn.modules.module", "Module") + b")\x81q\0}(" + value("_modules") + b"}" + value("me") + b"h\0s" + value("_parameters") + b"}"
                                + value("_buffers") + b"}ub."), "a module that is its own child"
    yield "cycle reduce", boxed(PROTO + b"]q\0" + glob("collections", "OrderedDict") + b"h\0\x85Ra" + STOP), "an OrderedDict of a list that holds it", [0, 4]
    yield "cycle key", boxed(PROTO + b"}q\0h\0\x85K\1s."), "a dictionary with itself inside a key"
    yield "pops", packed(PROTO + b"N0" * 1_000_000 + value({"weight": leaf}) + STOP), "two million opcodes that do nothing", [0, 4]
    yield "memo puts", packed(PROTO + b"]" + b"".join(b"r" + struct.pack("<I", i * 7919) for i in range(4_000)) + STOP), "4,000 memo entries far apart"


def _sharing():
    """One large value, handed to very many calls in a few bytes each: what is made of it must not be made each time."""
    many, calls = 200_000, 300_000
    row, pairs_ = b"(" + b"N" * many + b"t", b"}(" + b"NN" * many + b"u"

    def often(made, each, function=None):
        called = glob(*function) + b"q\1" + POP if function else b""
        return packed(PROTO + made + b"q\0" + POP + called + b"](" + each * calls + tensor() + b"e" + STOP)
    for name, function in [("unknown", ("labs", "f")), ("reconstruct", ("numpy._core.multiarray", "_reconstruct")), ("scalar", ("numpy._core.multiarray", "scalar")),
                           ("restore type tag", ("torch.jit._pickle", "restore_type_tag"))]:
        yield f"shared arguments {name}", often(row, b"h\1h\0R", function), f"one tuple of {many:,} as the arguments of {calls:,} calls of {name}", [0, 4]
    yield "shared arguments rebuild", often(row, b"h\1h\0R", ("torch._utils", "_rebuild_tensor_v2")), f"one tuple of {many:,} as the arguments of {calls:,} tensors", [4]
    yield "shared size", often(row.replace(b"N", b"K\1"), b"h\1h\0\x85R", ("torch", "Size")), f"{calls:,} sizes of one tuple of {many:,}", [0, 4]
    yield "shared pairs", often(b"](" + b"N" * many + b"e", b"h\1h\0\x85R", ("collections", "OrderedDict")), f"{calls:,} OrderedDicts of one list of {many:,}", [0, 4]
    yield "shared state", often(row, b"h\1)Rh\0b", ("labs", "f")), f"one tuple of {many:,} as the state of {calls:,} objects", [0, 4]
    yield "shared attributes", often(pairs_, b"h\1)Rh\0b", ("labs", "f")), f"one dictionary of {many:,} as the state of {calls:,} objects", [0, 4]
    yield "shared persistent id", often(b"(" + value("storage") + b"N" * many + b"t", b"h\0Q"), f"one tuple of {many:,} as {calls:,} persistent ids", [4]
    yield "shared array", often(glob("numpy._core.multiarray", "_reconstruct") + b")R(" + b"N" * many + b"e", b"h\0"), f"an array with {many:,} appended values, {calls:,} times", [0, 4]
    kind = call("numpy dtype", "u1", False, True) + value((3, "|", None, None, None, -1, -1, 0)) + BUILD
    array = glob("numpy._core.multiarray", "_reconstruct") + value((glob("numpy", "ndarray"), (0,), b"b")) + REDUCE
    for name, data in [("text", glob("_codecs", "encode") + value("abcdefgh" * 250_000) + value("latin1") + b"\x86R"), ("bytes", b"B" + struct.pack("<I", 2_000_000) + b"abcdefgh" * 250_000)]:
        yield f"shared array {name}", packed(PROTO + kind + b"q\2" + POP + data + b"q\1" + POP + b"](" + (array + b"(K\1" + value((2_000_000,)) + b"h\2\x89h\1tb") * 500 + array + b"(K\1" + value((7,)) + b"h\2\x89h\1tbe" + STOP), \
            f"500 arrays of the same 2 MB of {name}, and one whose shape does not fit", [4]
    big = b"B" + struct.pack("<I", 2_000_000) + b"abcdefgh" * 250_000
    yield "shared array whole", packed(PROTO + kind + b"q\2" + POP + big + b"q\1" + POP + b"](" + (array + b"(K\1" + value((2_000_000,)) + b"h\2\x89h\1tb") * 5000 + b"e" + STOP), \
        "5,000 arrays of the same 2 MB: 10 GB", [4]
    nested = stream(PROTO + b"](" + b"N" * 300_000 + b"e.", {})
    yield "shared file", often(b"B" + struct.pack("<I", len(nested)) + nested, b"h\1h\0\x85R", ("torch.storage", "_load_from_bytes")), \
        f"one torch file of 300,000 Nones, handed to {calls:,} calls of _load_from_bytes", [4]
    sliding = state(**{str(start): tensor(storage(numel=500_000), start, (499_000,), (1,)) for start in range(1000)})
    views = state(**{str(start): tensor(storage(numel=500_000), start, (10,), (1,)) for start in range(0, 499_000, 25)})
    yield "shared deflated storage", archive([entry("m/data.pkl", views, method=8), entry("m/data/0", bytes(2_000_000), method=8), entry("m/version", b"3\n")]), \
        "20,000 small views all over 2 MB that are deflated", [4]
    yield "shared storage", archive([entry("m/data.pkl", sliding, method=8), entry("m/data/0", bytes(2_000_000), method=8), entry("m/version", b"3\n")]), \
        "1,000 views of the same 2 MB, each an element further: 2 GB", [4]
    yield "shared name", packed(PROTO + b"}" + value("k" * 60_000) + b"]q\0(" + b"h\0" * 1_000_000 + tensor() + b"es."), "a list with itself in it a million times, under a name of 60,000 letters", [0, 4]
    chain = b"}X\x60\xea\0\0" + b"k" * 60_000 + b"]" * 900 + tensor() + b"a" * 900 + b"sq\1"
    yield "shared path", packed(PROTO + b"](" + chain + b"h\1" * 1600 + b"e" + STOP), "1,600 times a path of 900 lists below a name of 60,000 letters", [4]
    count = 4 << 20
    for name, unit in [("lists", b"]"), ("dicts", b"}"), ("sets", b"\x8f"), ("tuples", b"N\x85"), ("memo", b"]\x94"), ("floats", b"G" + b"\0" * 8)]:
        few = count if len(unit) < 3 else 1_800_000
        yield f"many {name}", packed(PROTO + b"}" + value("weight") + tensor() + b"s" + value("beside") + b"(" + unit * few + b"ts."), f"{few:,} {name} beside a tensor", [0, 4]
    yield "many objects", packed(PROTO + glob("labs", "A") + b"q\0(" + b"h\0)\x81Nb" * 1_600_000 + b"t" + STOP), "1.6 million objects with a state", [4]
    yield "opcodes", packed(PROTO + b"(" + b"N" * ((8 << 20) + 1) + b"t" + STOP), "more opcodes than are read", [4]


def cases():
    for make in (_stack, _memo, _lengths, _text, _types, _depth, _growth, _sharing):
        for slug, data, what, *exits in make():
            yield Case("p", slug, data, what, exits[0] if exits else [4])
