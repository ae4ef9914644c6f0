"""fixtures/torch/hand: pickles that today's torch.save does not write but yesterday's torch, or another tool, did."""

import collections
import io
import pickle
import struct

import torch

from .pickle_assembler import BUILD, HOOKS, NEWOBJ, PROTO, STOP, Ops, call, glob, pairs, pickle as pickled, storage, tensor, value
from .samples import random
from .torch_archive import entries, legacy
from .truth import flattened
from .zip_writer import archive, entry

_FOUR = struct.pack("<4f", 1, -2, 3.5, 4)
_WEIGHT = torch.tensor([[1, -2], [3.5, 4]])


def _boxed(data, storages=None):
    return archive(entries("archive", data, {"0": _FOUR} if storages is None else storages, order="2.1", alignment=0))


def _put(manifest, name, ops, notes, expected=None, storages=None, **facts):
    """A state dict whose `weight` is the four floats unless said otherwise; read back by torch if it can."""
    manifest.path(f"hand/{name}.pt").write_bytes(_boxed(ops if ops.startswith(b"\x80") else pickled(Ops(ops)), storages))
    try:
        found = torch.load(manifest.folder / f"hand/{name}.pt", weights_only=False, map_location="cpu")
    except (AttributeError, ImportError):
        found = expected  # A class that no one has.
    wanted, found = dict(flattened(expected)), dict(flattened(found))
    assert all(torch.equal(found[key], one) for key, one in wanted.items()), name
    manifest.torch(f"hand/{name}.pt", notes=notes, loaded=expected, **facts)


def _rebuilds(manifest):
    good = tensor()
    f4 = Ops(call("numpy dtype", "f4", False, True) + value((3, "<", None, None, None, -1, -1, 0)) + BUILD)
    array = Ops(call("numpy.core.multiarray _reconstruct", glob("numpy", "ndarray"), (0,), b"b") + value((1, (2, 2), f4, False, _FOUR)) + BUILD)
    for name, one, notes in [
        ("rebuild-tensor", call("torch._utils _rebuild_tensor", storage(), 0, (2, 2), (2, 1)), "_rebuild_tensor of torch 0.3"),
        ("v2-torch-size", call("torch._utils _rebuild_tensor_v2", storage(), 0, call("torch Size", (2, 2)), (2, 1), False, HOOKS), "a torch.Size as the size"),
        ("from-numpy", call("torch._utils _rebuild_device_tensor_from_numpy", array, glob("torch", "float32"), "cpu", False), "_rebuild_device_tensor_from_numpy, as XLA tensors were saved"),
        ("from-cpu", call("torch._utils _rebuild_device_tensor_from_cpu_tensor", good, glob("torch", "float32"), "cpu", False), "_rebuild_device_tensor_from_cpu_tensor"),
        ("metadata-empty", call("torch._utils _rebuild_tensor_v2", storage(), 0, (2, 2), (2, 1), False, HOOKS, {}), "empty tensor metadata"),
        ("parameter-of-parameter", call("torch._utils _rebuild_parameter", call("torch._utils _rebuild_parameter", good, True, HOOKS), False, HOOKS), "a Parameter of a Parameter"),
        ("location-odd", tensor(storage(location="hpu")), "a storage of a device torch does not have here"),
        ("cuda-class", tensor(storage(kind=glob("torch.cuda", "FloatStorage"), location="cuda:0")), "torch.cuda.FloatStorage"),
    ]:
        _put(manifest, name, value({"weight": one}), notes, {"weight": _WEIGHT})
    _put(manifest, "untyped", value({"weight": call("torch._utils _rebuild_tensor_v3", storage(kind=glob("torch.storage", "UntypedStorage"), numel=16), 0, (2, 2), (2, 1),
         False, HOOKS, glob("torch", "float32"))}), "torch.storage.UntypedStorage under its full name", {"weight": _WEIGHT})


