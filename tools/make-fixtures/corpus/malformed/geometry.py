"""Class g: tensors and storages whose numbers or types do not fit."""

from ..pickle_assembler import HOOKS, Ops, call, glob, pairs, pickle, state, storage, tensor
from .case import FOUR, Case, boxed, dictionary

_BIG, _HUGE = 1 << 62, 1 << 63


def _numbers():
    for slug, options, what in [
        ("size negative", {"size": (-2, 2)}, "a negative size"), ("size negative pair", {"size": (-2, -2)}, "two negative sizes"),
        ("stride negative", {"stride": (-2, 1)}, "a negative stride"), ("stride negative start", {"stride": (-2, 1), "offset": 2}, "a negative stride that stays inside"),
        ("offset negative", {"offset": -1}, "a negative offset"), ("offset past end", {"offset": 4}, "an offset at the end"), ("offset one", {"offset": 1}, "one element past the end"),
        ("offset huge", {"offset": _BIG}, "an offset of 2^62"), ("offset wraps", {"offset": _HUGE - 1}, "an offset of 2^63 - 1"), ("offset 2 63", {"offset": _HUGE}, "an offset of 2^63"),
        ("offset 2 64", {"offset": 1 << 64}, "an offset of 2^64"), ("size past end", {"size": (3, 2)}, "a size past the end"),
        ("stride past end", {"stride": (3, 1)}, "a stride past the end"), ("product overflow", {"size": (1 << 32, 1 << 32), "stride": (0, 0)}, "a product of 2^64"),
        ("product wraps to 4", {"size": (_BIG + 1, 4), "stride": (0, 0)}, "a product that wraps around to 4"),
        ("extent overflow", {"size": (3, 3), "stride": (_BIG, _BIG)}, "an extent that overflows"), ("extent wraps", {"size": (3, 1), "stride": (_HUGE - 1, 1)}, "an extent that wraps around"),
        ("size 2 64", {"size": (1 << 64, 1)}, "a size of 2^64"), ("byte overflow", {"size": (1 << 61, 2), "stride": (0, 0)}, "a byte count of 2^64"),
        ("zero and huge", {"size": (0, _HUGE), "stride": (1, 1)}, "a zero size beside 2^63"), ("rank short", {"stride": (1,)}, "fewer strides than sizes"),
        ("rank long", {"stride": (2, 1, 1)}, "more strides than sizes"), ("rank none", {"stride": ()}, "no strides"),
        ("size list", {"size": [2, 2]}, "the size is a list"), ("size none", {"size": None}, "the size is None"), ("size int", {"size": 4}, "the size is a number"),
        ("size text", {"size": "22"}, "the size is text"), ("size float", {"size": (2.0, 2)}, "a size is a float"), ("size bool", {"size": (True, 2)}, "a size is a bool"),
        ("size nested", {"size": ((2,), 2)}, "a size is a tuple"), ("size dict", {"size": {0: 2}}, "the size is a dictionary"), ("stride float", {"stride": (2.0, 1)}, "a stride is a float"),
        ("stride none", {"stride": None}, "the stride is None"), ("offset float", {"offset": 0.0}, "the offset is a float"), ("offset none", {"offset": None}, "the offset is None"),
        ("offset text", {"offset": "0"}, "the offset is text"), ("offset bool", {"offset": True}, "the offset is a bool"), ("grad text", {"grad": "yes"}, "requires_grad is text"),
        ("hooks none", {"hooks": None}, "the hooks are None"), ("hooks int", {"hooks": 5}, "the hooks are a number"),
    ]:
        odd = slug in ("size list", "size bool", "offset bool", "grad text", "hooks none", "hooks int", "zero and huge",
                        "rank none", "stride none")
        yield slug, boxed(state(weight=tensor(**options))), what, [0, 4] if odd else [4]
    for count in (65, 2000):
        yield f"rank {count}", boxed(state(weight=tensor(size=(1,) * count, stride=(1,) * count))), f"a tensor of rank {count}", [0, 4]
    for power in (33, 40, 50):
        one = tensor(size=(1 << power,), stride=(0,))
        yield f"expand 2 {power}", boxed(state(weight=one)), f"one element expanded to 2^{power}", [3, 4, 5]
    yield "empty far", boxed(state(weight=tensor(offset=99, size=(0, 3), stride=(3, 1)))), "no elements, offset past the end: torch takes it", [0, 4]
    yield "torch size", boxed(state(weight=tensor(size=call("torch Size", (2, -2))))), "a torch.Size with a negative size", [4]
    yield "torch size text", boxed(state(weight=tensor(size=call("torch Size", "22")))), "a torch.Size of text", [4]


