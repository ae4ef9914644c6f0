"""Class s: safetensors files that the reference refuses (reference §1.4 and §1.5), with its error's name."""

import json
import struct

from ..safetensors_files import info, raw
from .case import Case

_DATA = struct.pack("<2f", 1.5, -2.5)
_A = '"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}'
_GOOD = "{" + _A + "}"


def _frames():
    good = raw(_GOOD, _DATA)
    for size in range(1, 8):
        yield f"{size} bytes", good[:size], "HeaderTooSmall", f"{size} bytes"
    yield "length only", struct.pack("<Q", 0), "InvalidHeaderDeserialization", "a header of no bytes"
    yield "length 0 and data", struct.pack("<Q", 0) + _DATA, "InvalidHeaderDeserialization", "a header of no bytes, then data"
    for length in (100_000_001, 1 << 32, 1 << 62, 1 << 63, (1 << 64) - 1, (1 << 64) - 8):
        yield f"length {length:x}", raw(_GOOD, _DATA, length=length), "HeaderTooLarge", f"a header length of {length}"
    yield "length 100000000", raw(_GOOD, _DATA, length=100_000_000), "InvalidHeaderLength", "the greatest legal length in a short file"
    yield "length past end", raw(_GOOD, b"", length=len(_GOOD) + 1), "InvalidHeaderLength", "a header that ends past the file"
    yield "cut header", good[:30], "InvalidHeaderLength", "cut inside the header"
    yield "cut data", good[:-1], "MetadataIncompleteBuffer", "one byte of data is missing"
    yield "no data", good[:-8], "MetadataIncompleteBuffer", "all data are missing"
    yield "trailing", good + b"x", "MetadataIncompleteBuffer", "one byte too many"
    yield "trailing tensor", good + _DATA, "MetadataIncompleteBuffer", "eight bytes too many"
    yield "empty trailing", raw("{}", b"x"), "MetadataIncompleteBuffer", "data and no tensors"
    yield "length shorter", raw(_GOOD, _DATA, length=len(_GOOD) - 1), "InvalidHeaderDeserialization", "a length that cuts the last brace"
    yield "big endian", struct.pack(">Q", len(_GOOD)) + _GOOD.encode() + _DATA, "HeaderTooLarge", "a big-endian length"