def _opcodes(manifest):
    good = tensor()
    expected = {"weight": _WEIGHT}
    name = value("weight")
    for slug, ops, notes in [
        ("dup-pop", b"}" + name + good + b"20s", "DUP and POP"), ("pop-mark", b"}(NNN1" + name + good + b"s", "POP_MARK"),
        ("dict-opcode", b"(" + name + good + b"d", "DICT"), ("list-opcode", value({"weight": good, "list": 1})[:-1] + value("l") + b"(K\1K\2lu", "LIST"),
        ("inst", b"}" + name + good + b"s" + value("o") + b"(K\1ilabs.things\nThing\ns", "INST of an unknown class"), ("obj", b"}" + name + good + b"s" + value("o") + b"(" + glob("labs.things", "Thing") + b"K\1os", "OBJ of an unknown class"),
        ("newobj-ex", b"}" + name + good + b"s" + value("o") + glob("labs.things", "Thing") + b")}\x92s", "NEWOBJ_EX"),
        ("memo-late", b"}q\1" + b"0h\1" + name + good + b"s", "a dictionary filled through the memo"), ("memo-text", b"}p99999\n0g99999\n" + name + good + b"s", "PUT and GET"),
        ("memo-sparse", b"}r\xa0\x86\x01\0" + b"0j\xa0\x86\x01\0" + name + good + b"s", "a memo index of 100,000"), ("short-strings", b"}U\x06weight" + good + b"s", "SHORT_BINSTRING"),
        ("binstring", b"}T\x06\0\0\0weight" + good + b"s", "BINSTRING"), ("string", b"}S'wei\\x67ht'\n" + good + b"s", "STRING with an escape"), ("unicode", b"}Vwei\\u0067ht\n" + good + b"s", "UNICODE with an escape"),
        ("text-numbers", value({"weight": good, "i": 1})[:-1] + b"".join([value("a"), b"I01\n", value("b"), b"I-7\n", value("c"), b"L12345678901234567890L\n", value("d"), b"F1e-3\n", value("e"), b"L5\n"]) + b"u", "INT, LONG and FLOAT as text"),
        ("bytes-opcodes", value({"weight": good, "i": 1})[:-1] + value("a") + b"C\2ab" + value("b") + b"\x8e" + struct.pack("<Q", 2) + b"cd" + value("c") + b"\x96" + struct.pack("<Q", 1) + b"e" + b"u", "every bytes opcode"),
        ("long4", value({"weight": good, "i": 1})[:-1] + value("a") + b"\x8b\x03\0\0\0\1\2\3" + value("b") + b"\x8a\0" + b"u", "LONG4, and a LONG1 of no bytes"),
        ("sets", value({"weight": good, "i": 1})[:-1] + value("a") + b"\x8f(K\1K\2\x90" + value("b") + b"(K\3\x91" + b"u", "EMPTY_SET, ADDITEMS, FROZENSET"),
        ("build-twice", b"}" + name + good + b"s" + value("o") + glob("labs.things", "Thing") + b")\x81" + value({"a": 1}) + b"b" + value((None, {"b": 2})) + b"bs", "BUILD twice, once with slots"),
        ("nested-class", b"}" + name + good + b"s" + value("o") + value("labs.things") + value("Outer.Inner") + b"\x93)\x81s", "STACK_GLOBAL of a nested class"),
    ]:
        _put(manifest, "opcode-" + slug, ops, notes, expected)


def _globals(manifest):
    """Names that look dangerous and are not; classes as keys; configuration objects of libraries that are not there."""
    good = tensor()
    names = ["ostrich Thing", "possix.tools system", "mysubprocess Popen", "mypackage.systematic Run", "operators.fast attrgetter", "socketio Client", "codecs_of_mine lookup",
             "torch.optim.adamw AdamW", "builder exec_plan", "shutils copy", "my_os system", "typesystem Type", "sysconfigs Config", "marshalling loads"]
    items = [("weight", good)] + [(name, call(name, 1)) for name in names]
    _put(manifest, "harmless-lookalikes", pairs(*items), "unknown globals whose names only resemble dangerous ones", {"weight": _WEIGHT})
    plain = [(name, call(name, *arguments)) for name, arguments in [
        ("__builtin__ set", ([1, 2],)), ("__builtin__ frozenset", ([1],)), ("__builtin__ complex", (1.0, 2.0)), ("__builtin__ xrange", (1, 5, 2)), ("__builtin__ slice", (1, None, 2)), ("__builtin__ bytearray", ("a", "latin1")),
        ("builtins range", (0, 3, 1)), ("__builtin__ list", ([1],)), ("__builtin__ dict", ()), ("__builtin__ bytes", ()), ("_codecs encode", ("é", "latin1"))]]
    _put(manifest, "builtin-values", pairs(("weight", good), *plain), "the value types of builtins", {"weight": _WEIGHT})
    thing = Ops(call("copy_reg _reconstructor", glob("labs.things", "Thing"), glob("__builtin__", "object"), None) + value({"a": 1}) + BUILD)
    _put(manifest, "reconstructor", pairs(("weight", good), ("o", thing)), "an object of protocol 1: copy_reg._reconstructor", {"weight": _WEIGHT})
    config = Ops(glob("omegaconf.dictconfig", "DictConfig") + b")" + NEWOBJ + value({"_metadata": Ops(glob("omegaconf.base", "ContainerMetadata") + b")" + NEWOBJ + value(
        {"ref_type": glob("typing", "Any"), "object_type": glob("__builtin__", "dict")}) + BUILD), "_content": {"lr": 0.1}, "_parent": None}) + BUILD)
    key = glob("pytorch_lightning.callbacks.model_checkpoint", "ModelCheckpoint")
    items = [("state_dict", Ops(value({"weight": good}))), ("hyper_parameters", Ops(call("pytorch_lightning.utilities.parsing AttributeDict", [["cfg", 1]]))), ("cfg", config),
             ("callbacks", pairs((key, {"best_model_path": Ops(call("pathlib PosixPath", "runs", "best.ckpt"))}))), ("strategy", call("transformers.trainer_utils IntervalStrategy", "steps")),
             ("scaler", Ops(glob("deepspeed.runtime.fp16.loss_scaler", "LossScaler") + b")" + NEWOBJ + value({"cur_scale": 1}) + BUILD)), ("frame", call("pandas.core.frame DataFrame", 1))]
    _put(manifest, "training-classes", pairs(*items), "Lightning, omegaconf, transformers, deepspeed, pandas objects beside the state dict; a class as a key", {"state_dict": {"weight": _WEIGHT}},
         select=["state_dict"], everything=False)
    metadata = Ops(HOOKS + b"(" + value("weight") + good + b"u" + value({"_metadata": {"": {"version": 1}}}) + BUILD)
    _put(manifest, "metadata", metadata, "an OrderedDict with a _metadata attribute", {"weight": _WEIGHT})


