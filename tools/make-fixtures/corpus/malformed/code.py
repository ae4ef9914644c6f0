"""Class c: calls of code in every place a pickle has for one. The code is `os.system("true")` and the like."""

from ..pickle_assembler import (BUILD, HOOKS, MARK, NEWOBJ, POP, PROTO, REDUCE, STOP, Ops, call, glob, harmless, pairs,
                                pickle, state, storage, tensor, value)
from ..torch_archive import entries
from ..zip_writer import archive, entry
from .case import Case, FOUR, boxed, dictionary, parts
from .legacy import stream

#: One callable for each module that the reference refuses. None of these calls would do anything.
DANGEROUS = [
    "os system", "posix system", "nt system", "sys exit", "subprocess Popen", "pty spawn", "socket create_connection",
    "ssl get_server_certificate", "shutil which", "runpy run_module", "ctypes CDLL", "marshal loads", "types CodeType",
    "types FunctionType", "code InteractiveInterpreter", "codeop compile_command", "importlib import_module",
    "pkgutil get_data", "pickle loads", "_pickle loads", "dill loads", "cloudpickle loads", "builtins eval", "__builtin__ eval",
    "builtins exec", "builtins getattr", "builtins __import__", "builtins open", "builtins compile", "builtins globals",
    "builtins print", "builtins type", "operator attrgetter", "operator methodcaller", "_operator itemgetter", "webbrowser open",
    "asyncio run", "multiprocessing Process", "timeit timeit", "pdb run", "bdb Bdb", "cProfile run", "profile run",
    "trace Trace", "doctest debug_script", "pydoc locate", "pip main", "pip._internal main", "ensurepip bootstrap", "venv create",
    "idlelib.run Executive", "lib2to3.pgen2 driver", "distutils.spawn spawn", "urllib.request urlopen",
    "http.client HTTPSConnection", "requests get", "torch.serialization load", "torch.hub load", "os.path join", "asyncio.unix_events Loop",
]


def _globals():
    for one in DANGEROUS:
        module, name = one.split()
        yield Case("c", f"global {module} {name}", boxed(dictionary(extra=call(one, "true"))), f"calls {module}.{name}", [3])


def _opcodes():
    system = glob("os", "system")
    stack = value("os") + value("system") + b"\x93"
    tail = value("true")
    pay = harmless()
    for slug, ops, what in [
        ("inst", b"(" + tail + b"ios\nsystem\n", "INST"),
        ("obj", b"(" + system + tail + b"o", "OBJ"),
        ("newobj", system + value(("true",)) + NEWOBJ, "NEWOBJ"),
        ("newobj ex", system + value(("true",)) + b"}" + b"\x92", "NEWOBJ_EX"),
        ("stack global", stack + value(("true",)) + REDUCE, "STACK_GLOBAL"),
        ("stack global memo", value("os") + b"q\x00" + POP + value("system") + b"q\x01" + POP + b"h\x00h\x01\x93" + value(("true",)) + REDUCE,
         "STACK_GLOBAL with names from the memo"),
        ("short strings", b"\x8c\x02os\x8c\x06system\x93" + value(("true",)) + REDUCE, "SHORT_BINUNICODE names"),
        ("popped", b"N" + pay + POP, "a call whose result is popped"),
        ("pop mark", b"N(" + pay + b"1", "a call dropped by POP_MARK"),
        ("memo only", pay + b"q\x05" + POP + b"N", "a call kept in the memo only"),
        ("bare", system, "the function itself, never called"),
        ("build state", glob("labs", "Thing") + b")" + NEWOBJ + value({"x": pay}) + BUILD, "a call in a BUILD state"),
        ("build on function", system + value({"x": 1}) + BUILD, "BUILD on a dangerous function"),
        ("arguments", call("labs.things Thing", pay), "a call inside an unknown class's arguments"),
        ("function of function", Ops(call("functools partial", system) + value(("true",)) + REDUCE), "partial(os.system) called"),
        ("list", value([pay]), "a call in a list"), ("set", b"\x8f(" + pay + b"\x90", "a call in a set"),
        ("frozenset", b"(" + pay + b"\x91", "a call in a frozenset"), ("dup", pay + b"2" + POP, "a call's result doubled by DUP"),
        ("ordered dict pairs", call("collections OrderedDict", [["k", pay]]), "a call in an OrderedDict's pairs"),
        ("default factory", call("collections defaultdict", system), "a dangerous default factory"),
        ("dotted name", value("torch") + value("serialization.os.system") + b"\x93" + value(("true",)) + REDUCE, "a dotted name reaching os"),
        ("dotted module", call("torch.os system", "true"), "os as a part of a module's name"),
        ("torch attribute", call("torch.jit.frontend os.system", "true"), "os as a part of an attribute's path"),
        ("numpy attribute", call("numpy.os.sys exit", 0), "sys as a part of a module's name"),
        ("copyreg", Ops(glob("copyreg", "_reconstructor") + value((system, glob("builtins", "object"), None)) + REDUCE), "os.system as the class of copyreg"),
        ("newline in name", b"\x8c\x02os\x8c\x07system\n\x93" + value(("true",)) + REDUCE, "a name that ends in a newline"),
    ]:
        exits = [3, 4] if slug in ("set", "frozenset", "dup", "build on function", "newline in name") else [3]
        yield Case("c", slug, boxed(dictionary(extra=Ops(ops))), what, exits)