def _text():
    wrong = "InvalidHeaderDeserialization"
    for slug, header, what in [
        ("array", "[]", "an array"), ("text", '"x"', "a text"), ("null", "null", "null"), ("number", "1", "a number"), ("words", "hello", "not JSON"), ("spaces", "      ", "only spaces"),
        ("two objects", "{}" + _GOOD, "two objects"), ("open", _GOOD[:-1], "no closing brace"), ("comma", "{" + _A + ",}", "a trailing comma"), ("comma first", "{," + _A + "}", "a leading comma"),
        ("comment", "{/* x */" + _A + "}", "a comment"), ("line comment", "{//x\n" + _A + "}", "a comment to the line's end"), ("single quotes", _GOOD.replace('"', "'"), "single quotes"), ("bare name", '{a:{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', "a name without quotes"),
        ("bom", "\ufeff" + _GOOD, "a byte order mark"), ("nul padding", _GOOD + "\0\0\0", "NULs after the object"), ("form feed", "\x0c" + _GOOD, "a form feed before the object"), ("vertical tab", _GOOD + "\x0b", "a vertical tab after the object"),
        ("no break space", _GOOD + "\u00a0", "a no-break space after the object"), ("control in name", '{"a\n":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', "a raw line break in a name"), ("nul in name", '{"a\0":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', "a raw NUL in a name"),
        ("tab in name", '{"a\t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', "a raw tab in a name"), ("escape unknown", '{"\\x61":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', "an unknown escape"), ("escape short", '{"\\u61":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', "a short \\u escape"),
        ("surrogate", '{"\\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', "a lone surrogate escape"), ("surrogate low", '{"\\udc00":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', "a lone low surrogate"), ("surrogate twice", '{"\\ud800\\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', "two high surrogates"),
        ("surrogate metadata", '{"__metadata__":{"k":"\\udfff"},' + _A + "}", "a lone surrogate in the metadata"), ("info null", '{"a":null}', "an info that is null"), ("info text", '{"a":"F32"}', "an info that is text"), ("info number", '{"a":5}', "an info that is a number"), ("info empty", '{"a":{}}', "an empty info"),
        ("no dtype", '{"a":{"shape":[2],"data_offsets":[0,8]}}', "no dtype"), ("no shape", '{"a":{"dtype":"F32","data_offsets":[0,8]}}', "no shape"), ("no offsets", '{"a":{"dtype":"F32","shape":[2]}}', "no data_offsets"),
        ("dtype twice", '{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}', "dtype twice"), ("shape twice", '{"a":{"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]}}', "shape twice"), ("offsets twice", '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"data_offsets":[0,8]}}', "data_offsets twice"),
        ("dtype null", '{"a":{"dtype":null,"shape":[2],"data_offsets":[0,8]}}', "dtype null"), ("dtype number", '{"a":{"dtype":32,"shape":[2],"data_offsets":[0,8]}}', "dtype is a number"), ("shape null", '{"a":{"dtype":"F32","shape":null,"data_offsets":[0,8]}}', "shape null"), ("shape number", '{"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}}', "shape is a number"),
        ("shape text", '{"a":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}}', "a size that is text"), ("offsets null", '{"a":{"dtype":"F32","shape":[2],"data_offsets":null}}', "data_offsets null"), ("offsets one", '{"a":{"dtype":"F32","shape":[2],"data_offsets":[8]}}', "one offset"), ("offsets three", '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}', "three offsets"),
        ("offsets object", '{"a":{"dtype":"F32","shape":[2],"data_offsets":{"0":0,"1":8}}}', "offsets as an object"), ("array info short", '{"a":["F32",[2]]}', "an info as an array of two"), ("metadata text", '{"__metadata__":"x",' + _A + "}", "__metadata__ is text"), ("metadata list", '{"__metadata__":[],' + _A + "}", "__metadata__ is a list"),
        ("metadata number", '{"__metadata__":{"k":1},' + _A + "}", "a metadata value that is a number"), ("metadata null value", '{"__metadata__":{"k":null},' + _A + "}", "a metadata value that is null"), ("metadata object", '{"__metadata__":{"k":{}},' + _A + "}", "a metadata value that is an object"), ("metadata bool", '{"__metadata__":{"k":true},' + _A + "}", "a metadata value that is true"),
        ("metadata twice", '{"__metadata__":{},"__metadata__":{},' + _A + "}", "__metadata__ twice"), ("metadata tensor", '{"__metadata__":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', "a tensor named __metadata__"), ("stray key", '{"version":"1",' + _A + "}", "a stray key"),
        ("deep", '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":' + "[" * 200 + "]" * 200 + "}}", "nested 200 deep"), ("deeper", '{"a":' + "[" * 20000 + "}", "20,000 open brackets"), ("deep objects", '{"a":' * 5000, "5,000 open objects"),
    ]:
        yield slug, raw(header, _DATA), wrong, what
    for number, what in [("-1", "negative"), ("1.0", "a float"), ("1e0", "with an exponent"), ("01", "with a leading zero"), ("-0", "minus zero"), ("+1", "with a plus"), ("0x1", "hexadecimal"), ("18446744073709551616", "2^64"),
                         ("99999999999999999999999999", "far beyond 64 bits"), ("true", "true"), ("NaN", "NaN"), ("1_0", "with an underscore"), ("1.", "a bare point"), ("", "missing")]:
        yield f"size {what}", raw(_GOOD.replace("[2]", f"[{number}]") if number else _GOOD.replace("[2]", "[2,,1]"), _DATA), wrong, f"a size that is {what}"
        if number:
            yield f"offset {what}", raw(_GOOD.replace("[0,8]", f"[0,{number}]"), _DATA), wrong, f"an offset that is {what}"
    for dtype in ("f32", "F128", "C128", "I4", "U4", "F8_E4M3FN", "F8_E3M4", "float32", "", "F32 ", "BF16\\u0000", "BOOLEAN", "U3", "F6", "Q4"):
        yield f"dtype {dtype}", raw(_GOOD.replace("F32", dtype), _DATA), wrong, f"dtype {dtype!r}"
    for slug, data in [("latin1", b'{"\xe9":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'), ("overlong", b'{"\xc0\xaf":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'),
                       ("surrogate bytes", b'{"\xed\xa0\x80":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'), ("beyond unicode", b'{"\xf4\x90\x80\x80":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'), ("cut sequence", _GOOD.encode() + b"\xe2\x82"),
                       ("noise", bytes(range(128, 228)))]:
        yield f"utf8 {slug}", raw(data, _DATA), "InvalidHeader", f"not UTF-8: {slug}"