def _storages():
    for slug, held, what, exits in [
        ("numel negative", storage(numel=-4), "a negative element count", [4]), ("numel 2 60", storage(numel=1 << 60), "2^60 elements", [4]),
        ("numel 2 62", storage(numel=1 << 62), "an element count whose bytes overflow", [4]), ("numel 2 64", storage(numel=(1 << 64) + 4), "2^64 + 4 elements", [4]),
        ("numel float", storage(numel=4.0), "the element count is a float", [4]), ("numel text", storage(numel="4"), "the element count is text", [4]),
        ("numel none", storage(numel=None), "the element count is None", [4]), ("numel more", storage(numel=5), "more elements than the record holds", [4]),
        ("numel less", storage(numel=3), "fewer elements than the record holds, and than the tensor needs", [4]),
        ("class unknown", storage(kind="FooStorage"), "an unknown storage class", [4]), ("class of module", storage(kind=glob("mytorch", "FloatStorage")), "another module's FloatStorage", [4]),
        ("class lookalike", storage(kind="NotAFloatStorage"), "a class whose name ends in FloatStorage", [4]), ("class text", storage(kind=Ops(b"X\x0c\0\0\0FloatStorage")), "the class is text", [4]),
        ("class tensor", storage(kind="FloatTensor"), "the class is a tensor type", [0, 4]), ("class none", storage(kind=Ops(b"N")), "the class is None", [4]),
        ("key int", storage(key=0), "the key is a number", [0, 4]), ("key none", storage(key=None), "the key is None", [4]), ("key tuple", storage(key=(1, 2)), "the key is a tuple", [4]),
        ("key unknown", storage(key="7"), "the key has no record", [4]), ("location int", storage(location=5), "the location is a number", [0, 4]),
        ("location odd", storage(location="nowhere:9"), "an unknown location", [0, 4]), ("short tuple", Ops(b"(" + b"X\7\0\0\0storage" + b"tQ"), "a persistent id of one part", [4]),
        ("more parts", storage(more=(None, 1)), "a persistent id of seven parts", [0, 4]), ("double size", storage(kind="DoubleStorage"), "four doubles in 16 bytes", [4]),
        ("half size", storage(kind="HalfStorage"), "four halves in 16 bytes", [4]), ("untyped 4", storage(kind="UntypedStorage"), "an UntypedStorage of 4 bytes in 16", [4]),
        ("meta", storage(location="meta"), "a storage on meta, with a record", [0, 3, 4]), ("quantised", storage(kind="QInt8Storage", numel=16), "a quantised storage under _rebuild_tensor_v2", [3, 4]),
        ("not a storage", Ops(b"N"), "None where the storage should be", [4]), ("a tensor", tensor(), "a tensor where the storage should be", [4]), ("an ndarray", call("numpy dtype", "f4", False, True), "a dtype where the storage should be", [4]),
    ]:
        yield slug, boxed(state(weight=tensor(held))), what, exits
    yield "two sizes", boxed(state(a=tensor(), b=tensor(storage(numel=2), size=(2,), stride=(1,)))), "one key with two element counts", [4]
    yield "two types", boxed(state(a=tensor(), b=tensor(storage(kind="DoubleStorage", numel=2), size=(2,), stride=(1,)))), "one key as floats and as doubles of the same bytes", [0, 4]
    yield "two types sizes", boxed(state(a=tensor(), b=tensor(storage(kind="DoubleStorage")))), "one key as floats and as more doubles", [4]
    yield "unused bad", boxed(dictionary(x=storage("9", 1 << 50))), "a bare storage without a record beside the state dict", [0, 4]


