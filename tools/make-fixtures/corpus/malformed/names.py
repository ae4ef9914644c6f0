"""Class n: names that a safetensors header cannot hold, or that two tensors want."""

import hashlib

from ..pickle_assembler import BUILD, HOOKS, PROTO, STOP, Ops, pairs, storage, tensor, value
from .case import FOUR, Case, boxed

_TWO = {"0": FOUR, "1": b"\0\0\x20\x41" * 4}
_TEN = hashlib.sha256(_TWO["1"]).hexdigest()
_A, _B = tensor(), tensor(storage("1"))


def _dict(*items):
    return boxed(PROTO + pairs(*items) + STOP, _TWO if any(_B in item for item in items) else None)


def cases():
    for slug, data, what, exits in [
        ("empty", _dict(("", _A)), "an empty name", [0, 3, 4]),
        ("nul", _dict(("a\0b", _A)), "a NUL inside a name", [3, 4]),
        ("nul only", _dict(("\0", _A)), "a name that is a NUL", [3, 4]),
        ("surrogate", _dict(("a\ud800", _A)), "a lone surrogate", [3, 4]),
        ("surrogate low", _dict(("\udc00b", _A)), "a lone low surrogate", [3, 4]),
        ("surrogate pair", _dict(("\ud83d\ude00", _A)), "a surrogate pair as two code points", [3, 4]),
        ("metadata", _dict(("__metadata__", _A)), "a tensor named __metadata__", [3, 4]),
        ("metadata beside", _dict(("__metadata__", _A), ("weight", _B)), "a tensor named __metadata__ beside another", [3, 4]),
        ("newline", _dict(("a\nb", _A)), "a line break in a name", [0, 3, 4]),
        ("escape", _dict(("\x1b[2Jx", _A)), "a terminal escape in a name", [0, 3, 4]),
        ("direction", _dict(("\u202egro", _A)), "a right-to-left override in a name", [0, 3, 4]),
        ("flatten", _dict(("a", Ops(pairs(("b", _A)))), ("a.b", _B)), "a.b as a name and as a path", [3, 4]),
        ("flatten list", _dict(("a", Ops(b"](" + _A + b"e")), ("a.0", _B)), "a.0 as a name and as a position", [3, 4]),
        ("flatten deep", _dict(("a", Ops(pairs(("b.c", _A)))), ("a.b", Ops(pairs(("c", _B))))), "a.b.c by two paths", [3, 4]),
        ("zero and text zero", _dict((0, _A), ("0", _B)), "0 and '0'", [3, 4]),
        ("none and text", _dict((None, _A), ("None", _B)), "None and 'None'", [3, 4]),
        ("true and text", _dict((True, _A), ("True", _B)), "True and 'True'", [3, 4]),
        ("float and text", _dict((1.5, _A), ("1.5", _B)), "1.5 and '1.5'", [3, 4]),
        ("tuple and text", _dict(((1, "a"), _A), ("(1, 'a')", _B)), "(1, 'a') and its text", [3, 4]),
        ("bytes and text", _dict((b"w", _A), ("b'w'", _B)), "b'w' and its text", [3, 4]),
        ("duplicate", _dict(("w", _A), ("w", _B)), "one key twice: Python keeps the last", [0, 3, 4]),
        ("duplicate numbers", _dict((1, _A), (True, _B)), "1 and True, which Python takes for one key", [0, 3, 4]),
        ("duplicate text forms", boxed(PROTO + b"}(" + value("w") + _A + b"\x8c\x01w" + _B + b"u.", _TWO), "one key twice, in two opcodes", [0, 3, 4]),
        ("duplicate setitem", boxed(PROTO + b"}" + value("w") + _A + b"s" + value("w") + _B + b"s.", _TWO), "one key set twice", [0, 3, 4]),
        ("bytes key", _dict((b"weight", _A)), "a name that is bytes", [0, 3, 4]),
        ("latin1 string", boxed(PROTO + b"}U\x02\xe9\xffx"[:-1] + _A + b"s."), "Python 2 text that is not UTF-8", [0, 3, 4]),
        ("long", _dict(("x" * 10_000, _A)), "a name of 10,000 letters", [0, 3, 4]),
        ("tuple deep", boxed(PROTO + b"})" + b"\x85" * 500 + _A + b"s."), "a key that is a tuple 500 deep", [0, 3, 4]),
        ("tensor key", boxed(PROTO + b"}" + _A + _A + b"s."), "a tensor as a key", [0, 3, 4]),
        ("nan keys", _dict((float("nan"), _A), (float("nan"), _B)), "two keys that are NaN: both are tensors to keep", [0, 3, 4]),
    ]:
        # Python keeps the last of two equal keys, at the place of the first.
        last = slug.startswith("duplicate") and "numbers" not in slug
        facts = {"tensors": [{"name": "w", "dtype": "F32", "shape": [2, 2], "sha256": _TEN}]} if last else {}
        yield Case("n", slug, data, what, exits, facts=facts)