def _pickles(manifest):
    """pickle.dump of tensors, without torch.save: the storages are _load_from_bytes of legacy streams."""
    class Dumps(pickle.Pickler):
        def reducer_override(self, one):
            if isinstance(one, torch.storage.TypedStorage):
                return torch.storage._load_from_bytes, (legacy(one),)
            return NotImplemented
    weight = random("dumped", 3, 2)
    state = collections.OrderedDict(weight=weight, turned=weight.t(), bias=random("db", 2, dtype=torch.float16))
    for protocol in (2, 4):
        stream = io.BytesIO()
        Dumps(stream, protocol).dump(state)
        manifest.path(f"hand/pickle-dump-{protocol}.pkl").write_bytes(stream.getvalue())
        manifest.values(f"hand/pickle-dump-{protocol}.pkl", state.items(), format="any", exit=[0, 4], notes="pickle.dump of a state dict: read it or name it")
    inner = legacy(random("cache", 2, 2))
    _put(manifest, "load-from-bytes-tensor", value({"weight": tensor(), "cached": call("torch.storage _load_from_bytes", inner)}), "_load_from_bytes of a tensor",
         {"weight": _WEIGHT, "cached": random("cache", 2, 2)})


def _ambiguous(manifest):
    a, b = {"w": random("ga", 2)}, {"w": random("gb", 2), "v": random("gv", 2)}
    for name, checkpoint in [("two-networks", {"netG": a, "netD": b}), ("model-and-ema", {"model": a, "model_ema": {"w": random("ge", 2)}})]:
        manifest.save(f"hand/ambiguous-{name}.pt", checkpoint, everything=True, match="none", exit=[0, 2, 3, 4], notes="more than one state dict: choose and say so, or ask; --select . takes all")


def _large(manifest):
    zeros = torch.zeros(4 << 20)
    data = archive([entry("m/data.pkl", pickled({"zeros": tensor(storage(numel=4 << 20), 0, (4 << 20,), (1,))})), entry("m/data/0", b"\0" * (16 << 20), method=8), entry("m/version", b"3\n")])
    manifest.path("hand/deflated-zeros.pt").write_bytes(data)
    manifest.torch("hand/deflated-zeros.pt", notes="16 MB of zeros in 16 KB: a ratio of 1000 is legal for a storage whose size is declared")
    value_ = {"weight": random("skipped", 4, 4)}
    with torch.serialization.skip_data():
        torch.save(value_, manifest.path("hand/skip-data.pt"))
    manifest.torch("hand/skip-data.pt", notes="torch.serialization.skip_data: no values were written; CRCs are 0")
    from torch.utils.serialization import config
    old, config.save.storage_alignment = config.save.storage_alignment, 4096
    torch.save(value_, manifest.path("hand/real-alignment-4096.pt"))
    config.save.storage_alignment = old
    manifest.torch("hand/real-alignment-4096.pt", notes="torch.save with storage_alignment 4096")


def make(manifest):
    for one in (_rebuilds, _opcodes, _globals, _pickles, _ambiguous, _large):
        one(manifest)