def _calls():
    good, v2 = tensor(), "torch._utils _rebuild_tensor_v2"
    arguments = (storage(), 0, (2, 2), (2, 1), False, HOOKS)
    for slug, one, what, exits in [
        ("v2 short", call(v2, *arguments[:3]), "too few arguments", [4]), ("v2 none", call(v2), "no arguments", [4]), ("v2 long", call(v2, *arguments, {}, 1), "too many arguments", [0, 4]),
        ("flag unknown", call(v2, *arguments, {"weird": True}), "an unknown metadata flag", [4]), ("flag text", call(v2, *arguments, {"conj": "yes"}), "a flag that is text", [0, 4]),
        ("conj float", call(v2, *arguments, {"conj": True}), "conjugation of floats", [0, 4]), ("flags list", call(v2, *arguments, [1]), "metadata that is a list", [4]),
        ("neg bool", call(v2, storage(kind="BoolStorage", numel=16), 0, (2, 2), (2, 1), False, HOOKS, {"neg": True}), "negation of bools", [4]),
        ("v3 no dtype", call("torch._utils _rebuild_tensor_v3", storage(kind="UntypedStorage", numel=16), *arguments[1:]), "_rebuild_tensor_v3 without a dtype", [4]),
        ("v3 unknown", call("torch._utils _rebuild_tensor_v3", storage(kind="UntypedStorage", numel=16), *arguments[1:], glob("torch", "float7")), "an unknown dtype", [4]),
        ("v3 text", call("torch._utils _rebuild_tensor_v3", storage(kind="UntypedStorage", numel=16), *arguments[1:], "float32"), "a dtype that is text", [4]),
        ("v3 too small", call("torch._utils _rebuild_tensor_v3", storage(kind="UntypedStorage", numel=16), *arguments[1:], glob("torch", "float64")), "doubles past the end of 16 bytes", [4]),
        ("v3 int7", call("torch._utils _rebuild_tensor_v3", storage(kind="UntypedStorage", numel=16), *arguments[1:], glob("torch", "int7")), "a dtype torch cannot save", [3, 4]),
        ("parameter of int", call("torch._utils _rebuild_parameter", 5, True, HOOKS), "a Parameter of a number", [4]), ("parameter short", call("torch._utils _rebuild_parameter", good), "a Parameter with one argument", [0, 4]),
        ("parameter none", call("torch._utils _rebuild_parameter"), "a Parameter with no argument", [4]), ("type v2 short", call("torch._tensor _rebuild_from_type_v2", glob("torch._utils", "_rebuild_tensor_v2")), "_rebuild_from_type_v2 with one argument", [4]),
        ("type v2 of int", call("torch._tensor _rebuild_from_type_v2", 1, 2, 3, 4), "_rebuild_from_type_v2 of numbers", [4]),
        ("sparse short", call("torch._utils _rebuild_sparse_tensor", glob("torch", "sparse_coo"), (good,)), "a sparse tensor with one part", [3, 4]),
        ("sparse outside", call("torch._utils _rebuild_sparse_tensor", call("torch.serialization _get_layout", "torch.sparse_coo"), (tensor(storage("0", 2, "LongStorage"), 0, (1, 2), (2, 1)), good, (1,), False)), "sparse indices outside the size", [3, 4]),
        ("sparse layout", call("torch._utils _rebuild_sparse_tensor", "torch.sparse_foo", (good, good, (2,))), "an unknown layout", [3, 4]),
        ("qtensor short", call("torch._utils _rebuild_qtensor", storage(kind="QInt8Storage", numel=16), 0), "a quantised tensor with two arguments", [3, 4]),
        ("qtensor scheme", call("torch._utils _rebuild_qtensor", storage(kind="QInt8Storage", numel=16), 0, (4,), (1,), ("odd", 1), False, HOOKS), "an unknown quantisation", [3, 4]),
        ("qtensor past end", call("torch._utils _rebuild_qtensor", storage(kind="QInt8Storage", numel=16), 0, (400,), (1,), (glob("torch", "per_tensor_affine"), 0.1, 0), False, HOOKS), "a quantised tensor past its storage", [3, 4]),
        ("meta negative", call("torch._utils _rebuild_meta_tensor_no_storage", glob("torch", "float32"), (-1,), (1,), False), "a meta tensor of a negative size", [3, 4]),
        ("nested tensor", call("torch._utils _rebuild_nested_tensor", good, good, good, good), "a nested tensor with wrong sizes", [3, 4]),
        ("build on tensor", Ops(good + b"}X\1\0\0\0aK\1sb"), "BUILD on a tensor", [0, 4]), ("wrapper subclass", call("torch._utils _rebuild_wrapper_subclass", glob("labs", "A"), glob("torch", "float32"), (2,), (1,), 0, "x", "cpu", False), "a subclass without data", [3, 4]),
        ("unknown rebuild", call("torch._utils _rebuild_tensor_v9", *arguments), "a rebuild function of the future", [4]),
    ]:
        yield slug, boxed(state(weight=one)), what, exits


def cases():
    for make in (_numbers, _storages, _calls):
        for slug, data, what, exits in make():
            yield Case("g", slug, data, what, exits)