def _offsets():
    two = struct.pack("<4f", 1, 2, 3, 4)

    def many(*rows, data=two):
        return raw("{" + ",".join(json.dumps(name) + ":" + json.dumps(row, separators=(",", ":")) for name, row in rows) + "}", data)
    f = [2]
    for slug, data, error, what in [
        ("hole", many(("a", info("F32", f, 0, 8)), ("b", info("F32", [1], 12, 16))), "InvalidOffset", "a hole between two tensors"), ("hole first", many(("a", info("F32", f, 8, 16))), "InvalidOffset", "a hole before the first tensor"),
        ("overlap", many(("a", info("F32", f, 0, 8)), ("b", info("F32", [3], 4, 16))), "InvalidOffset", "two tensors overlap"), ("alias", many(("a", info("F32", [4], 0, 16)), ("b", info("F32", [4], 0, 16))), "InvalidOffset", "two tensors on the same bytes"),
        ("inside", many(("a", info("F32", [4], 0, 16)), ("b", info("F32", [1], 4, 8))), "InvalidOffset", "a tensor inside another"), ("reversed", many(("a", info("F32", f, 8, 0)), data=_DATA), "InvalidOffset", "offsets reversed"),
        ("past end", many(("a", info("F32", f, 0, 8)), ("b", info("F32", f, 8, 16)), ("c", info("F32", f, 16, 24))), "MetadataIncompleteBuffer", "a tensor past the end"), ("offset 2 63", many(("a", info("F32", f, 0, 1 << 63))), "TensorInvalidInfo", "an end of 2^63"),
        ("offset max", many(("a", info("F32", f, 0, (1 << 64) - 1))), "TensorInvalidInfo", "an end of 2^64 - 1"), ("offset start max", many(("a", info("F32", f, (1 << 64) - 8, (1 << 64) - 1))), "InvalidOffset", "a start of 2^64 - 8"), ("size small", many(("a", info("F32", f, 0, 16))), "TensorInvalidInfo", "twice the bytes that the shape needs"),
        ("size large", many(("a", info("F32", [8], 0, 16))), "TensorInvalidInfo", "half the bytes that the shape needs"), ("dtype size", many(("a", info("F16", [4], 0, 16))), "TensorInvalidInfo", "bytes for another dtype"), ("empty shape", many(("a", info("F32", [], 0, 16))), "TensorInvalidInfo", "a scalar of 16 bytes"),
        ("zero shape", many(("a", info("F32", [0], 0, 16))), "TensorInvalidInfo", "no elements in 16 bytes"), ("zero inside", many(("a", info("F32", [4], 0, 16)), ("z", info("F32", [0], 4, 4))), "InvalidOffset", "an empty tensor inside another"), ("zero past end", many(("a", info("F32", [4], 0, 16)), ("z", info("F32", [0], 20, 20))), "InvalidOffset", "an empty tensor past the end"),
        ("overflow", many(("a", info("F32", [1 << 32, 1 << 32], 0, 16))), "ValidationOverflow", "a shape of 2^64 elements"), ("overflow bits", many(("a", info("F64", [1 << 59], 0, 16))), "ValidationOverflow", "a bit count of 2^65"), ("overflow wraps", many(("a", info("F32", [(1 << 62) + 1, 4], 0, 16))), "ValidationOverflow", "a shape that wraps around to 4"),
        ("overflow zero", many(("a", info("F32", [1 << 63, 4, 0], 0, 0)), data=b""), "ValidationOverflow", "an overflow before the zero"), ("overflow u8", many(("a", info("U8", [(1 << 64) - 1], 0, 16))), "ValidationOverflow", "2^64 - 1 bytes"), ("f4 odd", many(("a", info("F4", [3], 0, 2)), data=b"ab"), "MisalignedSlice", "three F4"),
        ("f4 scalar", many(("a", info("F4", [], 0, 1)), data=b"a"), "MisalignedSlice", "a scalar F4"), ("f6 odd", many(("a", info("F6_E2M3", [3], 0, 3)), data=b"abc"), "MisalignedSlice", "three F6"), ("f6 pair", many(("a", info("F6_E3M2", [2], 0, 2)), data=b"ab"), "MisalignedSlice", "two F6"),
    ]:
        yield slug, data, error, what
    lots = [(f"t{i}", info("U8", [16], 0, 16)) for i in range(300)]
    yield "long name", many(("n" * 5000, info("F32", [8], 0, 16))), "TensorInvalidInfo", "a name of 5,000 letters"
    yield "overlap 300", many(*lots), "InvalidOffset", "300 tensors on the same bytes"


def _differentials():
    """What the reference takes and a careful reader refuses: either answer is right, garbage is not."""
    yield "duplicate last tiles", raw('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},' + _A + "}", _DATA), "a name twice: the last tiles the buffer"
    yield "duplicate same", raw("{" + _A + "," + _A + "}", _DATA), "one entry twice"
    yield "duplicate escaped", raw("{" + _A + "," + _A.replace('"a"', '"\\u0061"') + "}", _DATA), "one name twice, once escaped"
    yield "nul escaped", raw(_GOOD.replace('"a"', '"a\\u0000b"'), _DATA), "a NUL in a name, escaped"
    yield "control escaped", raw(_GOOD.replace('"a"', '"\\u001b[31m\\n"'), _DATA), "control characters in a name, escaped"
    yield "metadata nul", raw('{"__metadata__":{"k\\u0000":"v\\u0000"},' + _A + "}", _DATA), "NULs in the metadata"
    yield "rank 3000", raw(json.dumps({"a": info("F32", [1] * 3000 + [2], 0, 8)}, separators=(",", ":")), _DATA), "rank 3,001"


def cases():
    for make in (_frames, _text, _offsets):
        for slug, data, error, what in make():
            facts = {} if slug == "big endian" else {"error": error}
            yield Case("s", slug, data, what, [4], suffix=".safetensors", facts=facts)
    for slug, data, what in _differentials():
        yield Case("s", slug, data, what, [0, 3, 4], suffix=".safetensors")