def _places():
    pay = harmless()
    good = tensor()
    yield Case("c", "root", boxed(pickle(pay)), "the root object is the call", [3])
    yield Case("c", "in hooks", boxed(state(weight=tensor(hooks=Ops(HOOKS + value({0: pay}) + BUILD)))), "a call in a tensor's hooks", [3])
    yield Case("c", "hooks are a call", boxed(state(weight=tensor(hooks=pay))), "the hooks are a call", [3])
    yield Case("c", "in size", boxed(state(weight=tensor(size=pay))), "a tensor's size is a call", [3, 4])
    yield Case("c", "storage class", boxed(state(weight=tensor(storage(kind=glob("os", "system"))))), "os.system as the storage class", [3, 4])
    yield Case("c", "dict key", boxed(PROTO + pairs((pay, 1), ("weight", good)) + STOP), "a call as a dictionary's key", [3])
    yield Case("c", "metadata attribute", boxed(
        PROTO + HOOKS + b"(" + value("weight") + good + b"u" + value({"_metadata": pay}) + BUILD + STOP), "a call in an OrderedDict's attributes", [3])
    yield Case("c", "parameter hooks", boxed(state(weight=call("torch._utils _rebuild_parameter", good, True, pay))), "a call in a Parameter's hooks", [3])
    yield Case("c", "from type v2", boxed(state(weight=call("torch._tensor _rebuild_from_type_v2", glob("os", "system"), glob("torch", "Tensor"), ("true",), {}))),
               "_rebuild_from_type_v2 of os.system", [3])
    yield Case("c", "from type v2 state", boxed(state(weight=call(
        "torch._tensor _rebuild_from_type_v2", glob("torch._utils", "_rebuild_tensor_v2"), glob("torch", "Tensor"),
        (storage(), 0, (2, 2), (2, 1), False, HOOKS), {"x": pay}))), "a call in a subclass's state", [3])
    yield Case("c", "numpy dtype", boxed(dictionary(a=call("numpy._core.multiarray scalar", pay, b"\0" * 4))), "a numpy dtype that is a call", [3])
    yield Case("c", "before garbage", boxed(PROTO + value({"weight": good, "x": pay}) + b"\xff\xff\xff"), "a call, then a broken pickle", [3, 4])
    yield Case("c", "before end", boxed(PROTO + pay), "a call, then no STOP", [3, 4])
    yield Case("c", "after stop", boxed(state(weight=good) + pickle(pay)), "a second pickle with a call after the first", [0, 3, 4])
    yield Case("c", "second data pkl", archive([*parts(state(weight=good)), entry("m/sub/data.pkl", pickle(pay))]), "a call in another record named data.pkl", [0, 3, 4])
    yield Case("c", "constants pkl", archive([*parts(state(weight=good)), entry("m/constants.pkl", pickle((pay,)))]), "a call in constants.pkl", [3, 4])
    yield Case("c", "protocol 0", boxed(b"(dS'weight'\ncos\nsystem\n(S'true'\ntRs."), "protocol 0, text opcodes", [3])
    yield Case("c", "plain pickle", pickle({"x": pay}), "a plain pickle with a call", [3, 4], suffix=".pkl")
    yield Case("c", "plain protocol 0", b"cos\nsystem\n(S'true'\ntR.", "a plain protocol 0 pickle with a call", [3, 4], suffix=".pkl")
    yield Case("c", "plain protocol 4", b"\x80\x04\x95\x1d\0\0\0\0\0\0\0\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.", "a plain protocol 4 pickle with a call", [3, 4], suffix=".bin")
    yield Case("c", "wrong byte order", archive(entries("m", pickle({"x": pay}), {"0": FOUR}, order="2.1", alignment=0)), "a call where no tensor is", [3])


def _nested():
    def nested(data):
        return call("torch.storage _load_from_bytes", data)
    inner = stream(pickle({"x": harmless()}), {})
    yield Case("c", "nested", boxed(dictionary(extra=nested(inner))), "a call inside _load_from_bytes", [3, 4])
    deep = stream(pickle(nested(stream(pickle(nested(inner)), {}))), {})
    yield Case("c", "nested thrice", boxed(dictionary(extra=nested(deep))), "a call three _load_from_bytes deep", [3, 4])
    yield Case("c", "nested in numpy", boxed(dictionary(extra=call("joblib.numpy_pickle NumpyArrayWrapper", harmless()))), "a call in a joblib wrapper", [3])
    for code, size in ((b"\x82", b"\x01"), (b"\x83", b"\x01\0"), (b"\x84", b"\x01\0\0\0")):
        yield Case("c", f"ext {len(size)}", boxed(dictionary(extra=Ops(code + size))), "EXT: a global by registry number", [3, 4])


def cases():
    yield from _globals()
    yield from _opcodes()
    yield from _places()
    yield from _nested()
